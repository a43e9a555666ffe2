import { createHash } from 'node:crypto';

/** The SHA-256 of the content, in hex. */
export const sha256 = (content: Uint8Array) => createHash('sha256').update(content).digest('hex');

/** Content of that many bytes in which every stretch is different. */
export const makeContent = (bytes: number, seed = 0): Buffer =>
  Buffer.from(Uint32Array.from({ length: bytes / 4 }, (_, index) => Math.imul(index + 1, 2_654_435_761) + seed).buffer);

/** The content in chunks of that size, as a request or a renderer gives it. */
export async function* inChunks(content: Uint8Array, bytes = 65_536): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset < content.length; offset += bytes) yield content.subarray(offset, offset + bytes);
}

/** Content that gives one chunk, then stands still until it is let go. `reached` resolves when it stands. */
export function createHeldContent(first: Uint8Array, last: Uint8Array) {
  const reached = Promise.withResolvers<void>();
  const held = Promise.withResolvers<void>();
  async function* generate(): AsyncGenerator<Uint8Array> {
    yield first;
    reached.resolve();
    await held.promise;
    yield last;
  }
  return { content: generate(), reached: reached.promise, letGo: held.resolve };
}

/** Content that ends with that error in its middle. */
export async function* breakOff(error: Error): AsyncGenerator<Uint8Array> {
  yield Buffer.from('half of it');
  throw error;
}

/** Texts that no storage may take for a key. */
export const NO_KEYS = [
  '',
  'uploads',
  'uploads/',
  '/uploads/a',
  'uploads//a',
  'uploads/a/',
  'uploads/..',
  'uploads/../secret',
  '../uploads/a',
  'uploads/./a',
  'uploads/.hidden',
  'uploads/a b',
  'uploads/a\n',
  'uploads/a\0b',
  'uploads\\a',
  'uploads/å',
  'Uploads/a',
  'uploads/a/b/c/d',
];
