import type { Decimal } from '../../text/decimal.ts';

/** A number of a spreadsheet, and how its cell shows it. */
export interface SheetNumber extends Decimal {
  /** `%`, or the currency: its code where that is known, else its mark. */
  readonly unit?: string;
  /** The decimals that its cell shows, where its format fixes them; of a percentage those of the percents. */
  readonly decimals?: number;
  /** Whether it is shown as an amount: grouped, with decimals, or with a unit. */
  readonly isAmount?: boolean;
}

/** A date of a spreadsheet, whatever its cell shows of it. */
export class SheetDate {
  /** `2026-10-31`, or with a time `2026-10-31T12:30:00`. */
  readonly iso: string;

  constructor(iso: string) {
    this.iso = iso;
  }

  /** How it is printed where it is a text. */
  toString(): string {
    return this.iso.replace('T', ' ').replace(/(:\d\d):00$/, '$1');
  }
}

/** A number with what its cell shows of it, where it is one of a spreadsheet. */
export const sheetNumber = (number: Decimal): SheetNumber => number;
