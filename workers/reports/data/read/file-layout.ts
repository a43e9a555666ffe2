/** How a data file is laid out, as it was found or asked for. */
export interface FileLayout {
  /** Null for a workbook. */
  encoding: string | null;
  /** What parts the cells of a CSV, and the line that its header row begins in, from 1; null for JSON. */
  delimiter: string | null;
  headerRow: number | null;
  /** The sheet of a workbook that was read. */
  sheet?: string;
  /** All of its sheets. */
  sheets?: string[];
}
