import type { TableData } from '../data/analyse/read-tables.ts';
import type { Report } from '../model.ts';
import { ReportTooLong } from './drawing-sink.ts';

/** A cell's tags take about 100 bytes of the file: below these that is little, above them too much. */
const FREE_CELLS = 3000;
const MAX_TAGGED_CELLS = 300_000;

/**
 * Decides whether the file says what its parts are, for those who have it read aloud. Throws ReportTooLong where it
 * must say so and has too many parts.
 */
export function decideTagging({ profile }: Report, tables: Iterable<TableData>): boolean {
  const cells = [...tables].reduce((sum, { count, columns }) => sum + count * columns.length, 0);
  if (profile !== 'PDF/UA-1') return cells <= FREE_CELLS;
  if (cells <= MAX_TAGGED_CELLS) return true;
  const [limit, own] = [MAX_TAGGED_CELLS.toLocaleString('en'), cells.toLocaleString('en')];
  throw new ReportTooLong(
    `A PDF/UA-1 report may have ${limit} table cells, this one has ${own}: split its data into several reports.`,
  );
}
