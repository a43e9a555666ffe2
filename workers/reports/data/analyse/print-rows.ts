import type { Column, Total } from '../../input/table.ts';
import { cleanText } from '../../text/clean-text.ts';
import type { RowStore } from '../row-store.ts';
import { totalsInOrder } from './accumulator.ts';
import { type ColumnStats, createColumnStats } from './column-stats.ts';

/** How a table's rows are printed and summed up. */
export interface RowPrinterSetting {
  columns: Column[];
  totals?: Record<string, Total> | undefined;
  groupBy?: string | undefined;
  locale: string;
  /** What a row of totals is called. */
  labels: Record<Total, string>;
  /** Reads a cell's value as a number. */
  readNumber: (value: unknown) => number | undefined;
  /** Takes the printed rows. */
  store: RowStore;
}

/** What a table's layout needs to know of its rows. */
export interface TableStats {
  count: number;
  /** For each column texts that tell its width. */
  samples: string[][];
  /** The texts of the rows below the table, one for each column. */
  totals: string[][];
}

/** Prints rows into a store, and collects what the table's layout and its totals need. */
export interface RowPrinter {
  /** Prints a row: a value for each column. */
  add(values: readonly unknown[]): void;
  /** Ends the last group, and returns what was collected. */
  finish(): TableStats;
}

const PLAIN = /^[\u0020-\u007e]*$/;
const print = (text: string): string => (PLAIN.test(text) ? text : cleanText(text));

class StorePrinter implements RowPrinter {
  readonly #setting: RowPrinterSetting;
  readonly #columns: ColumnStats[];
  /** The totals that are asked for, in the order of their rows. */
  readonly #totals: Total[];
  readonly #groupAt: number;
  /** The first column that isn't summed up itself: there the rows of totals say what they are. */
  readonly #labelAt: number;
  #count = 0;
  #group: string | undefined;

  constructor(setting: RowPrinterSetting) {
    const { columns, totals, groupBy, locale } = setting;
    this.#setting = setting;
    this.#columns = columns.map((column) => createColumnStats(column, totals, locale));
    this.#totals = totalsInOrder(totals);
    this.#groupAt = columns.findIndex(({ key }) => key === groupBy);
    this.#labelAt = this.#columns.findIndex(({ total }) => total === undefined);
  }

  add(values: readonly unknown[]): void {
    const mismatches: number[] = [];
    const texts = this.#columns.map((column, index) => {
      const { text, fits } = this.#format(column, values[index]);
      if (!fits) mismatches.push(index);
      return print(text);
    });
    this.#enterGroup(texts[this.#groupAt]);
    for (const [index, column] of this.#columns.entries()) this.#collect(column, texts[index] ?? '', values[index]);
    this.#setting.store.add({ kind: 'row', texts, mismatches });
    this.#count += 1;
  }

  #format(column: ColumnStats, value: unknown) {
    return column.format(column.isNumber ? (this.#setting.readNumber(value) ?? value) : value);
  }

  #collect(column: ColumnStats, text: string, value: unknown): void {
    column.sample.see(text);
    if (!column.total) return;
    const number = this.#setting.readNumber(value);
    column.all.add(number, text === '');
    if (this.#groupAt >= 0) column.group.add(number, text === '');
  }

  /** Ends the present group where the next row is of another; a table without groups has none. */
  #enterGroup(name: string | undefined): void {
    if (this.#groupAt < 0 || name === this.#group) return;
    this.#endGroup();
    this.#group = name;
  }

  #endGroup(): void {
    if (this.#group === undefined) return;
    for (const texts of this.#totalRows('group', this.#group)) {
      for (const [index, text] of texts.entries()) this.#columns[index]?.sample.see(text);
      this.#setting.store.add({ kind: 'total', texts, mismatches: [] });
    }
    for (const column of this.#columns) column.group.reset();
  }

  #totalRows(which: 'all' | 'group', group = ''): string[][] {
    const { labels } = this.#setting;
    return this.#totals.map((total) =>
      this.#columns.map((column, index) => {
        if (index === this.#labelAt) return group === '' ? labels[total] : `${labels[total]} ${group}`;
        return column.total === total ? print(column.formatTotal(column[which].result(total)).text) : '';
      }),
    );
  }

  finish(): TableStats {
    this.#endGroup();
    const samples = this.#columns.map(({ sample }) => sample.texts());
    return { count: this.#count, totals: this.#totalRows('all'), samples };
  }
}

/** Creates a printer of a table's rows. */
export const createRowPrinter = (setting: RowPrinterSetting): RowPrinter => new StorePrinter(setting);
