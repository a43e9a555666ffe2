/** Takes a file's rows. */
export interface RowReader {
  /**
   * Called once before the first row, and for a file without rows too: the keys of the columns. Of a workbook
   * `isSheet` is true: its cells say themselves whether they are numbers, dates or texts.
   */
  begin(keys: string[], isSheet?: boolean): void;
  /** Called for a key that a later row brings, where all were asked for: rows before it have nothing there. */
  grow(key: string): void;
  /** Called before each row with all that it has, whether it was asked for or not. */
  cells?(cells: readonly unknown[]): void;
  /** A value for each key. */
  row(values: unknown[], line: number): void;
  bytes(count: number): void;
}
