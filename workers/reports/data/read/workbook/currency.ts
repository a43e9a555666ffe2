import { isCurrencyMark } from '../../values/currency-marks.ts';

const CODES = new Set(Intl.supportedValuesOf('currency'));

/** Marks of one currency alone. */
const MARKS: Readonly<Record<string, string>> = {
  '€': 'EUR',
  '£': 'GBP',
  zł: 'PLN',
  '₹': 'INR',
  '₩': 'KRW',
  '₽': 'RUB',
  '₺': 'TRY',
  '₴': 'UAH',
  '₪': 'ILS',
  kč: 'CZK',
  us$: 'USD',
};

/** Marks of several currencies, by the Windows language that stands beside them, else the region of the report. */
const BY_PLACE: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  kr: {
    '414': 'NOK',
    '814': 'NOK',
    '41d': 'SEK',
    '406': 'DKK',
    NO: 'NOK',
    SE: 'SEK',
    DK: 'DKK',
    IS: 'ISK',
    '40f': 'ISK',
  },
  $: { '409': 'USD', '1009': 'CAD', c0c: 'CAD', c09: 'AUD', '1409': 'NZD', US: 'USD', CA: 'CAD', AU: 'AUD', NZ: 'NZD' },
  '¥': { '411': 'JPY', '804': 'CNY', JP: 'JPY', CN: 'CNY' },
};

/** The currency that a mark in a number format names: its code, its mark where several have it, '' for what is none. */
export function currencyOf(mark: string, lcid: string | undefined, locale: string): string {
  if (CODES.has(mark.toUpperCase()) && mark.length === 3) return mark.toUpperCase();
  if (mark === '' || !isCurrencyMark(mark)) return '';
  const name = mark.toLowerCase().replace(/\.$/, '');
  const places = BY_PLACE[name];
  const region = new Intl.Locale(locale).maximize().region ?? '';
  const place = lcid?.replace(/^0+/, '').toLowerCase();
  return MARKS[name] ?? places?.[place ?? region] ?? places?.[region] ?? mark;
}
