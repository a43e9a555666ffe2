import { isNothing } from '../../values/empty.ts';
import { placeOf } from '../header-row.ts';
import { isParted, isValue, LOOKED_AT, type Sample } from './records.ts';

const UNITS = [
  'k?g|mg|t|tonne?s?|lbs?|oz|[mck]?m|mm|km|m[²³23]|km²|ha|miles?|mi|ft|in|l|[mcd]l|hl|gal',
  's|sec|min|h|hrs?|hours?|days?|d|timer?|t|stunden|std\\.?|tage?|dager?|pcs\\.?|stk\\.?|st\\.?|stück|pieces|each|ea|ant\\.?|no\\.?',
  '%|‰|pct|prosent|procent|prozent|percent|°c|°f|k?w|k?wh|mwh|v|a|hz|bar|h?pa|ppm|kr\\.?|tkr|mnok|[€$£¥]|k[€$£]|1000|1 000',
];
const UNIT = new RegExp(`^(?:${UNITS.join('|')}|deg ?[cf]|\\p{L}{1,5}\\/\\p{L}{1,5}[²³23]?)$`, 'iu');
const BRACKETED = /^[([](.{1,12})[)\]]$/u;
/** Within brackets, of units of several words: `(EUR million)`. */
const OF_UNITS = /[%‰€$£¥]|\b[A-Z]{3}\b|(?:^|[ \d])(?:kr|mill?|mio|mrd|million\p{L}*|thousand|tusen)(?!\p{L})/u;
/** What is said of a value that is not known yet, and looks like a currency. */
const NOT_YET = /^(?:TB[A-Z]|OUT|NEW|YES|NOT|OFF|ANY|ALL|MAX|MIN|AVG|INC|EXC|INF|ERR|DNF|DNS|DNQ|DSQ|BYE)$/;
/** Codes of currencies: three capitals. */
const CURRENCY = /^[A-Z]{3}$/;

const TYPE =
  /^(?:text|string|name|date|datetime|number|decimal|integer|int|float|double|currency|units?|tekst|navn|dato|enhet|datum|einheit|texte|nom|unité)$/i;

/** Fewer rows of values do not tell that what stands above them is a unit. */
const FEWEST_VALUES = 2;

const isCurrency = (cell: string): boolean => CURRENCY.test(cell) && !NOT_YET.test(cell);
const isPlainUnit = (cell: string): boolean => UNIT.test(cell) && !isNothing(cell);

function isUnit(cell: string): boolean {
  if (isValue(cell)) return false;
  const [, inside] = BRACKETED.exec(cell) ?? [];
  if (inside !== undefined) return isPlainUnit(inside) || (OF_UNITS.test(inside) && !NOT_YET.test(inside));
  return isPlainUnit(cell) || isCurrency(cell) || TYPE.test(cell);
}

/** The cells of the first of the rows below a header where these are the units of columns of values; else ''. */
export function showUnits([first, ...others]: readonly Sample[]): string {
  const filled = first?.cells.filter((cell) => cell !== '') ?? [];
  if (!first || filled.length === 0) return '';
  const rows = others.slice(0, LOOKED_AT);
  const isOfValues = (column: number): boolean => {
    const cells = rows.map(({ cells }) => cells[column] ?? '').filter((cell) => cell !== '' && !isNothing(cell));
    return cells.length >= FEWEST_VALUES && cells.every(isValue);
  };
  const columns = [...first.cells.keys()].filter(isOfValues);
  const areUnits = columns.length > 0 && columns.every((column) => isUnit(first.cells[column] ?? ''));
  // Beside them stands nothing, or what says as little.
  const isBare = first.cells.every((cell) => cell === '' || isUnit(cell));
  return areUnits && isBare ? filled.join(' ') : '';
}

/**
 * The groups that the row above a header row names, as a spreadsheet saves its merged cells: each goes on to the next. Only
 * where columns of the header row have one name that these tell apart, and none is asked for by that name.
 */
export function findGroups(records: readonly Sample[], at: number, keys?: readonly string[]): string[] | undefined {
  const [above, header] = [records[at - 1], records[at]];
  if (!above || !header || isParted(above, header)) return undefined;
  const names = header.cells;
  const isTwice = new Set(names.filter(Boolean)).size < names.filter(Boolean).length;
  if (!isTwice || above.cells.length > names.length || keys?.some((key) => placeOf(names, key) >= 0)) return undefined;
  let group = '';
  const groups = names.map((_, column) => {
    group = above.cells[column] || group;
    return group;
  });
  const joined = joinNames(names, groups);
  return new Set(joined.filter(Boolean)).size === joined.filter(Boolean).length ? groups : undefined;
}

/** The names of columns behind those of their groups: `North Amount`. */
export const joinNames = (names: readonly string[], groups: readonly string[] = []): string[] =>
  names.map((name, column) => [groups[column], name].filter(Boolean).join(' '));
