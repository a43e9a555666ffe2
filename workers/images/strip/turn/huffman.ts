/** No code is longer. */
const MAX_BITS = 16;
const SYMBOLS = 256;

/** The shortest codes for symbols that come so often. */
export interface Table {
  counts: Uint8Array;
  symbols: number[];
  /** By symbol: its code, and how many bits that has. */
  codes: Uint32Array;
  sizes: Uint8Array;
}

/** Makes the shortest codes, none of more than 16 bits and none of ones alone. */
export function makeTable(frequencies: Uint32Array): Table {
  const lengths = limitLengths(countLengths(frequencies));
  // The longest code is that of the symbol that never comes: it would be of ones alone.
  const last = lengths.findLastIndex((count) => count > 0);
  lengths[last] = (lengths[last] ?? 1) - 1;
  const counts = Uint8Array.from(lengths.slice(1, MAX_BITS + 1));
  const depths = depthsOf(frequencies);
  const symbols = Array.from({ length: SYMBOLS }, (_, symbol) => symbol)
    .filter((symbol) => (frequencies[symbol] ?? 0) > 0)
    .sort((one, other) => (depths[one] ?? 0) - (depths[other] ?? 0) || one - other);
  const [codes, sizes] = [new Uint32Array(SYMBOLS), new Uint8Array(SYMBOLS)];
  let [code, index] = [0, 0];
  for (let length = 1; length <= MAX_BITS; length += 1) {
    for (let left = counts[length - 1] ?? 0; left > 0; left -= 1, index += 1, code += 1) {
      const symbol = symbols[index] ?? 0;
      codes[symbol] = code;
      sizes[symbol] = length;
    }
    code <<= 1;
  }
  return { counts, symbols, codes, sizes };
}

/** Returns how deep each symbol lies in Huffman's tree, one more symbol that comes once among them. */
function depthsOf(frequencies: Uint32Array): number[] {
  interface Node {
    weight: number;
    symbols: number[];
  }
  const nodes: Node[] = [{ weight: 1, symbols: [SYMBOLS] }];
  for (let symbol = 0; symbol < SYMBOLS; symbol += 1) {
    const weight = frequencies[symbol] ?? 0;
    if (weight > 0) nodes.push({ weight, symbols: [symbol] });
  }
  const depths: number[] = Array(SYMBOLS + 1).fill(0);
  while (nodes.length > 1) {
    nodes.sort((one, other) => other.weight - one.weight);
    const [one, other] = [nodes.pop() as Node, nodes.pop() as Node];
    const symbols = [...one.symbols, ...other.symbols];
    for (const symbol of symbols) depths[symbol] = (depths[symbol] ?? 0) + 1;
    nodes.push({ weight: one.weight + other.weight, symbols });
  }
  return depths;
}

/** Counts codes by their length. */
function countLengths(frequencies: Uint32Array): number[] {
  const depths = depthsOf(frequencies);
  const lengths: number[] = Array(SYMBOLS + 1).fill(0);
  for (const depth of depths) if (depth > 0) lengths[depth] = (lengths[depth] ?? 0) + 1;
  return lengths;
}

/** Shortens codes of more than 16 bits at the cost of shorter ones, as the standard has it (figure K.3). */
function limitLengths(lengths: number[]): number[] {
  const counts = [...lengths];
  const add = (length: number, count: number) => {
    counts[length] = (counts[length] ?? 0) + count;
  };
  for (let length = counts.length - 1; length > MAX_BITS; length -= 1) {
    while ((counts[length] ?? 0) > 0) {
      let shorter = length - 2;
      while ((counts[shorter] ?? 0) === 0) shorter -= 1;
      add(length, -2);
      add(length - 1, 1);
      add(shorter + 1, 2);
      add(shorter, -1);
    }
  }
  return counts;
}
