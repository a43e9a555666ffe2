import type { Decimal } from '../../text/decimal.ts';

/** About what a number is, but for the last of its digits: for telling numbers apart, at once. */
export const toFloat = ({ digits, scale }: Decimal): number => Number(digits) / 10 ** scale;

/** The least and the greatest number of each column among some rows. */
type Ranges = { least: number; most: number }[];

/** Keeps the least and the greatest numbers of rows in parts, which begin where rows of totals end. */
export class Extremes {
  readonly #columns: number;
  readonly #parts: Ranges[];

  constructor(columns: number) {
    this.#columns = columns;
    this.#parts = [this.#open()];
  }

  #open(): Ranges {
    return Array.from({ length: this.#columns }, () => ({ least: Infinity, most: -Infinity }));
  }

  /** Adds the numbers of a row to the last part. */
  see(numbers: readonly (Decimal | undefined)[]): void {
    for (const [index, range] of (this.#parts.at(-1) ?? []).entries()) {
      const number = numbers[index];
      if (number === undefined) continue;
      const float = toFloat(number);
      range.least = Math.min(range.least, float);
      range.most = Math.max(range.most, float);
    }
  }

  /** Begins a part, and makes one of that at `at` and those behind it. */
  begin(at: number): void {
    while (this.#parts.length > at + 1) this.join(this.#parts.length - 1);
    this.#parts.push(this.#open());
  }

  /** Makes one part of that at `at` and the one before it. */
  join(at: number): void {
    const [part = []] = this.#parts.splice(at, 1);
    for (const [index, range] of (this.#parts[at - 1] ?? []).entries()) {
      range.least = Math.min(range.least, part[index]?.least ?? Infinity);
      range.most = Math.max(range.most, part[index]?.most ?? -Infinity);
    }
  }

  /** Whether a number lies among those of its column from a part on. */
  has(number: number, index: number, from: number): boolean {
    const ranges = this.#parts.slice(from).map((part) => part[index]);
    return (
      ranges.some((range) => range && range.least <= number) && ranges.some((range) => range && number <= range.most)
    );
  }
}
