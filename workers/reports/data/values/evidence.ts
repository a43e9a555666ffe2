import { placeOf } from '../read/header-row.ts';
import { createDateColumn, type DateColumn } from './date-column.ts';
import { createNumberEvidence, type NumberEvidence, seeNumber } from './number-evidence.ts';

/** What is to be known of a column before its cells are read: `key` undefined stands for every column. */
export interface Need {
  key: string | undefined;
  what: 'number' | 'date';
  /** How its dates are written, where the request says so. */
  dateFormat?: string | undefined;
  /** Where the wall clock hangs that moments are read on. */
  timeZone?: string | undefined;
}

/** What the cells of columns have shown, over all rows. */
export interface Evidence {
  /** Takes note of a row: a value for each column. */
  see(values: readonly unknown[]): void;
  /** Takes in a column that a later row brought to the end of the keys. */
  grow(): void;
  /** A column's numbers; undefined where nobody asked for them. */
  numbers(index: number): NumberEvidence | undefined;
  /** A column's dates, as they are written by that pattern. */
  dates(index: number, dateFormat?: string): DateColumn | undefined;
}

interface Seer {
  index: number;
  see(value: unknown): void;
}

const dateKey = (index: number, pattern = ''): string => `${index} ${pattern}`;

/** Creates the evidence of columns, which takes no more memory the more rows there are. */
export function createEvidence(keys: readonly string[], needs: readonly Need[], locale: string): Evidence {
  const numbers = new Map<number, NumberEvidence>();
  const dates = new Map<string, DateColumn>();
  const seers: Seer[] = [];
  const addNeed = ({ what, dateFormat, timeZone }: Need, index: number) => {
    const place = dateKey(index, dateFormat);
    if (what === 'number' && !numbers.has(index)) {
      const evidence = createNumberEvidence();
      numbers.set(index, evidence);
      seers.push({ index, see: (value) => seeNumber(evidence, value) });
    } else if (what === 'date' && !dates.has(place)) {
      const column = createDateColumn(locale, dateFormat, timeZone);
      dates.set(place, column);
      seers.push({ index, see: (value) => column.see(value) });
    }
  };
  for (const need of needs) {
    const indexes = need.key === undefined ? keys.keys() : [placeOf(keys, need.key)];
    for (const index of indexes) if (index >= 0) addNeed(need, index);
  }
  return {
    see(values) {
      for (const { index, see } of seers) see(values[index]);
    },
    grow() {
      const last = keys.length - 1;
      for (const need of needs) if (need.key === undefined || placeOf(keys, need.key) === last) addNeed(need, last);
    },
    numbers: (index) => numbers.get(index),
    dates: (index, dateFormat) => dates.get(dateKey(index, dateFormat)),
  };
}
