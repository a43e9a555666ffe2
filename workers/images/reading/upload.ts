import type { Converter } from '../formats/heic/native/convert.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Source, SourceFacts } from '../picture/source.ts';
import type { ImagesConfig } from '../settings.ts';
import type { ThreadPool } from '../threads/pool.ts';

/** What can be opened as a source. */
export interface Readable {
  facts: SourceFacts;
  /** Makes a source for libvips of it: where libvips does not read the format, that means decoding it. */
  open(options?: OpenOptions): Promise<Source>;
}

/** A file whose header is read and within the limits; a drawing, or the page of a PDF, as a watermark shows it. */
export interface Upload extends Readable {
  /** Of what has no pixels of its own: as it is drawn for some renditions, large enough for each. */
  drawFor?: (renditions: readonly Rendition[]) => Drawn;
}

/** A file as it is opened for some renditions. */
export interface Drawn extends Readable {
  /** Returns what to ask of it for a rendition of the file at its own size. */
  renditionOf: (rendition: Rendition) => Rendition;
}

/** Returns a file as it is opened for renditions: one that has pixels of its own is always the same. */
export const openedFor = (upload: Upload, renditions: readonly Rendition[]): Drawn =>
  upload.drawFor?.(renditions) ?? { ...upload, renditionOf: (rendition) => rendition };

/** How a file is opened. */
export interface OpenOptions {
  /** Whether pixels that it lacks are left clear, where our own reader decodes it; else that is image_unreadable. */
  acceptsDamage?: boolean;
}

/** What reading a file needs. */
export interface UploadDeps {
  config: ImagesConfig;
  threads: ThreadPool;
  /** libheif's converter; null where there is none. */
  converter: Converter | null;
  /** Ends decoding in a thread, and drawing in a process. */
  signal: AbortSignal;
}
