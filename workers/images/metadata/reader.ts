import type { Metadata } from 'sharp';
import { AppError } from '../../../src/errors.ts';
import { isOutOfHeap, type ThreadPool } from '../threads/pool.ts';
import type { Credits } from './credits.ts';

/** Reads the metadata of a job's pictures in a thread; of each picture once, however many renditions keep it. */
export interface MetadataReader {
  /** Reads whose picture it is. Rejects with image_unreadable where that takes too much time or memory. */
  readCredits(metadata: Metadata): Promise<Credits>;
  /** Returns its XMP, as it is right for a picture made of it; undefined where it has none. Rejects as `readCredits`. */
  readNewXmp(metadata: Metadata): Promise<string | undefined>;
}

/** What is allowed at all takes less than a second of one core. */
const DEADLINE_MS = 10_000;

/** Makes the reader of one job, which ends with its signal; the work takes at most `deadlineMs`. */
export function createMetadataReader(
  threads: ThreadPool,
  signal: AbortSignal,
  deadlineMs = DEADLINE_MS,
): MetadataReader {
  const known = new WeakMap<Metadata, { credits?: Promise<Credits>; xmp?: Promise<string> }>();
  const knownOf = (metadata: Metadata) => {
    const entry = known.get(metadata) ?? {};
    known.set(metadata, entry);
    return entry;
  };
  const read = async <T>(work: (bounded: AbortSignal) => Promise<T>): Promise<T> => {
    const late = AbortSignal.timeout(deadlineMs);
    try {
      return await work(AbortSignal.any([signal, late]));
    } catch (error) {
      signal.throwIfAborted();
      if (!late.aborted && !isOutOfHeap(error)) throw error;
      const sentence = 'The metadata of the image takes too much time or memory to read: ask with "metadata": "none".';
      throw new AppError('image_unreadable', sentence, { cause: error });
    }
  };
  return {
    readCredits(metadata) {
      const { exif, xmp, iptc } = metadata;
      if (!exif && !xmp && !iptc) return Promise.resolve({});
      const entry = knownOf(metadata);
      entry.credits ??= read((bounded) => threads.run('credits', { exif, xmp, iptc }, bounded));
      return entry.credits;
    },
    async readNewXmp(metadata) {
      const { xmp } = metadata;
      if (!xmp) return undefined;
      const entry = knownOf(metadata);
      entry.xmp ??= read((bounded) => threads.run('describe', xmp, bounded));
      return entry.xmp;
    },
  };
}
