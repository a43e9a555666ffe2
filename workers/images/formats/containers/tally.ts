import { AppError } from '../../../../src/errors.ts';
import { formatCount } from '../pixel-limit.ts';

/** More parts beside the pixels than this no program writes; a decoder would keep a note of each. */
const MAX_PARTS = 10_000;
/** A file of 50 MB has some 200,000 pieces of pixels: each costs a step, and so do filling bytes. */
const MAX_STEPS = 300_000;

/** Counts what a walk through a file's container meets. Each method throws payload_too_large where it is too much. */
export interface Tally {
  /** A piece of pixels, or of nothing. */
  step(): void;
  /** A part beside the pixels, of so many bytes that a decoder would keep; 0 where it passes over them. */
  part(keptBytes: number): void;
  /** A frame or a page. */
  page(): void;
  /** How many more bytes beside the pixels may come. */
  bytesLeft(): number;
}

/** Makes a tally of a file that may keep so many bytes beside its pixels. */
export function createTally(maxMetadataBytes: number): Tally {
  let [steps, parts, pages, keptBytes] = [0, 0, 0, 0];
  const refuse = (count: number, max: number, what: string) => {
    if (count <= max) return;
    const sentence = `The image has more than ${formatCount(max)} ${what}: that is the most that is taken.`;
    throw new AppError('payload_too_large', sentence);
  };
  return {
    step: () => refuse(++steps, MAX_STEPS, 'pieces of data'),
    part(bytes) {
      refuse(++parts, MAX_PARTS, 'parts beside its pixels');
      keptBytes += bytes;
      refuse(keptBytes, maxMetadataBytes, 'bytes of metadata, unpacked');
    },
    page: () => refuse(++pages, MAX_PARTS, 'frames or pages'),
    bytesLeft: () => maxMetadataBytes - keptBytes,
  };
}
