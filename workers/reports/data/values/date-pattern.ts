import { monthOf } from './month-names.ts';
import { fullYear, isoOf } from './written-date.ts';

const TOKEN = /YYYY|YY|MMMM|MMM|MM|M|DD|D|HH|H|mm|ss/g;
const SHAPES: Record<string, string> = {
  YYYY: String.raw`(?<year>\d{4})`,
  YY: String.raw`(?<year>\d\d)`,
  MMMM: String.raw`(?<name>\p{L}{2,20})\.?`,
  MMM: String.raw`(?<name>\p{L}{2,20})\.?`,
  MM: String.raw`(?<month>\d{1,2})`,
  M: String.raw`(?<month>\d{1,2})`,
  DD: String.raw`(?<day>\d{1,2})`,
  D: String.raw`(?<day>\d{1,2})`,
  HH: String.raw`(?<hour>\d{1,2})`,
  H: String.raw`(?<hour>\d{1,2})`,
  mm: String.raw`(?<minute>\d{1,2})`,
  ss: String.raw`(?<second>\d{1,2})`,
};

const quote = (text: string): string => text.replaceAll(/[\^$\\.*+?()[\]{}|/]/g, String.raw`\$&`);

/** What each token stands for, so that none is asked for twice. */
const partOf = (token: string): string => (token.startsWith('M') ? 'month' : token.charAt(0));

/** Whether a text is the pattern of a date: a year, a month and a day of it, each once, perhaps a time. */
export function isDatePattern(pattern: string): boolean {
  if (pattern.length > 40) return false;
  const parts = (pattern.match(TOKEN) ?? []).map(partOf);
  const hasAll = ['Y', 'month', 'D'].every((part) => parts.includes(part));
  const others = pattern.replaceAll(TOKEN, '');
  return hasAll && new Set(parts).size === parts.length && !/[\p{L}\p{N}]/u.test(others.replaceAll('T', ''));
}

/** Creates a reader of dates that are written by such a pattern; it returns ISO texts, undefined for what is none. */
export function createPatternReader(pattern: string, locale: string): (text: string) => string | undefined {
  let at = 0;
  let source = '';
  // Without marks between them, digits are as many as their letters.
  const isTight = /(?:Y|M|D){6}/.test(pattern);
  for (const match of pattern.matchAll(TOKEN)) {
    const [token] = match;
    const shape = SHAPES[token] ?? '';
    source += quote(pattern.slice(at, match.index)) + (isTight ? shape.replace('{1,2}', '{2}') : shape);
    at = match.index + token.length;
  }
  const expression = new RegExp(`^${source}${quote(pattern.slice(at))}$`, 'u');
  return (text) => {
    const groups = expression.exec(text.trim())?.groups;
    if (!groups) return undefined;
    const { year = '', month, name, day, hour, minute = '0', second = '0' } = groups;
    const monthNumber = name === undefined ? Number(month) : monthOf(name, locale);
    if (monthNumber === undefined) return undefined;
    if (Number(hour ?? 0) > 23 || Number(minute) > 59 || Number(second) > 59) return undefined;
    const clock = [hour ?? '0', minute, second].map((part) => part.padStart(2, '0')).join(':');
    return isoOf(fullYear(year), monthNumber, Number(day), hour === undefined ? '' : `T${clock}`);
  };
}
