import type { Converter } from '../formats/heic/native/convert.ts';
import type { Rendition } from '../input/rendition.ts';
import type { AskedPages, Source, SourceFacts } from '../picture/source.ts';
import type { ImagesConfig } from '../settings.ts';
import type { ThreadPool } from '../threads/pool.ts';

/** A file whose header is read and within the limits. */
export interface Upload {
  facts: SourceFacts;
  bytes: number;
  /** What to ask of it in place of the renditions wanted: of a drawing, which is drawn at a size of our choice. */
  asked?: { renditions: Rendition[] };
  /** Makes a source for libvips of it: where libvips does not read the format, that means decoding it. */
  open(options?: OpenOptions): Promise<Source>;
}

/** How a file is opened. */
export interface OpenOptions {
  /** Whether pixels that it lacks are left clear, where our own reader decodes it; else that is image_unreadable. */
  acceptsDamage?: boolean;
}

/** What is asked of a file: a page, and the renditions that are to be made of it; of a watermark none. */
export interface AskedPicture extends AskedPages {
  renditions?: readonly Rendition[] | undefined;
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
