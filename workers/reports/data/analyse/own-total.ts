import { type Decimal, isEqual } from '../../text/decimal.ts';

/** What a row of totals is called in a file, whatever else stands behind: `Sum:`, `Grand total 2026`. */
const WORDS = [
  '(?:grand|sub|net)?[ -]?totals?|sum|totalt|totale|totaal|total general|total général|gesamt(?:summe|betrag)?|summe|insgesamt|samtals',
  'summa|suma|razem|łącznie|celkem|spolu|összesen|toplam|genel toplam|yhteensä|i alt|kokku|kopā|iš viso|ukupno|skupaj',
  'total geral|tổng(?: cộng)?|jumlah|итого|всего|разом|усього|общо|σύνολο|סה["״]כ|المجموع|الإجمالي|اجمالي|جمع|مجموع|कुल|योग|合計|总计|合计|總計|합계|รวม',
];
const LABEL = new RegExp(String.raw`^(?:${WORDS.join('|')})(?!\p{L}|\p{M})`, 'iu');

/** A row's cells: how each is printed, and of those that are summed up its number and the sum of the rows before. */
export interface SummedCell {
  text: string;
  number: Decimal | undefined;
  sum: Decimal | undefined;
}

/**
 * Finds what a row is called that is a file's own row of totals: the first of its texts says so, in the language of the
 * report or another, and each of its numbers is the sum of those above. Undefined for any other row.
 */
export function findOwnTotal(cells: readonly SummedCell[], word: string): string | undefined {
  const label = cells.find(({ text }) => text !== '')?.text.trim() ?? '';
  if (!LABEL.test(label) && label.replace(/[:\s]+$/, '').toLowerCase() !== word.toLowerCase()) return undefined;
  const numbers = cells.filter(({ number, sum }) => number !== undefined && sum !== undefined);
  const isSum = numbers.every(({ number, sum }) => number && sum && isEqual(number, sum));
  return numbers.length > 0 && isSum ? label : undefined;
}
