import type { Readable } from 'node:stream';

/** A written content: its size in bytes and its SHA-256 (hex). */
export interface Written {
  bytes: number;
  sha256: string;
}

export interface PutOptions {
  signal?: AbortSignal;
}

/**
 * Where uploads and results lie. Keys are paths of our own making (`uploads/<job>/<part>`). Errors are AppErrors:
 * storage_full, storage_unavailable, not_found (a key that is not there).
 * Errors of the content's own iterator pass through.
 */
export interface Storage {
  /** Writes the whole content durably, or nothing: it is on disk when this resolves, and absent when it rejects. */
  put(key: string, content: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<Written>;
  /** Opens the content, or the inclusive byte range of it. */
  open(key: string, range?: { start: number; end: number }): Promise<Readable>;
  /** The whole content, in one piece of memory; for what is known to be small enough. */
  read(key: string): Promise<Buffer>;
  /**
   * Moves everything whose key begins with `from/` to `to/`, durably and all at once; nothing may be at `to`. Rejects
   * with not_found when nothing is at `from`.
   */
  move(from: string, to: string): Promise<void>;
  /**
   * Gives the content at `from` a second key, durably, without another copy of its bytes: each key is removed by itself.
   * Nothing may be at `to`. Rejects with not_found when nothing is at `from`.
   */
  link(from: string, to: string): Promise<void>;
  /** Removes everything whose key is `key` or begins with `key/`; nothing there is fine. */
  remove(key: string): Promise<void>;
  /** The first names below a prefix (`uploads`), with when each was last changed (ms). */
  list(prefix: string): AsyncIterable<{ name: string; modifiedAt: number }>;
  /** Rejects when no upload can be written. */
  check(): Promise<void>;
  /** Rejects with storage_full where no job may be accepted: what room is left is the queue's. */
  assertRoom(): Promise<void>;
}
