import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import type { PostedForm } from '../../../src/kinds/page.ts';

/** The file field of the form: what the table and the chart name as their rows. */
export const ROWS = { file: 'file' };
/** Rows that were pasted, as a file. */
export const PASTED = { field: 'pasted', file: ROWS.file, filename: 'pasted.csv' };
/** All columns, each as the worker finds that it is. */
export const JUDGED = { key: '*', format: 'auto' };
const NUMERIC = /^(number|currency|percent|bytes)/;

/** One column a line: its name, and behind a `=` how its values are written. */
export function readColumns(text: string): { key: string; format?: string }[] {
  const lines = text.split(/\r?\n/).map((line) => line.trim());
  return lines.filter(Boolean).map((line) => {
    const [, key, format] = /^(.*\S)\s*=\s*([\w:]+)$/.exec(line) ?? [];
    return key && format ? { key, format } : { key: line };
  });
}

/** Makes the report that the form asks for; pasted rows become its file. */
export async function toReportBody({ fields, files, keepText }: PostedForm): Promise<unknown> {
  const read = (name: string): string => (fields.get(name)?.[0] ?? '').trim();
  const pasted = read('pasted');
  if (pasted && files['file']) {
    throw invalidRequest([{ pointer: '/pasted', detail: 'must be left empty where a file is chosen' }]);
  }
  if (!pasted && !files['file']) {
    throw invalidRequest([{ pointer: '/file', detail: 'is missing: choose a file, or paste rows' }]);
  }
  if (pasted) await keepText(PASTED.file, PASTED.filename, pasted);
  const columns = readColumns(read('columns'));
  const judged = columns.map(({ key, format = JUDGED.format }) => ({ key, format }));
  const table = {
    type: 'table',
    rows: ROWS,
    columns: columns.length > 0 ? judged : [JUDGED],
    ...(read('sums') && { sums: true }),
  };
  return {
    locale: read('locale') || undefined,
    page: { orientation: read('orientation') || undefined },
    data: { title: read('title'), blocks: [...chartOf(read, columns), table] },
  };
}

const NEEDS_COLUMN = 'must name a column, such as one of dates or of names';

/** The chart, where one was chosen; its numbers are written like the column they come from. */
function chartOf(read: (name: string) => string, columns: { key: string; format?: string }[]): object[] {
  const chart = read('chart');
  if (!chart) return [];
  const category = read('category');
  if (!category) throw invalidRequest([{ pointer: '/category', detail: NEEDS_COLUMN }]);
  const value = read('value');
  const format = columns.find(({ key }) => key === value)?.format;
  const block = {
    type: 'chart',
    chart,
    rows: ROWS,
    category,
    ...(value && { value, title: value }),
    ...(read('by') && { by: read('by') }),
    ...(format && NUMERIC.test(format) && { format }),
  };
  return [block];
}
