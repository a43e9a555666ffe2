import type { DataRows } from '../data-rows.ts';
import type { DataWarning } from '../read/data-warning.ts';
import type { NamedRow } from './find-totals.ts';
import { readTotalLabel } from './total-label.ts';

/** Most rows that a sentence names. */
const MOST_NAMED = 3;
const CODE = 'total_row';
const ADVICE = 'Leave it out by "filter" where it is one';

const numberOf = (row: number): string => row.toLocaleString('en');

function listRows(rows: readonly NamedRow[]): string {
  const named = rows.slice(0, MOST_NAMED).map(({ row, label }) => `"${label}" in row ${numberOf(row)}`);
  const left = rows.length - named.length;
  return named.join(', ') + (left > 0 ? ` and ${numberOf(left)} more` : '');
}

/** How a sentence begins that says something of one row or of several. */
function nameRows([first, ...others]: readonly NamedRow[], { name, count }: DataRows): string {
  if (first && others.length === 0) {
    const place =
      first.row === count ? 'The last row' : first.row === 1 ? 'The first row' : `Row ${numberOf(first.row)}`;
    return `${place} of ${name}, "${first.label}",`;
  }
  const rows = first ? [first, ...others] : others;
  return `${numberOf(rows.length)} rows of ${name} (${listRows(rows)})`;
}

/** What becomes of rows that are sums of others: in a table, among rows that are chosen or put in order, in a chart. */
const FATES = { table: 'printed, and left out of the totals', rows: 'left out', chart: 'left out of the chart' };

/** The warnings of the rows of totals that rows have themselves. */
export function tellTotals(rows: DataRows, fate: keyof typeof FATES): DataWarning[] {
  const { found = [], others = [] } = rows.ownTotals ?? {};
  const warnings: DataWarning[] = [];
  const summed = (list: readonly NamedRow[]) =>
    list.length === 1 && list[0]?.row === rows.count ? 'those before it' : 'others';
  if (found.length > 0) {
    const [have, are] = found.length === 1 ? ['has', 'it is'] : ['have', 'they are'];
    const message = `${nameRows(found, rows)} ${have} the sums of ${summed(found)}: ${are} ${FATES[fate]}.`;
    warnings.push({ code: CODE, message });
  }
  if (others.length > 0) {
    const isOne = others.length === 1;
    const called = isOne ? 'is called a total, but has not' : 'are called totals, but have not';
    const advice = isOne
      ? 'Leave it out by "filter" where it is one'
      : 'Leave them out by "filter" where they are some';
    const are = isOne ? 'it is added up with them' : 'they are added up with them';
    const message = `${nameRows(others, rows)} ${called} the sums of ${summed(others)}: ${are}. ${advice}.`;
    warnings.push({ code: CODE, message });
  }
  return warnings;
}

/** The warning of a last row that is called a total where rows are counted, and no number tells whether it is one. */
export function tellCounted(rows: DataRows): DataWarning[] {
  const label = rows.called.get(rows.count);
  if (label === undefined || readTotalLabel(label)?.kind !== 'word') return [];
  const message = `${nameRows([{ row: rows.count, label }], rows)} is called a total: it is counted as others are. ${ADVICE}.`;
  return [{ code: CODE, message }];
}
