import { digitsOfAmount } from '../../text/currency-digits.ts';
import { type Decimal, toNumeric } from '../../text/decimal.ts';

/** Numbers with more decimals are shown with as many as these. */
const MOST_DECIMALS = 15;
const FEW_DECIMALS = 3;

const decimalsCode = (count: number): string => (count > 0 ? `.${'0'.repeat(Math.min(count, MOST_DECIMALS))}` : '');

/** The decimals that a number has, zeros at its end apart. */
function ownDecimals(number: Decimal): number {
  const [, fraction = ''] = toNumeric(number).split('.');
  return fraction.replace(/0+$/, '').length;
}

/** A currency's code or sign where the locale puts it, around the code of the number. */
function currencyCode(locale: string, options: Intl.NumberFormatOptions): string {
  const format = new Intl.NumberFormat(locale, { style: 'currency', ...options });
  const parts = format.formatToParts(1);
  const at = parts.findIndex(({ type }) => type === 'currency');
  const mark = `[$${(parts[at]?.value ?? '').replaceAll(/[[\]-]/g, '')}]`;
  const number = `#,##0${decimalsCode(format.resolvedOptions().maximumFractionDigits ?? 2)}`;
  const isFirst = at < parts.findIndex(({ type }) => type === 'integer');
  const space = parts.some(({ type, value }) => type === 'literal' && /^\s+$/.test(value)) ? '\\ ' : '';
  return isFirst ? mark + space + number : number + space + mark;
}

const JUDGED = /^(percent|number|currency|sign)(?::([A-Z]{3}))?(?::(\d+))?$/;

/** The number format of a spreadsheet for a number that is printed in that format; '' for the general one. */
export function numberCode(format: string | undefined, number: Decimal, locale: string): string {
  const [, sort = format, currency, asked] = JUDGED.exec(format ?? '') ?? [];
  const fixed = asked === undefined ? undefined : Number(asked);
  switch (sort) {
    case 'percent':
      return `0${decimalsCode(fixed ?? Math.min(1, Math.max(0, ownDecimals(number) - 2)))}%`;
    case 'currency':
    case 'sign': {
      const digits = fixed ?? digitsOfAmount(number, currency ?? 'XXX');
      const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits };
      const display = sort === 'sign' ? 'narrowSymbol' : 'symbol';
      return currencyCode(locale, { currency: currency ?? 'XXX', currencyDisplay: display, ...decimals });
    }
    case 'number':
      return `#,##0${decimalsCode(fixed ?? Math.min(FEW_DECIMALS, ownDecimals(number)))}`;
    case 'exact':
      return `#,##0${decimalsCode(number.scale)}`;
    case 'bytes':
      return '#,##0';
    default:
      return '';
  }
}
