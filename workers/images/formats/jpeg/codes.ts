/** No code is longer. */
const MAX_BITS = 16;

/** A code's length and symbol by the next 16 bits: length in the upper byte, 0 where no code begins so. */
export type Codes = Uint16Array;

/** Reads the codes of a table: how many there are of each length, and their symbols. Null where there are too many. */
export function readCodes(counts: Uint8Array, symbols: Uint8Array): Codes | null {
  const codes = new Uint16Array(1 << MAX_BITS);
  let [code, index] = [0, 0];
  for (let length = 1; length <= MAX_BITS; length += 1) {
    for (let left = counts[length - 1] ?? 0; left > 0; left -= 1, index += 1, code += 1) {
      const from = code << (MAX_BITS - length);
      const to = from + (1 << (MAX_BITS - length));
      if (to > codes.length) return null;
      codes.fill((length << 8) | (symbols[index] ?? 0), from, to);
    }
    code <<= 1;
  }
  return codes;
}
