import type { Codes } from './codes.ts';

/** Reads single bits and codes of what is coded, past stuffed bytes. */
export interface Bits {
  /** Reads a code's symbol; -1 where there is none, or what is coded has ended. */
  symbol(codes: Codes): number;
  /** Reads a number of so many bits, as it is coded: the first half of them stands for negative ones. */
  number(bits: number): number;
  /** Reads so many bits, 15 at most, as they are; noughts where what is coded has ended. */
  plain(bits: number): number;
  /** Passes over a restart; false where none is. */
  restart(): boolean;
  /** Whether nothing that is missing was read. */
  isThere(): boolean;
  /** Whether all has been read, and no more. */
  isAtEnd(): boolean;
}

/** Makes a reader of what a scan codes. */
export function createBits(coded: Buffer): Bits {
  let [at, held, count, missing] = [0, 0, 0, 0];
  const fill = () => {
    while (count <= 16) {
      const byte = coded[at];
      // At a restart and at the end noughts follow, which are counted.
      const isHeld = byte !== undefined && !(byte === 0xff && coded[at + 1] !== 0);
      held = (held << 8) | (isHeld ? byte : 0);
      count += 8;
      if (!isHeld) missing += 8;
      else at += byte === 0xff ? 2 : 1;
    }
  };
  const take = (bits: number) => {
    count -= bits;
    return (held >>> count) & ((1 << bits) - 1);
  };
  // Less than a byte fills up the last one, and nothing that is missing was read.
  const isDone = () => count >= missing && count - missing < 8;
  return {
    symbol(codes) {
      fill();
      const found = codes[(held >>> (count - 16)) & 0xffff] as number;
      count -= found >> 8;
      return found === 0 || count < missing ? -1 : found & 255;
    },
    number(bits) {
      if (bits === 0) return 0;
      fill();
      const value = take(bits);
      return value < 1 << (bits - 1) ? value - (1 << bits) + 1 : value;
    },
    plain(bits) {
      if (bits === 0) return 0;
      if (count < bits) fill();
      return take(bits);
    },
    restart() {
      const isThere = isDone() && coded[at] === 0xff && ((coded[at + 1] ?? 0) & 0xf8) === 0xd0;
      at += 2;
      [held, count, missing] = [0, 0, 0];
      return isThere;
    },
    isThere: () => count >= missing,
    isAtEnd: () => isDone() && at >= coded.length,
  };
}
