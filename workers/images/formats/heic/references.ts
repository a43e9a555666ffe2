import { type Box, boxesIn, TooManyBoxes } from './boxes.ts';

/** A grid of 200 megapixels refers to its thousand tiles, a phone's metadata to a picture or two. */
const MAX_REFERENCES = 10_000;

/** What ties an item to others: four letters say how. */
export interface Reference {
  type: string;
  from: number;
  to: number[];
}

/**
 * Reads the references of a directory, whose content begins and ends there; none where it has none. Throws RangeError where it is
 * cut off, and TooManyBoxes for more than MAX_REFERENCES.
 */
export function* readReferences(bytes: DataView, meta: Omit<Box, 'type'>): Generator<Reference> {
  const iref = boxesIn(bytes, meta).find(({ type }) => type === 'iref');
  if (!iref) return;
  const isLong = bytes.getUint8(iref.start) > 0;
  const idAt = (at: number) => (isLong ? bytes.getUint32(at) : bytes.getUint16(at));
  const idBytes = isLong ? 4 : 2;
  let total = 0;
  for (const { type, start, end } of boxesIn(bytes, { start: iref.start + 4, end: iref.end })) {
    const firstAt = start + idBytes + 2;
    const count = Math.min(bytes.getUint16(start + idBytes), Math.floor((end - firstAt) / idBytes));
    total += count;
    if (total > MAX_REFERENCES) throw new TooManyBoxes('too many references');
    yield { type, from: idAt(start), to: Array.from({ length: count }, (_, index) => idAt(firstAt + index * idBytes)) };
  }
}
