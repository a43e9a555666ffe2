import { add, type Decimal, isEqual, negate, toFloat } from '../../text/decimal.ts';

/** What a row of totals is called in a file, whatever else stands behind: `Sum:`, `Grand total 2026`. */
const WORDS = [
  '(?:grand|sub|net)?[ -]?totals?|sum|totalt|totale|totaal|total general|total général|gesamt(?:summe|betrag)?|summe|insgesamt|samtals',
  'summa|suma|razem|łącznie|celkem|spolu|összesen|toplam|genel toplam|yhteensä|i alt|kokku|kopā|iš viso|ukupno|skupaj',
  'total geral|tổng(?: cộng)?|jumlah|итого|всего|разом|усього|общо|σύνολο|סה["״]כ|المجموع|الإجمالي|اجمالي|جمع|مجموع|कुल|योग|合計|总计|合计|總計|합계|รวม',
];
const LABEL = new RegExp(String.raw`^(?:${WORDS.join('|')})(?!\p{L}|\p{M})`, 'iu');
/** Behind the word, of a row that is called that and no more: a year, a currency in capitals, signs. */
const BARE_END = /^(?:[^\p{L}]|(?<!\p{L})\p{Lu}{3}(?!\p{L}))*$/u;
/** With fewer rows the sum of the others is nothing but one of them; and by chance that of a name such as `Total Energy`. */
const FEWEST_ROWS = 3;
const FEWEST_OF_NAME = 6;
/** Spreadsheets add up in binary fractions: their sums differ from exact ones by less than this part. */
const BINARY = 1e-12;

/** A row's cells: how each is printed, and of those that are summed up its number and the sum of all other rows. */
export interface SummedCell {
  text: string;
  number: Decimal | undefined;
  sum: Decimal | undefined;
}

/** A row that is called so, and whether its numbers are the sums of all others. */
export interface OwnTotal {
  label: string;
  isSum: boolean;
}

function isSumOf(number: Decimal, sum: Decimal): boolean {
  if (isEqual(number, sum)) return true;
  const whole = Math.abs(toFloat(sum));
  return whole > 0 && Math.abs(toFloat(add(number, negate(sum)))) < BINARY * whole;
}

/** Whether a row is called a total: by the word alone, or one with others behind it, as names have too. */
function readLabel(label: string, word: string): 'word' | 'name' | undefined {
  const [found] = LABEL.exec(label) ?? [];
  const isWord = label.replace(/[:\s]+$/, '').toLowerCase() === word.toLowerCase();
  if (isWord || (found !== undefined && BARE_END.test(label.slice(found.length)))) return 'word';
  return found === undefined ? undefined : 'name';
}

/**
 * Tells whether a row is a file's own row of totals: the first of its texts says so, in the language of the report or another.
 * Of a table of `rows` rows. Undefined for any other row, and where only its name begins like that and its numbers are no sums.
 */
export function findOwnTotal(cells: readonly SummedCell[], word: string, rows: number): OwnTotal | undefined {
  const label = cells.find(({ text }) => text !== '')?.text.trim() ?? '';
  const kind = rows < FEWEST_ROWS ? undefined : readLabel(label, word);
  const numbers = cells.filter(({ number, sum }) => number !== undefined && sum !== undefined);
  if (kind === undefined || numbers.length === 0) return undefined;
  const isSum = numbers.every(({ number, sum }) => number && sum && isSumOf(number, sum));
  if (kind === 'name' && (!isSum || rows < FEWEST_OF_NAME)) return undefined;
  return { label, isSum };
}
