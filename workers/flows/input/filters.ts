/** A value as filters see it; undefined where the row has none. */
export type Filtered = string | number | boolean | null | undefined;

/** Thrown for a filter that there is not, or that is given what it can not use; the message is the end of a sentence. */
export class FilterFault extends Error {}

/** No filter makes a longer text. */
const MOST_MADE = 1_000_000;

const toText = (value: Filtered): string => (value === undefined || value === null ? '' : String(value));
const onText =
  (change: (text: string, ...args: string[]) => string) =>
  (value: Filtered, args: readonly Filtered[]): Filtered =>
    value === undefined ? undefined : change(toText(value), ...args.map(toText));

interface Filter {
  /** How many arguments it takes: at least, and at most. */
  takes: readonly [least: number, most: number];
  apply(value: Filtered, args: readonly Filtered[]): Filtered;
}

/** The filters by their names, which are those of Liquid and do as much. */
const FILTERS: Readonly<Record<string, Filter>> = {
  default: {
    takes: [1, 1],
    apply: (value, [other]) =>
      value === undefined || value === null || value === false || value === '' ? other : value,
  },
  upcase: { takes: [0, 0], apply: onText((text) => text.toUpperCase()) },
  downcase: { takes: [0, 0], apply: onText((text) => text.toLowerCase()) },
  capitalize: {
    takes: [0, 0],
    apply: onText((text) => {
      const [first = '', ...rest] = text.slice(0, 2);
      return first.toUpperCase() + (rest.join('') + text.slice(2)).toLowerCase();
    }),
  },
  strip: { takes: [0, 0], apply: onText((text) => text.trim()) },
  url_encode: { takes: [0, 0], apply: onText((text) => encodeURIComponent(text.toWellFormed())) },
  append: { takes: [1, 1], apply: onText((text, end = '') => text + end) },
  prepend: { takes: [1, 1], apply: onText((text, begin = '') => begin + text) },
  replace: { takes: [2, 2], apply: onText((text, what = '', by = '') => replaceAll(text, what, by)) },
  truncate: {
    takes: [1, 2],
    apply: (value, [length, end = '...']) =>
      onText((text) => truncate(text, toNumber(length, 'truncate'), toText(end)))(value, []),
  },
  round: {
    takes: [0, 1],
    apply: (value, [digits = 0]) =>
      value === undefined ? undefined : round(toNumber(value, 'round'), toNumber(digits, 'round')),
  },
};

/** The names of all filters, for sentences and documents. */
export const FILTER_NAMES: readonly string[] = Object.keys(FILTERS);

/** Changes a value by a filter. Throws FilterFault. */
export function applyFilter(value: Filtered, name: string, args: readonly Filtered[]): Filtered {
  const filter = Object.hasOwn(FILTERS, name) ? FILTERS[name] : undefined;
  if (!filter)
    throw new FilterFault(`names the filter "${name.slice(0, 40)}", and there are ${FILTER_NAMES.join(', ')}`);
  const [least, most] = filter.takes;
  if (args.length < least || args.length > most) {
    const many = least === most ? String(least) : `${least} to ${most}`;
    throw new FilterFault(`must give the filter "${name}" as many values behind its colon as it takes: ${many}`);
  }
  const made = filter.apply(value, args);
  if (toText(made).length > MOST_MADE) throw new FilterFault(TOO_LONG);
  return made;
}

const TOO_LONG = `must not make a text of more than ${MOST_MADE} characters by filters`;

function replaceAll(text: string, what: string, by: string): string {
  if (what === '') return text;
  const parts = text.split(what);
  // Known before it is made: a text of as many as it has characters may be asked for.
  if (text.length + (parts.length - 1) * (by.length - what.length) > MOST_MADE) throw new FilterFault(TOO_LONG);
  return parts.join(by);
}

function truncate(text: string, length: number, end: string): string {
  if (text.length <= length) return text;
  const kept = Math.max(0, Math.floor(length) - end.length);
  return text.slice(0, kept).replace(/[\ud800-\udbff]$/, '') + end;
}

function toNumber(value: Filtered, filter: string): number {
  const number = typeof value === 'boolean' || toText(value).trim() === '' ? Number.NaN : Number(value);
  if (!Number.isFinite(number)) throw new FilterFault(`must give the filter "${filter}" a number`);
  return number;
}

const MOST_DIGITS = 20;

/** Halves go away from zero. A number that has no more digits than it is to keep stays as it is. */
function round(number: number, digits: number): number {
  const places = Math.min(MOST_DIGITS, Math.max(0, Math.floor(digits)));
  const [written = '', exponent = '0'] = String(Math.abs(number)).split('e');
  const whole = Math.round(Number(`${written}e${Number(exponent) + places}`));
  if (!Number.isSafeInteger(whole)) return number;
  const rounded = Number(`${whole}e-${places}`);
  return number < 0 && rounded > 0 ? -rounded : rounded;
}
