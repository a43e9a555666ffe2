import type { SortKey } from '../../input/conditions.ts';
import { compare, type Decimal, isDecimal, toFloat, toNumeric } from '../../text/decimal.ts';
import { decodeValue } from '../data-rows.ts';
import { createRowStores, type RowStore } from '../row-store.ts';
import { isEmpty } from '../values/empty.ts';
import { NotComputed } from '../values/not-computed.ts';
import type { ValueReader } from './value-reader.ts';

/** Rows are sorted in memory in pieces of so many, or of so many characters; the pieces are merged as they are read. */
const MOST_ROWS = 25_000;
const MOST_CHARACTERS = 8_000_000;

/** Where a cell stands: those that are read first, then the others, the empty ones last, whatever the order. */
interface Place {
  rank: 0 | 1 | 2;
  text: string;
  float: number;
  number: Decimal | undefined;
}

interface SortedRow {
  places: Place[];
  texts: string[];
  /** Of rows that are equal the first one comes first. */
  at: number;
}

type SortReader = Pick<ValueReader, 'place' | 'kind' | 'number' | 'date'>;

/** A column by which rows are sorted. */
export interface SortColumn {
  reader: SortReader;
  order: SortKey['order'];
}

const LAST: Place = { rank: 2, text: '', float: 0, number: undefined };

function placeIn({ kind, number, date }: SortReader, value: unknown): Place {
  if (isEmpty(value) || value instanceof NotComputed) return LAST;
  if (kind === 'number') {
    const read = number(value);
    if (read) return { rank: 0, text: '', float: toFloat(read), number: read };
  }
  const iso = kind === 'date' ? date(value) : undefined;
  if (iso !== undefined) return { rank: 0, text: iso, float: 0, number: undefined };
  const text = isDecimal(value) ? toNumeric(value) : String(value);
  return { rank: kind === 'text' ? 0 : 1, text, float: 0, number: undefined };
}

const compareCodes = (one: string, other: string): number => (one === other ? 0 : one < other ? -1 : 1);

/** Compares rows by their columns, and equal ones by their places. */
function createCompare(columns: readonly SortColumn[], collator: Intl.Collator) {
  const compareRead = (one: Place, other: Place, kind: ValueReader['kind']): number => {
    if (one.number && other.number) {
      if (one.float !== other.float) return one.float < other.float ? -1 : 1;
      return compare(one.number, other.number);
    }
    if (one.text === other.text) return 0;
    const byCode = compareCodes(one.text, other.text);
    return kind === 'date' && one.rank === 0 ? byCode : collator.compare(one.text, other.text) || byCode;
  };
  return (one: SortedRow, other: SortedRow): number => {
    // A plain loop: it is gone through twenty times for each row.
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index] as SortColumn;
      const left = one.places[index] ?? LAST;
      const right = other.places[index] ?? LAST;
      if (left.rank !== right.rank) return left.rank - right.rank;
      const side = compareRead(left, right, column.reader.kind);
      if (side !== 0) return column.order === 'descending' ? -side : side;
    }
    return one.at - other.at;
  };
}

/** The heads of sorted pieces, the first of all at the top: a binary heap. */
class Heads<Item> {
  readonly #items: Item[] = [];
  readonly #compare: (one: Item, other: Item) => number;

  constructor(compareItems: (one: Item, other: Item) => number) {
    this.#compare = compareItems;
  }

  get first(): Item | undefined {
    return this.#items[0];
  }

  push(item: Item): void {
    let at = this.#items.push(item) - 1;
    while (at > 0) {
      const above = (at - 1) >> 1;
      if (this.#compare(this.#items[above] as Item, item) <= 0) break;
      this.#items[at] = this.#items[above] as Item;
      at = above;
    }
    this.#items[at] = item;
  }

  /** Puts another in the place of the first; without one the first is taken out. */
  replaceFirst(item: Item | undefined): void {
    const next = item ?? this.#items.pop();
    if (next === undefined || this.#items.length === 0) return;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= this.#items.length) break;
      const isRight =
        below + 1 < this.#items.length && this.#compare(this.#items[below + 1] as Item, this.#items[below] as Item) < 0;
      if (isRight) below += 1;
      if (this.#compare(next, this.#items[below] as Item) <= 0) break;
      this.#items[at] = this.#items[below] as Item;
      at = below;
    }
    this.#items[at] = next;
  }
}

/** A piece that is being read: its next row, and those after it. */
interface Run {
  row: SortedRow;
  rest: Iterator<SortedRow>;
}

/** Sorts rows, as many as a file has: what is more than a piece waits in a file at `path`. */
export class RowSorter {
  readonly #columns: readonly SortColumn[];
  readonly #compare: (one: SortedRow, other: SortedRow) => number;
  readonly #openStore: () => RowStore;
  readonly #runs: RowStore[] = [];
  #pending: SortedRow[] = [];
  #characters = 0;
  #count = 0;

  constructor(columns: readonly SortColumn[], collator: Intl.Collator, path: string | undefined) {
    this.#columns = columns;
    this.#compare = createCompare(columns, collator);
    this.#openStore = createRowStores(path);
  }

  /** Takes a row, as the store has it. */
  add(texts: string[]): void {
    this.#pending.push(this.#toRow(texts, this.#count));
    this.#count += 1;
    for (const text of texts) this.#characters += text.length;
    if (this.#pending.length >= MOST_ROWS || this.#characters >= MOST_CHARACTERS) this.#putAway();
  }

  #toRow(texts: string[], at: number): SortedRow {
    const places = this.#columns.map(({ reader }) => placeIn(reader, decodeValue(texts[reader.place] ?? '')));
    return { places, texts, at };
  }

  #putAway(): void {
    const store = this.#openStore();
    for (const { texts } of this.#pending.sort(this.#compare)) store.add({ kind: 'row', texts });
    store.flush();
    this.#runs.push(store);
    this.#pending = [];
    this.#characters = 0;
  }

  *#read(store: RowStore, run: number): Iterator<SortedRow> {
    // Rows of an earlier piece came first.
    for (const { texts } of store.rows()) yield this.#toRow(texts, run);
  }

  /** The values of all rows in their order; none is added from here on. */
  *values(): Iterable<readonly unknown[]> {
    for (const texts of this.#merge()) yield texts.map(decodeValue);
  }

  *#merge(): Iterable<string[]> {
    if (this.#pending.length > 0) this.#putAway();
    const heads = new Heads<Run>((one, other) => this.#compare(one.row, other.row));
    const open: Iterator<SortedRow>[] = this.#runs.map((store, run) => this.#read(store, run));
    try {
      for (const rest of open) {
        const { value, done } = rest.next();
        if (!done) heads.push({ row: value, rest });
      }
      for (let head = heads.first; head; head = heads.first) {
        yield head.row.texts;
        const { value, done } = head.rest.next();
        heads.replaceFirst(done ? undefined : { row: value, rest: head.rest });
      }
    } finally {
      for (const rest of open) rest.return?.();
    }
  }
}
