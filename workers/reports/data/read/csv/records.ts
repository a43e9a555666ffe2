import { isDateName } from '../../values/date-names.ts';
import { isNothing } from '../../values/empty.ts';
import { readWrittenDate } from '../../values/written-date.ts';
import { digitsBy, takeApart } from '../../values/written-number.ts';

/** A record of a CSV's beginning. */
export interface Sample {
  cells: string[];
  /** The line it begins in, from 1. */
  line: number;
}

/** So many records tell what a column has. */
export const LOOKED_AT = 50;
/** Names of columns that are numbers. */
const YEAR = /^(?:19|20)\d\d$/;

/** Whether a cell is a number or a date. */
export function isValue(cell: string): boolean {
  const number = takeApart(cell);
  if (number && (digitsBy(number.core, '.') ?? digitsBy(number.core, ',')) !== undefined) return true;
  return readWrittenDate(cell, 'en') !== undefined;
}

export const trimmedWidth = ({ cells }: Sample): number => cells.findLastIndex((cell) => cell !== '') + 1;
export const countFilled = ({ cells }: Sample): number => cells.filter((cell) => cell !== '').length;

/** Names of columns: texts, or years above what are none, and most of them there. */
export function isHeader(record: Sample, next: Sample | undefined): boolean {
  const isName = (cell: string, index: number) =>
    !isValue(cell) || (YEAR.test(cell) && !YEAR.test(next?.cells[index] ?? ''));
  // The table may not begin in the first column.
  const left = record.cells.findIndex((cell) => cell !== '');
  return record.cells.every(isName) && countFilled(record) * 2 > trimmedWidth(record) - left;
}

export const isDate = (cell: string): boolean => readWrittenDate(cell, 'en') !== undefined;

/** Whether a column of the records below a header has values alone, in more than one row where there are more. */
export function haveValues(records: readonly Sample[], fewest: number): boolean {
  const width = Math.max(0, ...records.map(({ cells }) => cells.length));
  return Array.from({ length: width }, (_, index) =>
    records.map(({ cells }) => cells[index] ?? '').filter((cell) => cell !== '' && !isNothing(cell)),
  ).some((column) => column.length >= fewest && column.every(isValue));
}

/** Whether empty lines part two records. */
export const isParted = (one: Sample | undefined, other: Sample): boolean =>
  one !== undefined && other.line - one.line > 1 + one.cells.join('').split('\n').length - 1;

export const isLabel = (record: Sample): boolean => trimmedWidth(record) <= 2 && /:$/.test(record.cells[0] ?? '');

const VALUE_WORDS = [
  'amount|sum|total|price|cost|qty|quantity|count|value|sales|revenue|balance|debit|credit|hours|weight|length|population|share|week',
  'beløp|beløb|belopp|pris|antall?|vekt|andel|verdi|värde|værdi|salg|försäljning|saldo|timer|uke|uge|vecka|summa',
  'betrag|preis|menge|anzahl|wert|umsatz|summe|stunden|woche|bedrag|prijs|aantal|waarde|omzet',
  'montant|prix|quantité|nombre|valeur|semaine|importe|precio|cantidad|valor|semana|importo|prezzo|quantità|valore',
  'preço|quantidade|määrä|hinta|arvo|kwota|cena|ilość|wartość|částka|množství|összeg|mennyiség|сумма|цена|количество',
];
const VALUE_NAME = new RegExp(String.raw`(?:${VALUE_WORDS.join('|')})(?!\p{L})`, 'iu');

/** Whether a cell is called as columns of numbers and dates are: `Beløp`, `Unit price`, `Due date`. */
export const isValueName = (cell: string): boolean => VALUE_NAME.test(cell) || isDateName(cell);
