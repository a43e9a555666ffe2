import type { Column } from '../../input/columns.ts';
import type { HighlightRule } from '../../input/highlight.ts';
import type { DataWarning } from '../read/data-warning.ts';
import { createCollators, openTest, type Test } from './condition.ts';
import { openValueReader, type ReaderSetting, type ValueReader } from './value-reader.ts';

/** How a cell looks that a rule holds for. */
export type Highlight = Pick<HighlightRule, 'colour' | 'background' | 'bold'>;

/** Tells which of a row's cells look otherwise than the others. */
export interface Highlighter {
  /** All looks that rows had so far. */
  highlights: Highlight[];
  /** The looks of a row's cells, for `highlightAt`; '' where all look as usual. */
  of(row: readonly unknown[], rowNumber: number): string;
  warnings: DataWarning[];
}

/** A cell without a look, and the first that has one: a row's looks are a text with a character for each column. */
const NONE = ' ';
const FIRST = 0x30;

/** The look of a column's cell, by its place in the list of all; undefined where it looks as usual. */
export function highlightAt(looks: string, column: number): number | undefined {
  const code = looks.charCodeAt(column);
  return code >= FIRST ? code - FIRST : undefined;
}

interface Rule {
  test: Test;
  look: Highlight;
}

/** The looks of a table, each with a number: those of rules, and those that a cell has of its own rule and its row's. */
class Looks {
  readonly list: Highlight[] = [];
  readonly #known = new Map<string, string>();

  /** The character of a cell's look, which is its own where the row says something else. */
  markOf(own: Rule | undefined, row: Rule | undefined): string {
    if (!own && !row) return NONE;
    const colour = own?.look.colour ?? row?.look.colour;
    const background = own?.look.background ?? row?.look.background;
    const bold = own?.look.bold ?? row?.look.bold;
    const key = `${colour} ${background} ${bold}`;
    const known = this.#known.get(key) ?? String.fromCharCode(FIRST + this.list.length);
    if (!this.#known.has(key)) {
      this.#known.set(key, known);
      this.list.push({ colour, background, bold });
    }
    return known;
  }
}

const findRule = (rules: readonly Rule[], row: readonly unknown[], rowNumber: number): Rule | undefined =>
  rules.find(({ test }) => test(row, rowNumber));

/**
 * Opens the rules of a table's columns; `shown` are those that are printed, in their order. Undefined where no column
 * has rules. Of a column's rules the first that holds is taken, and of those for whole rows; a cell's own says more.
 */
export function openHighlights(
  columns: readonly Column[],
  shown: readonly Column[],
  setting: ReaderSetting,
): Highlighter | undefined {
  if (!columns.some(({ highlight }) => highlight && highlight.length > 0)) return undefined;
  const testing = { collators: createCollators(setting.locale), locale: setting.locale };
  const readers = new Map<string, ValueReader>();
  const read = (key: string): ValueReader => {
    const reader = readers.get(key) ?? openValueReader(key, setting);
    readers.set(key, reader);
    return reader;
  };
  const open = ({ key: own, highlight = [] }: Column, isRow: boolean): Rule[] =>
    highlight
      .filter(({ row = false }) => row === isRow)
      .map(({ when, ...look }): Rule => {
        const key = when.key ?? own;
        return { test: openTest({ ...when, key }, read(key), testing), look };
      });
  const cellRules = shown.map((column) => open(column, false));
  const rowRules = columns.flatMap((column) => open(column, true));
  const looks = new Looks();
  return {
    highlights: looks.list,
    of(row, rowNumber) {
      const ofRow = findRule(rowRules, row, rowNumber);
      const marks = cellRules.map((rules) => looks.markOf(findRule(rules, row, rowNumber), ofRow));
      return marks.every((mark) => mark === NONE) ? '' : marks.join('');
    },
    warnings: [...readers.values()].flatMap((reader) => reader.warnings),
  };
}
