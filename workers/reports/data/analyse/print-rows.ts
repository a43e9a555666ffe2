import type { Column, Total } from '../../input/table.ts';
import { createFormatter, type Formatter, isUnbroken } from '../../text/formats.ts';
import { cleanText } from '../../text/lines.ts';
import type { RowStore } from '../row-store.ts';
import { createTally, type Tally, totalsInOrder } from './accumulator.ts';
import { createLongestSample, createRandomSample, type Sample } from './width-sample.ts';

/** How a table's rows are printed and summed up. */
export interface SurveySetting {
  columns: Column[];
  totals?: Record<string, Total> | undefined;
  groupBy?: string | undefined;
  locale: string;
  /** What a row of totals is called. */
  labels: Record<Total, string>;
  /** Reads a cell's value as a number. */
  readNumber: (value: unknown) => number | undefined;
  store: RowStore;
}

/** What was found out about a table while its rows passed. */
export interface Surveyed {
  count: number;
  /** For each column texts that tell its width. */
  samples: string[][];
  /** The texts of the rows below the table, one for each column. */
  totals: string[][];
}

interface SurveyedColumn {
  format: Formatter;
  /** Whether numbers are read from its values. */
  isNumber: boolean;
  sample: Sample;
  total: Total | undefined;
  formatTotal: Formatter;
  all: Tally;
  group: Tally;
}

const PLAIN = /^[\u0020-\u007e]*$/;
const print = (text: string): string => (PLAIN.test(text) ? text : cleanText(text));

function openColumn(column: Column, { totals, locale }: SurveySetting): SurveyedColumn {
  const format = createFormatter(column.format, locale);
  const total = totals && Object.hasOwn(totals, column.key) ? totals[column.key] : undefined;
  const isPlain = column.format === undefined || column.format === 'text';
  return {
    format,
    isNumber: /^(number|currency|percent|bytes)/.test(column.format ?? ''),
    sample: isUnbroken(column.format) ? createLongestSample() : createRandomSample(),
    total,
    formatTotal: total === 'count' || isPlain ? createFormatter('number', locale) : format,
    all: createTally(),
    group: createTally(),
  };
}

/** Prints rows one by one into a store, and gathers what the table's layout and its totals need. */
export function createSurvey(setting: SurveySetting): { add(values: readonly unknown[]): void; finish(): Surveyed } {
  const { store, labels, readNumber } = setting;
  const columns = setting.columns.map((column) => openColumn(column, setting));
  const kinds = totalsInOrder(setting.totals);
  const groupAt = setting.columns.findIndex(({ key }) => key === setting.groupBy);
  // What the rows of totals are is said in the first column that isn't summed up itself.
  const labelAt = columns.findIndex(({ total }) => total === undefined);
  let count = 0;
  let group: string | undefined;

  const totalRows = (which: 'all' | 'group', name = ''): string[][] =>
    kinds.map((kind) =>
      columns.map((column, index) => {
        if (index === labelAt) return name === '' ? labels[kind] : `${labels[kind]} ${name}`;
        return column.total === kind ? print(column.formatTotal(column[which].result(kind)).text) : '';
      }),
    );
  const endGroup = () => {
    if (group === undefined) return;
    for (const texts of totalRows('group', group)) {
      for (const [index, text] of texts.entries()) columns[index]?.sample.see(text);
      store.add({ kind: 'total', texts, misfits: [] });
    }
    for (const column of columns) column.group.reset();
  };

  return {
    add(values) {
      const misfits: number[] = [];
      const texts = columns.map((column, index) => {
        const value = values[index];
        const number = column.isNumber || column.total ? readNumber(value) : undefined;
        const { text, fits } = column.format(column.isNumber ? (number ?? value) : value);
        if (!fits) misfits.push(index);
        return print(text);
      });
      if (groupAt >= 0 && texts[groupAt] !== group) {
        endGroup();
        group = texts[groupAt];
      }
      for (const [index, column] of columns.entries()) {
        const text = texts[index] ?? '';
        column.sample.see(text);
        if (!column.total) continue;
        const number = readNumber(values[index]);
        column.all.add(number, text === '');
        if (groupAt >= 0) column.group.add(number, text === '');
      }
      store.add({ kind: 'row', texts, misfits });
      count += 1;
    },
    finish() {
      endGroup();
      const totals = totalRows('all');
      return { count, totals, samples: columns.map(({ sample }) => sample.texts()) };
    },
  };
}
