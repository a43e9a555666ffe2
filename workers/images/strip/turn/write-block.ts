import type { Scan } from '../../formats/jpeg/read-scans.ts';

/** Takes what is coded of blocks, one after the other. */
export interface Sink {
  /** Takes a symbol of a table. */
  symbol(table: number, symbol: number): void;
  /** Takes a number of so many bits, 16 at most. */
  bits(value: number, bits: number): void;
}

/** Writes blocks of one colour, each with its numbers in the order that they are coded in. */
export interface BlockWriter {
  write(block: Int16Array): void;
  /** Writes what was put off. */
  end(): void;
}

/** Numbers of a block, and the bit down to which a scan brings them; and the tables of a colour. */
type Coding = Pick<Scan, 'first' | 'last' | 'high' | 'low'> & { dc: number; ac: number };

/** So many noughts have a symbol of their own. */
const LONG_RUN = 16;
const RUN_SYMBOL = 0xf0;
/** So many blocks without a number, and so many single bits, are put off at most. */
const MOST_EMPTY = 0x7fff;
const MOST_BITS = 900;

const sizeOf = (value: number) => 32 - Math.clz32(Math.abs(value));

/** Makes the writer of one colour's blocks in a scan. */
export function createBlockWriter(sink: Sink, isProgressive: boolean, coding: Coding): BlockWriter {
  if (!isProgressive) return createWholeWriter(sink, coding);
  const { first, high } = coding;
  if (first === 0) return high > 0 ? createBitWriter(sink, coding) : createFirstWriter(sink, coding);
  return high > 0 ? createFinerWriter(sink, coding) : createBandWriter(sink, coding);
}

/** Writes a number behind its symbol, which says how many noughts come before it. */
function putNumber(sink: Sink, table: number, zeros: number, value: number): void {
  const size = sizeOf(value);
  sink.symbol(table, (zeros << 4) | size);
  if (size > 0) sink.bits(value < 0 ? value + (1 << size) - 1 : value, size);
}

function createWholeWriter(sink: Sink, { dc, ac }: Coding): BlockWriter {
  const firsts = createFirstWriter(sink, { dc, low: 0 });
  return {
    write(block) {
      firsts.write(block);
      let zeros = 0;
      for (let at = 1; at < block.length; at += 1) {
        const value = block[at] as number;
        if (value === 0) {
          zeros += 1;
          continue;
        }
        for (; zeros >= LONG_RUN; zeros -= LONG_RUN) sink.symbol(ac, RUN_SYMBOL);
        putNumber(sink, ac, zeros, value);
        zeros = 0;
      }
      if (zeros > 0) sink.symbol(ac, 0);
    },
    end() {},
  };
}

/** Writes first numbers, each by its difference to the last. */
function createFirstWriter(sink: Sink, { dc, low }: Pick<Coding, 'dc' | 'low'>): BlockWriter {
  let last = 0;
  return {
    write(block) {
      const value = (block[0] as number) >> low;
      putNumber(sink, dc, 0, value - last);
      last = value;
    },
    end() {},
  };
}

/** Writes a further bit of first numbers. */
function createBitWriter(sink: Sink, { low }: Coding): BlockWriter {
  return { write: (block) => sink.bits(((block[0] as number) >> low) & 1, 1), end() {} };
}

/** Counts blocks of which nothing more is coded, and writes how many there were before the next symbol. */
function createEmpty(sink: Sink, ac: number) {
  let count = 0;
  return {
    add() {
      count += 1;
      return count;
    },
    put() {
      if (count === 0) return;
      const size = sizeOf(count) - 1;
      sink.symbol(ac, size << 4);
      if (size > 0) sink.bits(count & ((1 << size) - 1), size);
      count = 0;
    },
  };
}

/** Writes the highest bits of a band. */
function createBandWriter(sink: Sink, { ac, first, last, low }: Coding): BlockWriter {
  const empty = createEmpty(sink, ac);
  return {
    write(block) {
      let zeros = 0;
      for (let at = first; at <= last; at += 1) {
        const value = block[at] as number;
        // Towards nought, unlike a shift.
        const part = value < 0 ? -(-value >> low) : value >> low;
        if (part === 0) {
          zeros += 1;
          continue;
        }
        empty.put();
        for (; zeros >= LONG_RUN; zeros -= LONG_RUN) sink.symbol(ac, RUN_SYMBOL);
        putNumber(sink, ac, zeros, part);
        zeros = 0;
      }
      if (zeros > 0 && empty.add() === MOST_EMPTY) empty.put();
    },
    end: empty.put,
  };
}

/** Writes a further bit of a band: of numbers that are there already behind the symbol that comes next. */
function createFinerWriter(sink: Sink, { ac, first, last, low }: Coding): BlockWriter {
  const empty = createEmpty(sink, ac);
  /** Bits of the blocks of which nothing more is coded; and of this block. */
  const waiting = createBitList(sink);
  const own = createBitList(sink);
  const putEmpty = () => {
    empty.put();
    waiting.put();
  };
  return {
    write(block) {
      let lastNew = last;
      while (lastNew >= first && Math.abs(block[lastNew] as number) >> low !== 1) lastNew -= 1;
      let zeros = 0;
      for (let at = first; at <= last; at += 1) {
        const value = block[at] as number;
        const part = Math.abs(value) >> low;
        if (part === 0) {
          zeros += 1;
          continue;
        }
        // Behind the last number that is new no symbol comes.
        for (; zeros >= LONG_RUN && at <= lastNew; zeros -= LONG_RUN) {
          putEmpty();
          sink.symbol(ac, RUN_SYMBOL);
          own.put();
        }
        if (part > 1) {
          own.add(part & 1);
          continue;
        }
        putEmpty();
        sink.symbol(ac, (zeros << 4) | 1);
        sink.bits(value < 0 ? 0 : 1, 1);
        own.put();
        zeros = 0;
      }
      if (zeros === 0 && own.count() === 0) return;
      own.move(waiting);
      if (empty.add() === MOST_EMPTY || waiting.count() > MOST_BITS) putEmpty();
    },
    end: putEmpty,
  };
}

/** A list of single bits: MOST_BITS, and those of one block. */
function createBitList(sink: Sink) {
  const held = new Uint8Array(MOST_BITS + 64);
  let count = 0;
  const add = (bit: number) => {
    held[count] = bit;
    count += 1;
  };
  return {
    add,
    count: () => count,
    put() {
      for (let at = 0; at < count; at += 1) sink.bits(held[at] as number, 1);
      count = 0;
    },
    move(other: { add: (bit: number) => void }) {
      for (let at = 0; at < count; at += 1) other.add(held[at] as number);
      count = 0;
    },
  };
}
