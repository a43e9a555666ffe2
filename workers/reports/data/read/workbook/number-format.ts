import { currencyOf } from './currency.ts';

/** What a number format makes of a cell's number. */
export interface NumberFormat {
  kind: 'number' | 'date' | 'datetime' | 'time' | 'duration';
  isPercent: boolean;
  /** A currency's code, or its mark where that is not known. */
  currency: string;
  /** The decimals that are shown; undefined for as many as a number has. */
  decimals: number | undefined;
  isGrouped: boolean;
  /** Digits that are filled up with zeros, as those of a ZIP code; 0 for none. */
  zeros: number;
}

const PLAIN: NumberFormat = {
  kind: 'number',
  isPercent: false,
  currency: '',
  decimals: undefined,
  isGrouped: false,
  zeros: 0,
};

/** The formats that files refer to by their number alone. */
const BUILT_IN: Readonly<Record<number, string>> = {
  1: '0',
  2: '0.00',
  3: '#,##0',
  4: '#,##0.00',
  9: '0%',
  10: '0.00%',
  14: 'yyyy-mm-dd',
  15: 'd-mmm-yy',
  16: 'd-mmm',
  17: 'mmm-yy',
  18: 'h:mm AM/PM',
  19: 'h:mm:ss AM/PM',
  20: 'h:mm',
  21: 'h:mm:ss',
  22: 'yyyy-mm-dd h:mm',
  37: '#,##0',
  38: '#,##0',
  39: '#,##0.00',
  40: '#,##0.00',
  45: 'mm:ss',
  46: '[h]:mm:ss',
  47: 'mm:ss',
};

/** Formats 5 to 8 and 41 to 44 are in the currency of whoever opens the file: amounts without one. */
const AMOUNTS: Readonly<Record<number, string>> = {
  5: '#,##0',
  6: '#,##0',
  7: '#,##0.00',
  8: '#,##0.00',
  41: '#,##0',
  42: '#,##0',
  43: '#,##0.00',
  44: '#,##0.00',
};

/** Dates of East Asian calendars, by their numbers. */
const isEastAsianDate = (id: number): boolean => (id >= 27 && id <= 31) || id === 36 || (id >= 50 && id <= 58);
const isEastAsianTime = (id: number): boolean => id >= 32 && id <= 35;

/** The format that files refer to by its number. */
export function builtInFormat(id: number): NumberFormat {
  if (isEastAsianDate(id)) return { ...PLAIN, kind: 'date' };
  if (isEastAsianTime(id)) return { ...PLAIN, kind: 'time' };
  return readNumberFormat(BUILT_IN[id] ?? AMOUNTS[id] ?? '');
}

const MOST_CHARACTERS = 500;
const LITERAL = /"([^"]*)"|\\(.)|[_*](.)|\[(\$?)([^\]]*)\]/gsu;

/** What stands in the place of what is written as it stands. */
const LITERAL_MARK = '\u0000';

interface Bare {
  /** The first section without what is written as it stands. */
  code: string;
  currency: string;
  isElapsed: boolean;
}

/** Takes out of a format what stands in quotes and brackets, and finds its currency in that. */
function strip(format: string): Bare {
  let currency = '';
  let isElapsed = false;
  const see = (mark: string, language?: string) => {
    currency ||= currencyOf(mark.trim(), language);
  };
  let bare = '';
  let from = 0;
  const text = format.slice(0, MOST_CHARACTERS);
  for (const match of text.matchAll(LITERAL)) {
    const [all, quoted, escaped, , dollar, inside = ''] = match;
    const isTime = dollar === '' && /^[hms]+$/i.test(inside);
    if (dollar === '$') see(/^[^-]*/.exec(inside)?.[0] ?? '', /-([0-9a-f]+)$/i.exec(inside)?.[1]);
    else see(quoted ?? escaped ?? '');
    isElapsed ||= isTime;
    // India's groups are commas that are written as they stand.
    const isComma = (quoted ?? escaped) === ',';
    bare += text.slice(from, match.index) + (isTime ? inside : isComma ? ',' : LITERAL_MARK);
    from = match.index + all.length;
  }
  bare += text.slice(from);
  const [code = ''] = bare.split(';');
  const [mark = ''] = /\p{Sc}/u.exec(code) ?? [];
  if (mark !== '') see(mark);
  return { code, currency, isElapsed };
}

function kindOf(code: string, isElapsed: boolean): NumberFormat['kind'] {
  if (isElapsed) return 'duration';
  const letters = code.toLowerCase().replaceAll(/am\/pm|a\/p/g, 'h');
  if (/general|e[+-]/.test(letters)) return 'number';
  const hasTime = /[hs]/.test(letters);
  const hasDate = /[yd]/.test(letters) || (/m/.test(letters) && !hasTime);
  if (hasDate) return hasTime ? 'datetime' : 'date';
  return hasTime ? 'time' : 'number';
}

/** Reads a number format, such as `#,##0.00 "kr"`: what it shows of positive numbers. */
export function readNumberFormat(format: string): NumberFormat {
  const { code, currency, isElapsed } = strip(format);
  const kind = kindOf(code, isElapsed);
  if (kind !== 'number') return { ...PLAIN, kind };
  const [, whole = '', decimals = ''] = /([0#?,]*)(?:\.([0#?]*))?/.exec(code.replace(/^[^0#?]*/, '')) ?? [];
  const isShown = /[0#?]/.test(whole + decimals) && !/[eE][+-]|\//.test(code);
  const isFixed = isShown && !/[#?]/.test(decimals);
  return {
    kind,
    isPercent: code.includes('%'),
    currency,
    decimals: isFixed ? Math.min(decimals.length, 10) : undefined,
    isGrouped: /[#0?],[#0?]/.test(whole),
    zeros: /^0{2,}$/.test(code) ? code.length : 0,
  };
}
