import type { Converter } from '../formats/heic/native/convert.ts';
import type { Source, SourceFacts } from '../picture/source.ts';
import type { ImagesConfig } from '../settings.ts';
import type { ThreadPool } from '../threads/pool.ts';

/** A file whose header is read and within the limits. */
export interface Upload {
  facts: SourceFacts;
  bytes: number;
  /** Makes a source for libvips of it: where libvips does not read the format, that means decoding it. */
  open(options?: OpenOptions): Promise<Source>;
}

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
  /** Ends decoding in a thread. */
  signal: AbortSignal;
}
