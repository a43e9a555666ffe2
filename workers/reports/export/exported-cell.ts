import { SheetDate } from '../data/values/sheet-value.ts';
import { type Decimal, isDecimal, type PrintedNumber, toDecimal } from '../text/decimal.ts';

/** A cell that goes into a file: a number and how it is shown, a date, a text, or nothing. */
export type ExportedCell =
  | { kind: 'number'; number: Decimal; format: string | undefined }
  | { kind: 'date'; iso: string }
  | { kind: 'boolean'; value: boolean }
  | { kind: 'text'; text: string }
  | undefined;

/** What is known of a printed cell. */
export interface KnownCell {
  /** As it is printed. */
  text: string;
  number?: Decimal | undefined;
  /** Of a date. */
  iso?: string | undefined;
}

const exportPrinted = ({ digits, scale, format }: PrintedNumber): ExportedCell => ({
  kind: 'number',
  number: { digits, scale },
  format,
});

/** The cell that goes into a file: what the value was read as, else what it is, else its text. */
export function exportCell({ text, number, iso }: KnownCell, value: unknown, format: string | undefined): ExportedCell {
  if (isDecimal(value) && 'text' in value) return exportPrinted(value as PrintedNumber);
  if (number) return { kind: 'number', number, format };
  if (iso !== undefined) return { kind: 'date', iso };
  if (value instanceof SheetDate) return { kind: 'date', iso: value.iso };
  if (typeof value === 'boolean') return { kind: 'boolean', value };
  const own = typeof value === 'number' || isDecimal(value) ? toDecimal(value) : undefined;
  if (own) return { kind: 'number', number: own, format: undefined };
  return text === '' ? undefined : { kind: 'text', text };
}
