import type { RowsSource } from '../../input/table.ts';

/** A data file on the local disk, as it came: CSV or NDJSON in any encoding. */
export interface RowFile {
  path: string;
  /** How a sentence names it: `the file "sales"`, `the file at example.com`. */
  name: string;
}

/** How sentences begin that tell of a line of a file. */
export const lineOf = ({ name }: Pick<RowFile, 'name'>, line: number): string =>
  `Line ${line.toLocaleString('en')} of ${name}`;

/** A sentence's beginning with the file's name. */
export const startWith = ({ name }: Pick<RowFile, 'name'>): string => name.charAt(0).toUpperCase() + name.slice(1);

/** What a source is called among the files: tables with the same source share it. */
export const sourceKey = (source: RowsSource): string => Object.entries(source).flat().join(' ');
