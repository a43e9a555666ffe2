import { minorDigits } from '../../../text/currency-digits.ts';
import { type Decimal, readDecimal, toNumeric } from '../../../text/decimal.ts';
import type { Period } from '../fields.ts';

/** How an invoice's numbers and dates are written: all amounts in one way, that of its currency in the locale. */
export interface Writers {
  /** An amount in the currency's smallest units, without and with the currency's name. */
  amount(units: bigint): string;
  money(units: bigint): string;
  /** A price, with all its decimals. */
  price(value: Decimal): string;
  quantity(value: Decimal): string;
  percent(percentage: number | string): string;
  /** What one of the invoice's currency is in another one: "1 EUR = 11.5 NOK". */
  exchange(rate: number | string, currency: string): string;
  /** An amount in the smallest units of another currency. */
  moneyIn(units: bigint, currency: string): string;
  date(day: string): string;
  period(period: Period): string;
}

/** The full-width sign of the yen, which most fonts lack, as the usual one. */
const withUsualYen = (text: string): string => text.replaceAll('\uffe5', '\u00a5');

const isSpace = ({ type, value }: Intl.NumberFormatPart): boolean => type === 'literal' && value.trim() === '';

/** An amount without its currency, but with the marks that the locale has for amounts. */
const withoutCurrency = (parts: Intl.NumberFormatPart[]): string =>
  parts
    .filter((part, index) => {
      const isBeside = parts[index - 1]?.type === 'currency' || parts[index + 1]?.type === 'currency';
      return part.type !== 'currency' && !(isBeside && isSpace(part));
    })
    .map(({ value }) => value)
    .join('');

/** Creates what writes the numbers of an invoice in this currency and locale. */
export function createWriters(currency: string, locale: string): Writers {
  const scale = minorDigits(currency);
  const styled = (code: string, digits: Intl.NumberFormatOptions) =>
    new Intl.NumberFormat(locale, { style: 'currency', currency: code, ...digits });
  const money = styled(currency, { minimumFractionDigits: scale, maximumFractionDigits: scale });
  const price = styled(currency, { minimumFractionDigits: scale, maximumFractionDigits: Math.max(6, scale) });
  const rate = styled(currency, { minimumFractionDigits: 0, maximumFractionDigits: 6 });
  const number = new Intl.NumberFormat(locale, { maximumFractionDigits: 6 });
  const percent = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 8 });
  const day = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeZone: 'UTC' });
  const toDay = (text: string) => new Date(`${text}T00:00:00Z`);
  return {
    amount: (digits) => withoutCurrency(money.formatToParts(toNumeric({ digits, scale }))),
    money: (digits) => withUsualYen(money.format(toNumeric({ digits, scale }))),
    price: (value) => withoutCurrency(price.formatToParts(toNumeric(value))),
    quantity: (value) => number.format(toNumeric(value)),
    percent(percentage) {
      const { digits, scale: places } = readDecimal(percentage);
      return percent.format(toNumeric({ digits, scale: places + 2 }));
    },
    exchange: (value, other) =>
      `1 ${currency} = ${withoutCurrency(rate.formatToParts(toNumeric(readDecimal(value))))} ${other}`,
    moneyIn(digits, other) {
      const places = minorDigits(other);
      const format = styled(other, { minimumFractionDigits: places, maximumFractionDigits: places });
      return withUsualYen(format.format(toNumeric({ digits, scale: places })));
    },
    date: (text) => day.format(toDay(text)),
    period({ from, to }) {
      if (from !== undefined && to !== undefined) return day.formatRange(toDay(from), toDay(to));
      return from === undefined ? `– ${day.format(toDay(to ?? ''))}` : `${day.format(toDay(from))} –`;
    },
  };
}
