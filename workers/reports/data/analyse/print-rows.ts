import { type ExportedCell, exportCell } from '../../export/exported-cell.ts';
import type { TableExport } from '../../export/table-exports.ts';
import { TOTALS, type Total } from '../../input/columns.ts';
import type { Messages } from '../../locales/messages.ts';
import { totalWord } from '../../locales/total-word.ts';
import { cleanText } from '../../text/clean-text.ts';
import { withoutMarks } from '../data-rows.ts';
import type { RowStore } from '../row-store.ts';
import type { ColumnReader } from './column-reader.ts';
import { type ColumnStats, createColumnStats, type PrintedCell } from './column-stats.ts';
import type { Unread } from './unread.ts';
import { createLongestSample } from './width-sample.ts';

/** A column that is printed: how its cells are read, and what stands below it. */
export interface PrintedColumn {
  key: string;
  reader: ColumnReader;
  total: Total | undefined;
  /** Whether it is read for the groups alone, and not printed; it is the last then. */
  isHidden?: boolean;
}

/** How a table's rows are printed and summed up. */
export interface RowPrinterSetting {
  columns: PrintedColumn[];
  groupBy?: string | undefined;
  /** The column whose sum so far comes behind the texts of each row. */
  carry?: string | undefined;
  locale: string;
  /** What rows of totals are called, and what true and false are. */
  messages: Messages;
  /** Takes the printed rows. */
  store: RowStore;
  /** Takes their values, for files beside the PDF. */
  file?: TableExport | undefined;
}

/** What a table's layout needs to know of its rows. */
export interface TableStats {
  count: number;
  /** How many of them are no totals themselves. */
  entries: number;
  /** For each column texts that tell its width. */
  samples: string[][];
  /** The texts of the rows below the table, one for each column. */
  totals: string[][];
  /** The longest sums that came behind the texts of rows. */
  carried: string[];
  /** The sum of each column by itself, for where it stands elsewhere; '' where it has none. */
  sums: string[];
  /** The column in which these rows say what they are, and nothing else; -1 where that is not one for all. */
  labelAt: number;
  /** A group whose rows are not together, where there is one. */
  torn: string | undefined;
}

/** What else is known of a row that is printed. */
export interface RowTraits {
  /** How its cells look where that is not as usual. */
  looks?: string | undefined;
  /** Whether it sums up others itself, so that it counts for nothing. */
  isTotal?: boolean;
}

/** Prints rows into a store, and collects what the table's layout and its totals need. */
export interface RowPrinter {
  /** Prints a row: a value for each column. */
  add(values: readonly unknown[], traits?: RowTraits): void;
  /** Ends the last group, and returns what was collected. */
  finish(): TableStats;
  /** The cells of each column that could not be read. */
  unread(): Unread[];
}

/** Of so many groups it is known whether they came before. */
const MOST_GROUPS = 10_000;

const NO_TRAITS: RowTraits = {};

const PLAIN = /^[\u0020-\u007e]*$/;
const print = (text: string): string => (PLAIN.test(text) ? text : withoutMarks(cleanText(text)));

class StorePrinter implements RowPrinter {
  readonly #setting: RowPrinterSetting;
  readonly #columns: ColumnStats[];
  /** The totals that are asked for, in the order of their rows. */
  readonly #totals: Total[];
  readonly #groupAt: number;
  readonly #carryAt: number;
  readonly #carried = createLongestSample();
  /** A column by which rows are grouped, and which is not printed. */
  readonly #hidden: ColumnStats | undefined;
  readonly #isGrouped: boolean;
  readonly #groups = new Set<string>();
  #torn: string | undefined;
  #count = 0;
  #entries = 0;
  #group: string | undefined;

  constructor(setting: RowPrinterSetting) {
    const { columns, groupBy, carry } = setting;
    this.#setting = setting;
    const shown = columns.filter(({ isHidden }) => !isHidden);
    const hidden = columns.find(({ isHidden }) => isHidden);
    this.#columns = shown.map(({ reader, total }) => createColumnStats(reader, total, setting));
    this.#hidden = hidden && createColumnStats(hidden.reader, undefined, setting);
    this.#totals = TOTALS.filter((total) => columns.some((column) => column.total === total));
    this.#groupAt = shown.findIndex(({ key }) => key === groupBy);
    this.#carryAt = shown.findIndex(({ key }) => key === carry);
    this.#isGrouped = this.#groupAt >= 0 || hidden !== undefined;
  }

  add(values: readonly unknown[], { looks, isTotal = false }: RowTraits = NO_TRAITS): void {
    this.#count += 1;
    if (this.#hidden) this.#enterGroup(print(this.#hidden.read(values[this.#columns.length], this.#count).text));
    const cells: PrintedCell[] = [];
    const texts: string[] = [];
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index] as ColumnStats;
      const cell = column.read(values[index], isTotal ? 0 : this.#count);
      const text = print(cell.text);
      cells.push(cell);
      texts.push(text);
      column.sample.see(text);
    }
    if (!this.#hidden) this.#enterGroup(texts[this.#groupAt]);
    if (!isTotal) this.#addUp(cells, texts);
    const carried = this.#columns[this.#carryAt];
    if (carried) {
      const sum = print(carried.formatTotal(carried.all.result('sum')).text);
      this.#carried.see(sum);
      texts.push(sum);
    }
    this.#setting.store.add(looks ? { kind: 'row', texts, looks } : { kind: 'row', texts });
    this.#setting.file?.row(
      cells.map((cell, index) =>
        exportCell({ ...cell, text: texts[index] ?? '' }, values[index], this.#columns[index]?.format),
      ),
      looks,
    );
  }

  #addUp(cells: readonly PrintedCell[], texts: readonly string[]): void {
    this.#entries += 1;
    for (let index = 0; index < this.#columns.length; index += 1) {
      const column = this.#columns[index] as ColumnStats;
      if (!column.total) continue;
      const number = cells[index]?.number;
      column.all.add(number, texts[index] === '');
      if (this.#isGrouped) column.group.add(number, texts[index] === '');
    }
  }

  /** Ends the present group where the next row is of another; a table without groups has none. */
  #enterGroup(name: string | undefined): void {
    if (!this.#isGrouped || name === this.#group) return;
    this.#endGroup();
    this.#group = name;
    if (name === undefined || this.#torn !== undefined) return;
    if (this.#groups.has(name)) this.#torn = name;
    else if (this.#groups.size < MOST_GROUPS) this.#groups.add(name);
  }

  #endGroup(): void {
    if (this.#group === undefined) return;
    for (const texts of this.#totalRows('group', this.#group)) {
      for (const [index, text] of texts.entries()) this.#columns[index]?.sample.see(text);
      this.#setting.store.add({ kind: 'total', texts });
    }
    for (const column of this.#columns) column.group.reset();
  }

  /** Where a row of totals says what it is: in the first column that isn't summed up itself, unless a value is before. */
  #labelPlace(total: Total): number {
    const free = this.#columns.findIndex((column) => column.total === undefined);
    const filled = this.#columns.findIndex((column) => column.total === total);
    return free >= 0 && free < filled ? free : 0;
  }

  /** What a row of totals is called; the total of a group without a name is not taken for that of all. */
  #labelOf(total: Total, group: string | undefined): string {
    const { messages } = this.#setting;
    const word = totalWord(total, messages);
    if (group === undefined) return word;
    if (group !== '') return `${word} ${group}`;
    return total === 'sum' ? messages.subtotal : `${messages.subtotal}, ${word}`;
  }

  #totalRows(which: 'all' | 'group', group?: string): string[][] {
    const { file } = this.#setting;
    return this.#totals.map((total) => {
      const label = this.#labelOf(total, group);
      const labelAt = this.#labelPlace(total);
      const numbers = this.#columns.map((column) => (column.total === total ? column[which].result(total) : undefined));
      // With a value beside it, the cell of a workbook keeps that alone: it is a number.
      const hasBoth = this.#columns[labelAt]?.total === total;
      const isLabel = (index: number): boolean => index === labelAt && !hasBoth;
      file?.total(
        this.#columns.map(({ totalFormat: format }, index): ExportedCell => {
          const number = numbers[index];
          if (isLabel(index)) return { kind: 'text', text: label };
          return number && { kind: 'number', number, format };
        }),
      );
      return this.#columns.map((column, index) => {
        if (isLabel(index)) return label;
        if (column.total !== total) return '';
        const text = print(column.formatTotal(numbers[index]).text);
        return index === labelAt ? `${label}: ${text}` : text;
      });
    });
  }

  finish(): TableStats {
    this.#endGroup();
    const samples = this.#columns.map(({ sample }) => sample.texts());
    const totals = this.#totalRows('all');
    const sumOf = ({ total, all, formatTotal }: ColumnStats) =>
      total === 'sum' ? print(formatTotal(all.result(total)).text) : '';
    const sums = this.#columns.map(sumOf);
    const places = new Set(this.#totals.map((total) => this.#labelPlace(total)));
    const [place = -1] = places;
    const isLabel = places.size === 1 && !this.#totals.includes(this.#columns[place]?.total as Total);
    const carried = this.#carried.texts();
    const labelAt = isLabel ? place : -1;
    return { count: this.#count, entries: this.#entries, totals, carried, sums, labelAt, samples, torn: this.#torn };
  }

  unread(): Unread[] {
    return this.#columns.map(({ unread }) => unread);
  }
}

/** Creates a printer of a table's rows. */
export const createRowPrinter = (setting: RowPrinterSetting): RowPrinter => new StorePrinter(setting);
