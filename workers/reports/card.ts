import type { JobView } from '../../src/jobs/job-view.ts';
import type { StoredJob } from '../../src/jobs/stored-job.ts';
import { formatNumber } from '../../src/kinds/formats.ts';
import type { CardParts } from '../../src/kinds/page.ts';
import type { ShownColumn, ShownTable } from './data/analyse/show-tables.ts';
import { savedAs } from './files/name-pdfs.ts';

const MOST_ROWS = 8;

/** How a file was read, as a sentence. */
function describeReading({ count, encoding, delimiter, headerRow, sheet }: ShownTable): string {
  const rows = `${formatNumber(count)} ${count === 1 ? 'row' : 'rows'}`;
  if (encoding === null && sheet === null) return `${rows}.`;
  const parted = delimiter === null ? [] : [delimiter === '\t' ? 'parted by tabs' : `parted by "${delimiter}"`];
  const names = `the names of the columns in line ${formatNumber(headerRow ?? 0)}`;
  const hasLines = delimiter !== null || sheet !== null;
  const named = headerRow === null ? (hasLines ? ['without names of the columns'] : []) : [names];
  const read = sheet === null ? `read as ${encoding}` : `of the sheet "${sheet}"`;
  return `${[rows, read, ...parted, ...named].join(', ')}.`;
}

/** What a column was taken for, and how much of it could be read so. */
function describeColumn({ type, read, of, unread }: ShownColumn): string {
  if (of === 0) return 'empty';
  if (type === 'text') return 'text';
  const counts = `${type}, ${formatNumber(read)} of ${formatNumber(of)} read`;
  return unread.length === 0 ? counts : `${counts}; not ${unread.map((sample) => `"${sample}"`).join(', ')}`;
}

/** Describes a job of the kind: what its files are saved by; of a preview, its tables as they were understood. */
export function describeReportJob({ envelope: { title = '' } }: StoredJob, { result }: JobView): CardParts {
  const tables = result && 'tables' in result ? (result['tables'] as ShownTable[] | undefined) : undefined;
  if (!tables) {
    const files = (result?.files ?? []).map(({ name }) => [name, { savedAs: savedAs(name, title) }]);
    return { files: Object.fromEntries(files) };
  }
  const described = tables.map((table) => ({
    reading: describeReading(table),
    columns: table.columns.map((column) => ({
      ...{ title: column.title, type: column.type, words: describeColumn(column) },
      isPartial: column.read < column.of,
    })),
    rows: table.rows.slice(0, MOST_ROWS),
  }));
  return { part: { view: '@reports/preview', data: { tables: described } }, shown: ['tables', 'pages', 'bytes'] };
}
