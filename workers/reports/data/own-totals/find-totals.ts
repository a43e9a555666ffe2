import { add, type Decimal, isEqual, negate } from '../../text/decimal.ts';
import { Extremes, toFloat } from './extremes.ts';
import { MOST_CALLED, readTotalLabel, type TotalLabel } from './total-label.ts';

/** A row, from 1, and what it is called. */
export interface NamedRow {
  row: number;
  label: string;
}

/** The rows of totals and subtotals that rows have themselves. */
export interface OwnTotals {
  /** Those whose numbers are the sums of rows beside them, in their order, from 1. */
  rows: ReadonlySet<number>;
  found: NamedRow[];
  /** Those that are called so and no more, and whose numbers are others. */
  others: NamedRow[];
}

/** A column that is added up, and how its values are read. */
export interface SummedColumn {
  place: number;
  read(value: unknown): Decimal | undefined;
}

/** What is looked through. */
export interface TotalsTask {
  rows(): Iterable<readonly unknown[]>;
  count: number;
  /** The rows that are called as totals are. */
  called: ReadonlyMap<number, string>;
  columns: readonly SummedColumn[];
}

/** With fewer rows the sum of the others is nothing but one of them. */
const FEWEST_ROWS = 3;
/** Rows whose sum is by chance no name's, such as that of `Total Energy`. */
const ROWS_OF_NAME = 5;
/** With more rows that are called so and are no sums, it is a name that many have. */
const MOST_OTHERS = 1000;
/** So often rows are gone through: those that were wrongly taken for totals are rows in the next passage. */
const MOST_PASSES = 5;
/** Totals after which the rows of another may begin. */
const MOST_STARTS = 500;
/** Spreadsheets add up in binary fractions: their sums differ from exact ones by less than this part. */
const BINARY = 1e-12;
/** What differs by more than this part of all numbers in it is no sum, which need not be reckoned exactly. */
const SURELY_OTHER = 4 * BINARY;
/** A number below it may by chance be the sum of some others. */
const LARGE_DIGITS = 100n;

const NONE: OwnTotals = { rows: new Set(), found: [], others: [] };
const ZERO: Decimal = { digits: 0n, scale: 0 };
const abs = (digits: bigint): bigint => (digits < 0n ? -digits : digits);

function isSumOf(number: Decimal, sum: Decimal): boolean {
  if (isEqual(number, sum)) return true;
  const whole = Math.abs(toFloat(sum));
  return whole > 0 && Math.abs(toFloat(add(number, negate(sum)))) < BINARY * whole;
}

/** A number, and about what it is. */
interface Told extends Decimal {
  float: number;
}

type Numbers = readonly (Told | undefined)[];

const tell = (number: Decimal | undefined): Told | undefined => number && { ...number, float: toFloat(number) };

/** How far the rows have been added up: the sums of those that are no totals, about what these are, and how many rows. */
class Point {
  readonly sums: Decimal[];
  readonly count: number;
  #floats: number[] | undefined;

  constructor(sums: Decimal[], count: number) {
    this.sums = sums;
    this.count = count;
  }

  float(index: number): number {
    this.#floats ??= this.sums.map(toFloat);
    return this.#floats[index] ?? 0;
  }
}

const sumAt = (index: number, from: Point, to: Point): Decimal =>
  add(to.sums[index] ?? ZERO, negate(from.sums[index] ?? ZERO));

function isSumAt(number: Told, index: number, from: Point, to: Point): boolean {
  const { float } = number;
  const most = to.float(index);
  const least = from.float(index);
  const size = Math.abs(most) + Math.abs(least) + Math.abs(float);
  if (Math.abs(most - least - float) > SURELY_OTHER * size) return false;
  return isSumOf(number, sumAt(index, from, to));
}

/** Whether a number differs from a sum by no more than what rows that were rounded lose. */
function isRoundedSumAt(number: Decimal, index: number, from: Point, to: Point): boolean {
  const off = Math.abs(toFloat(add(number, negate(sumAt(index, from, to)))));
  return off <= ((to.count - from.count) / 2) * 10 ** -number.scale;
}

/** Whether all numbers of a row are the sums of those between two points. */
const areSums = (numbers: Numbers, from: Point, to: Point): boolean =>
  numbers.every((number, index) => number === undefined || isSumAt(number, index, from, to));

/** Whether a number of a row is a sum so, and more than nothing: beside sums there may be averages, and prices. */
const hasSum = (numbers: Numbers, from: Point, to: Point): boolean =>
  numbers.some((number, index) => number !== undefined && number.digits !== 0n && isSumAt(number, index, from, to));

/** Of names: rows that have nothing come to nothing, whatever the name. */
const areSumsOfMore = (numbers: Numbers, from: Point, to: Point): boolean =>
  areSums(numbers, from, to) && hasSum(numbers, from, to);

/** A row that is called a total and whose numbers are the sums of so many others. */
interface Candidate extends NamedRow {
  kind: TotalLabel['kind'];
  covered: number;
  /** Whether none of its numbers has so many digits that it is no sum by chance. */
  isSmall: boolean;
  /** Whether it is called as the row before it is: `Sum Oslo` below rows of Oslo. */
  isOfGroup: boolean;
}

/** A row that is called a total, and is none of the rows above it. */
interface Other extends NamedRow {
  kind: TotalLabel['kind'];
  numbers: Numbers;
  before: Point;
  after: Point;
}

const isGroupOf = ({ group }: TotalLabel, cells: readonly unknown[]): boolean =>
  group !== '' &&
  cells.some((cell) => {
    const text = typeof cell === 'string' ? cell.trim().toLowerCase() : '';
    return text !== '' && (group === text || group.endsWith(` ${text}`));
  });

/** Goes through rows once, and compares those that are called totals with what stands above them. */
class Search {
  readonly #task: TotalsTask;
  /** Rows that are taken for others, whatever they are called. */
  readonly #refused: ReadonlySet<number>;
  readonly found: Candidate[] = [];
  readonly others: Other[] = [];
  #now: Point;
  /** Where the rows of a total may begin: at the first, or behind another total. */
  #starts: Point[];
  #previous: readonly unknown[] = [];
  /** The least and the greatest numbers behind each of the starts. */
  readonly #extremes: Extremes;
  /** The last row with a number, whatever it is. */
  last = 0;

  constructor(task: TotalsTask, refused: ReadonlySet<number>) {
    this.#task = task;
    this.#refused = refused;
    this.#now = new Point(
      task.columns.map(() => ZERO),
      0,
    );
    this.#starts = [this.#now];
    this.#extremes = new Extremes(task.columns.length);
  }

  /** Whether it came to an end: with too many rows that are called so, none is a total. */
  run(): boolean {
    const { rows, called, columns } = this.#task;
    let row = 0;
    for (const values of rows()) {
      row += 1;
      const numbers = columns.map(({ place, read }) => read(values[place]));
      if (numbers.some((number) => number !== undefined)) this.last = row;
      const label = this.#refused.has(row) ? undefined : called.get(row);
      const told = label === undefined ? [] : numbers.map(tell);
      if (label !== undefined && this.#isTotal({ row, label }, told)) continue;
      const before = this.#now;
      this.#add(numbers);
      this.#previous = values;
      const kind = label === undefined ? undefined : readTotalLabel(label)?.kind;
      if (label === undefined || !kind || numbers.every((number) => number === undefined)) continue;
      this.others.push({ row, label, kind, numbers: told, before, after: this.#now });
      if (this.others.length > MOST_OTHERS) return false;
    }
    this.#lookBelow();
    return true;
  }

  #add(numbers: readonly (Decimal | undefined)[]): void {
    const { sums, count } = this.#now;
    this.#now = new Point(
      sums.map((sum, index) => add(sum, numbers[index] ?? ZERO)),
      count + 1,
    );
    this.#extremes.see(numbers);
  }

  /** Whether the numbers of a row that is called a total are the sums of the rows above it. */
  #isTotal({ row, label }: NamedRow, numbers: Numbers): boolean {
    const read = readTotalLabel(label);
    if (!read || numbers.every((number) => number === undefined)) return false;
    const now = this.#now;
    const isOfGroup = isGroupOf(read, this.#previous);
    const find = (fewest: number, test: typeof areSums) =>
      this.#starts.findLastIndex((start) => now.count - start.count >= fewest && test(numbers, start, now));
    const isBare = read.kind === 'name' && !isOfGroup;
    let at = find(1, isBare ? areSumsOfMore : areSums);
    if (at < 0 && (read.kind === 'word' || isOfGroup)) at = find(2, hasSum);
    const start = this.#starts[at];
    if (!start || !this.#areFit(numbers, at, start)) return false;
    const isSmall = numbers.every((number) => !number || abs(number.digits) < LARGE_DIGITS);
    this.found.push({ row, label, kind: read.kind, covered: now.count - start.count, isSmall, isOfGroup });
    // What began within its rows is over with it.
    this.#starts.length = at + 1;
    this.#starts.push(now);
    this.#extremes.begin(at);
    if (this.#starts.length > MOST_STARTS) {
      this.#starts.splice(1, 1);
      this.#extremes.join(1);
    }
    return true;
  }

  /** Whether those numbers that are no sums may be averages, or sums of what was rounded: others are those of a row. */
  #areFit(numbers: Numbers, at: number, start: Point): boolean {
    return numbers.every(
      (number, index) =>
        number === undefined ||
        isSumAt(number, index, start, this.#now) ||
        this.#extremes.has(number.float, index, at) ||
        isRoundedSumAt(number, index, start, this.#now),
    );
  }

  /** Totals may stand above what they are the sums of, to the next of them or to the end. */
  #lookBelow(): void {
    const below = this.others.filter(({ kind, numbers, after }, index) => {
      const end = this.others[index + 1]?.before ?? this.#now;
      return kind === 'word' && end.count - after.count > 1 && areSums(numbers, after, end);
    });
    const [first] = this.others;
    if (first && first.row === 1 && first.kind === 'word' && !below.includes(first)) {
      const others = below.reduce(
        (sums, { numbers }) => sums.map((sum, at) => add(sum, numbers[at] ?? ZERO)),
        [...first.after.sums],
      );
      const from = new Point(others, 0);
      if (this.#now.count > 2 && areSums(first.numbers, from, this.#now)) below.push(first);
    }
    const rest = { covered: 2, isSmall: false, isOfGroup: false };
    for (const { row, label, kind } of below) this.found.push({ row, label, kind, ...rest });
    this.others.splice(0, this.others.length, ...this.others.filter((other) => !below.includes(other)));
    this.found.sort((one, other) => one.row - other.row);
  }
}

/** Whether one by itself is enough: it is called a total and no more, or sums up too many rows for chance. */
const isSure = ({ kind, covered, isOfGroup }: Candidate): boolean =>
  covered > 1 && (kind === 'word' || isOfGroup || covered >= ROWS_OF_NAME);

/** Those among the candidates that are no totals: by chance, the numbers of few rows may come to that of one. */
function refuse({ found, last }: Search): Candidate[] {
  // Where more rows come below the last of them, names with small numbers are names.
  const isEnd = found.at(-1)?.row === last;
  const isChance = ({ kind, isOfGroup, isSmall }: Candidate) => kind === 'name' && !isOfGroup && isSmall && !isEnd;
  const likely = found.filter((candidate) => !isChance(candidate));
  const several = likely.filter(({ covered }) => covered > 1);
  const isBacked = likely.some(isSure) || several.length > 1;
  const areGroups = found.length > 1 && found.every(({ isOfGroup }) => isOfGroup);
  if (!isBacked && !areGroups) return [...found];
  return found.filter(
    (candidate) =>
      isChance(candidate) || (candidate.covered === 1 && candidate.kind === 'name' && !candidate.isOfGroup),
  );
}

/** What is known of rows too many of which are called totals, or are by chance like some: that they are called so. */
function giveUp({ called }: TotalsTask): OwnTotals {
  const others = [...called].flatMap(([row, label]) =>
    readTotalLabel(label)?.kind === 'word' ? [{ row, label }] : [],
  );
  return { ...NONE, others };
}

/**
 * Finds the rows of totals that rows have themselves, wherever they stand: they are called so, in one language or another, and
 * their numbers are the sums of rows above them, from the first or from behind another total, or of those below.
 */
export function findTotals(task: TotalsTask): OwnTotals {
  if (task.called.size === 0 || task.count < FEWEST_ROWS || task.columns.length === 0) return NONE;
  if (task.called.size >= MOST_CALLED) return giveUp(task);
  const refused = new Set<number>();
  for (let pass = 0; pass < MOST_PASSES; pass += 1) {
    const search = new Search(task, refused);
    if (!search.run()) return giveUp(task);
    const wrong = refuse(search);
    if (wrong.length === 0) {
      const found = search.found.map(({ row, label }) => ({ row, label }));
      const others = search.others.filter(({ kind }) => kind === 'word').map(({ row, label }) => ({ row, label }));
      return { rows: new Set(found.map(({ row }) => row)), found, others };
    }
    for (const { row } of wrong) refused.add(row);
  }
  return giveUp(task);
}
