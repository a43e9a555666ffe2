/** Reads bits of a video's headers, the highest of each byte first. */
export interface BitReader {
  /** Reads a number of so many bits. Throws RangeError behind the end. */
  bits(count: number): number;
  /** Reads a number as Exp-Golomb codes write it. Throws RangeError behind the end, and for one of more than 32 bits. */
  golomb(): number;
}

/** Makes a reader that begins at the first bit. */
export function createBitReader(bytes: Uint8Array): BitReader {
  let at = 0;
  const bit = () => {
    const byte = bytes[at >> 3];
    if (byte === undefined) throw new RangeError('the header ends');
    const value = (byte >> (7 - (at & 7))) & 1;
    at += 1;
    return value;
  };
  const bits = (count: number) => {
    let value = 0;
    for (let index = 0; index < count; index += 1) value = value * 2 + bit();
    return value;
  };
  return {
    bits,
    golomb() {
      let zeros = 0;
      while (bit() === 0) {
        zeros += 1;
        if (zeros > 32) throw new RangeError('a number too large');
      }
      return 2 ** zeros - 1 + bits(zeros);
    },
  };
}
