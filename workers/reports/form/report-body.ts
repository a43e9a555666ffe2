import { invalidRequest } from '../../../src/fields/invalid-request.ts';
import type { PostedForm } from '../../../src/kinds/page.ts';
import { toNamePart } from '../files/name-pdfs.ts';
import { UNTITLED } from '../report-input.ts';
import { type AskedShape, readShape } from './shape-fields.ts';

/** The file field of the form. */
export const FILE = 'file';
/** The fields that say how the file is read, where it is not to be found out. */
export const READING = ['sheet', 'decimal', 'delimiter', 'encoding'] as const;
/** Those of them that are no texts. */
export const READING_VALUES = ['skipRows', 'header'] as const;
/** Rows that were pasted, as a file. */
export const PASTED = { field: 'pasted', file: FILE, filename: 'pasted.csv' };
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
  const read: Read = (name) => (fields.get(name)?.[0] ?? '').trim();
  const isPreview = read('preview') !== '';
  const pasted = read('pasted');
  if (pasted && files['file']) {
    throw invalidRequest([{ pointer: '/pasted', detail: 'must be left empty where a file is chosen' }]);
  }
  if (!pasted && !files['file']) {
    throw invalidRequest([{ pointer: '/file', detail: 'is missing: choose a file, or paste rows' }]);
  }
  if (pasted) await keepText(PASTED.file, PASTED.filename, pasted);
  const rows = { file: FILE, ...readingOf(read, fields) };
  const columns = readColumns(read('columns'));
  const judged = columns.map(({ key, format = JUDGED.format }) => ({ key, format }));
  const { computed, ...shape } = readShape(read);
  const shown = columns.length > 0 ? judged : [JUDGED];
  const table = {
    type: 'table',
    rows,
    columns: computed ? [...shown, computed] : shown,
    ...shape,
    ...(read('sums') && { sums: true }),
  };
  return {
    locale: read('locale') || undefined,
    page: { orientation: read('orientation') || undefined },
    formats: ['pdf', ...read('formats').split(' ').filter(Boolean)],
    data: {
      title: read('title') || (isPreview ? UNTITLED : ''),
      blocks: [
        ...(isPreview && !read('category') ? [] : chartOf(read, columns, rows, filterOfChart(shape, computed?.key))),
        table,
      ],
    },
    ...(read('splitBy') && { splitBy: read('splitBy') }),
    ...(isPreview ? { preview: true } : nameOf(read('fileName') ? read('title') : '')),
  };
}

/** The name of the PDF, by the report's title. */
function nameOf(title: string): { fileName?: string } {
  const name = toNamePart(title);
  return name === '' ? {} : { fileName: `${name}.pdf` };
}

type Read = (name: string) => string;

/** What was said of how the file is read; a tab is a character that is not typed. */
function readingOf(read: Read, fields: PostedForm['fields']): object {
  const chosen = READING.map((name) => [name, name === 'delimiter' ? (fields.get(name)?.[0] ?? '') : read(name)]);
  const [skipped, header] = [read('skipRows'), read('header')];
  return {
    ...Object.fromEntries(chosen.filter(([, value]) => value !== '')),
    ...(skipped !== '' && { skipRows: Number(skipped) }),
    ...(header !== '' && { header: header === 'true' || (header === 'false' ? false : header) }),
  };
}

/** What the form calls bars that lie. */
export const ON_THEIR_SIDE = 'horizontalBar';

/** A chart counts the rows that its table has; it has no computed column. */
const filterOfChart = ({ filter = [] }: AskedShape, computed: string | undefined): object =>
  filter.length === 0 || filter.some((one) => (one as { key?: string }).key === computed) ? {} : { filter };

const NEEDS_COLUMN = 'must name a column, such as one of dates or of names';

/** The chart, where one was chosen; its numbers are written like the column they come from. */
function chartOf(read: Read, columns: { key: string; format?: string }[], rows: object, filter: object): object[] {
  const chart = read('chart');
  if (!chart) return [];
  const category = read('category');
  if (!category) throw invalidRequest([{ pointer: '/category', detail: NEEDS_COLUMN }]);
  const value = read('value');
  const format = columns.find(({ key }) => key === value)?.format;
  const block = {
    type: 'chart',
    ...(chart === ON_THEIR_SIDE ? { chart: 'bar', horizontal: true } : { chart }),
    rows,
    ...filter,
    category,
    ...(value && { value, title: value }),
    ...(read('by') && { by: read('by') }),
    ...(format && NUMERIC.test(format) && { format }),
    ...(read('line') && { lines: [{ value: Number(read('line').replace(',', '.')) }] }),
  };
  return [block];
}
