import { isInline } from '../input/table.ts';
import { type ReportInput, UNTITLED } from '../report-input.ts';
import { FILE, JUDGED, ON_THEIR_SIDE, READING, READING_VALUES } from './report-body.ts';
import { fromShape } from './shape-fields.ts';

/** The form's fields that ask for such a report; null for one that is no table with at most one chart before it. */
export function fromReport(input: unknown): Record<string, string> | null {
  const report = input as ReportInput;
  if (report.template !== 'document') return null;
  const { title, blocks } = report.data;
  const table = blocks.at(-1);
  const chart = blocks.length > 1 ? blocks[0] : undefined;
  if (table?.type !== 'table' || (chart && chart.type !== 'chart')) return null;
  const { category = '', value = '', by = '' } = (chart ?? {}) as { category?: string; value?: string; by?: string };
  const shape = fromShape(table);
  if (!shape || (chart?.lines?.length ?? 0) > 1) return null;
  const reading = (isInline(table.rows) ? {} : table.rows) as Record<string, string | number | boolean | undefined>;
  const columns = (table.columns ?? [])
    .filter(({ key, value }) => key !== JUDGED.key && value === undefined)
    .map(({ key, format }) => (format && format !== JUDGED.format ? `${key} = ${format}` : key));
  return {
    title: report.preview && title === UNTITLED ? '' : (title ?? ''),
    locale: report.locale ?? '',
    orientation: report.page.orientation,
    formats: report.formats.filter((format) => format !== 'pdf').join(' '),
    columns: columns.join('\n'),
    sums: table.sums || table.totals ? '1' : '',
    chart: chart?.horizontal ? ON_THEIR_SIDE : (chart?.chart ?? ''),
    category,
    value,
    by,
    line: String(chart?.lines?.[0]?.value ?? ''),
    ...shape,
    ...Object.fromEntries([...READING, ...READING_VALUES].map((name) => [name, String(reading[name] ?? '')])),
    splitBy: report.splitBy ?? '',
    fileName: report.preview || report.fileName ? '1' : '',
    preview: report.preview ? '1' : '',
  };
}

/** The report as if its rows had come along, where all blocks have those of one upload; else as it is. */
export function takeRows(input: unknown): { input: unknown; uploads: Record<string, string> } {
  const report = input as ReportInput;
  const blocks = report.template === 'document' ? report.data.blocks : [];
  const named = new Set(blocks.map((block) => uploadOf(block)));
  const [upload] = named;
  if (!upload || named.size > 1) return { input, uploads: {} };
  const takeOver = (block: object) => {
    const { upload: _, ...reading } = (block as { rows: Record<string, unknown> }).rows;
    return { ...block, rows: { file: FILE, ...reading } };
  };
  const data = { ...report.data, blocks: blocks.map(takeOver) };
  return { input: { ...report, data }, uploads: { [FILE]: upload } };
}

/** The upload that a block has its rows from; undefined for none. */
function uploadOf(block: object): string | undefined {
  const { rows } = block as { rows?: unknown };
  return rows && typeof rows === 'object' && 'upload' in rows ? String(rows.upload) : undefined;
}
