import { createHash } from 'node:crypto';

/** What is kept of a thread's pictures: some logos and icons. */
const MOST_BYTES = 16_000_000;

const kept = new Map<string, Buffer>();
let bytes = 0;

/**
 * Returns what `make` makes of a picture, in a way that `how` names. The last ones are kept: the next report of a group, or the
 * next invoice, has the same logo.
 */
export async function keepMade(picture: Buffer, how: string, make: () => Promise<Buffer>): Promise<Buffer> {
  const key = `${createHash('sha256').update(picture).digest('base64')} ${how}`;
  const found = kept.get(key);
  if (found) {
    kept.delete(key);
    kept.set(key, found);
    return found;
  }
  const made = await make();
  if (made.length > MOST_BYTES) return made;
  kept.set(key, made);
  bytes += made.length;
  for (const [oldest, { length }] of kept) {
    if (bytes <= MOST_BYTES) break;
    kept.delete(oldest);
    bytes -= length;
  }
  return made;
}
