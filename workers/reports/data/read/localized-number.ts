import { toNumber } from '../../text/formats.ts';

/** Digits in groups of three with a space, an apostrophe or `group` between them, then perhaps decimals. */
const grouped = (group: string, decimal: string) =>
  new RegExp(`^-?\\d{1,3}(?:[ \\u00a0\\u202f'${group}]\\d{3})+(?:\\${decimal}\\d{1,30})?$`);
const WITH_COMMA = { plain: /^-?\d{1,300}(?:,\d{1,300})?$/, grouped: grouped('.', ',') };
const WITH_POINT = { plain: /^-?\d{1,300}(?:\.\d{1,300})?$/, grouped: grouped(',', '.') };

/**
 * Reads a number that was written for people. With `comma` the decimals follow a comma (`1.234,50`, `1 234,5`), else a
 * point (`1,234.50`). What only the other way of writing allows is read that way, so that `1234.5` is the same in both.
 * A single group mark without decimals (`1.234`) is taken for decimals where it can be.
 */
export function readDecimal(value: unknown, comma: boolean): number | undefined {
  if (typeof value !== 'string') return toNumber(value);
  const text = value.trim().replace(/^\u2212/, '-');
  const simple = toNumber(text);
  if (simple !== undefined) return simple;
  const [own, other] = comma ? [WITH_COMMA, WITH_POINT] : [WITH_POINT, WITH_COMMA];
  if (comma && own.plain.test(text)) return toNumber(text.replace(',', '.'));
  const shape = [own, other].find((one) => one.grouped.test(text));
  if (!shape) return undefined;
  const point = shape === WITH_COMMA ? ',' : '.';
  return toNumber(text.replaceAll(/[ \u00a0\u202f'.,]/g, (mark) => (mark === point ? '.' : '')));
}
