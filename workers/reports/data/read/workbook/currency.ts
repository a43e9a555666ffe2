import { currenciesOf } from '../../values/currency-marks.ts';

/** The currencies of marks that several have, by the Windows language that stands beside them. */
const BY_LANGUAGE: Readonly<Record<string, string>> = {
  '414': 'NOK',
  '814': 'NOK',
  '41d': 'SEK',
  '406': 'DKK',
  '40f': 'ISK',
  '409': 'USD',
  '1009': 'CAD',
  c0c: 'CAD',
  c09: 'AUD',
  '1409': 'NZD',
  '809': 'GBP',
  '411': 'JPY',
  '804': 'CNY',
};

/** The currency that a mark in a number format names: its code where that is known, else its mark; '' for none. */
export function currencyOf(mark: string, language = ''): string {
  const codes = currenciesOf(mark);
  if (codes.length <= 1) return codes[0] ?? '';
  const code = BY_LANGUAGE[language.replace(/^0+/, '').toLowerCase()];
  return code !== undefined && codes.includes(code) ? code : mark;
}
