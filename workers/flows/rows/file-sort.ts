import type { Readable } from 'node:stream';

const HEAD_BYTES = 4096;

/**
 * Whether a file begins like one of rows, a JSON object on each line, which is read as it lies there; any other is a table
 * that a worker makes rows of. One of white space alone is a file of rows that has none. `open` reads its first bytes.
 */
export async function beginsLikeRows(open: (most: number) => Promise<Readable>): Promise<boolean> {
  const content = await open(HEAD_BYTES);
  try {
    for await (const part of content as AsyncIterable<Buffer>) {
      const first = /[^\s\ufeff]/.exec(part.toString())?.[0];
      if (first !== undefined) return first === '{';
    }
    return true;
  } finally {
    content.destroy();
  }
}
