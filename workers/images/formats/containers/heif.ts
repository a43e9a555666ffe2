import { AppError } from '../../../../src/errors.ts';
import { type Box, boxesIn, readItems, readPlaces, TooManyBoxes } from '../heic/boxes.ts';
import { readReferences } from '../heic/references.ts';
import type { Tally } from './tally.ts';

/** Items that hold pixels, or say how others are put together; any other is metadata, which a decoder keeps. */
const PICTURES = ['av01', 'hvc1', 'hev1', 'grid', 'iden', 'iovl', 'tmap', 'jpeg'];

/**
 * Counts the boxes of a HEIF file, and the bytes that its items of metadata name, each as often as one is named. Throws
 * image_unreadable for a file of more than one directory, or more than libheif reads.
 */
export function countHeif(file: Buffer, tally: Tally): void {
  const bytes = new DataView(file.buffer, file.byteOffset, file.byteLength);
  try {
    let directory: Box | undefined;
    for (const box of boxesIn(bytes, { start: 0, end: bytes.byteLength })) {
      tally.part(0);
      if (box.type !== 'meta') continue;
      if (directory) throw new AppError('image_unreadable', 'The image is damaged: it has two directories.');
      directory = box;
    }
    if (!directory) return;
    countReferences(bytes, directory);
    countItems(bytes, directory, tally);
  } catch (error) {
    if (error instanceof TooManyBoxes) {
      throw new AppError('payload_too_large', 'The image has more boxes, items or references than are taken.', {
        cause: error,
      });
    }
    // It is cut off, or damaged where the decoder will find it too.
    if (!(error instanceof RangeError)) throw error;
  }
}

function countItems(bytes: DataView, directory: Box, tally: Tally): void {
  const inside = { start: directory.start + 4, end: directory.end };
  const types = new Map(readItems(bytes, inside).map(({ id, type }) => [id, type]));
  for (const { id, length } of readPlaces(bytes, inside)) {
    // A length of 0 is all that follows.
    if (!PICTURES.includes(types.get(id) ?? '')) tally.part(length || bytes.byteLength);
  }
}

/** Goes through all that items refer to: decoders do so again and again. */
function countReferences(bytes: DataView, directory: Box): void {
  for (const _ of readReferences(bytes, { start: directory.start + 4, end: directory.end }));
}
