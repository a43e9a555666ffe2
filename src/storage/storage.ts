import type { Readable } from 'node:stream';

/** A written content: its size in bytes and its SHA-256 (hex). */
export interface Written {
  bytes: number;
  sha256: string;
}

export interface PutOptions {
  signal?: AbortSignal;
}

/** A content as it lies in storage. */
export interface Entry {
  key: string;
  bytes: number;
  /** When it was written (ms), by the clock of who keeps it. */
  modifiedAt: number;
}

/** A name below a prefix. */
export interface Listed {
  name: string;
  modifiedAt: number;
  key?: string;
}

/** How the address of a content is to answer. */
export interface PresignOptions {
  /** A media type. */
  type: string;
  /** A Content-Disposition. */
  disposition: string;
}

/** What is appended to a content that grows. */
export interface Growth {
  /** Where it goes: so many bytes lie in storage before it. What lies beyond is cut off. */
  from: number;
  /** How many bytes the content has once it is whole. */
  total: number;
  /**
   * Called when all is written that came, and before the content is whole; when it throws, that error is passed on. Who calls
   * keeps in mind that nothing counts that was appended: it may lie in storage (`size`, `sure`).
   */
  accept?: () => void;
  /** Called before what lies beyond is cut off; rejects where another may have written it, and nothing is cut off. */
  mayCut?: () => Promise<void>;
}

/**
 * Contents that come in pieces, over days and through several processes, until they are whole: nothing is at their key before.
 * One process at a time appends to one. Errors are those of storage.
 */
export interface GrowingContents {
  /**
   * How many of its bytes lie in storage durably, from the first one on: no more than `sure`, behind which nothing counts that was
   * not accepted; all of them once it is whole.
   */
  size(key: string, total: number, sure?: number): Promise<number>;
  /**
   * Appends what an iterator gives, durably when this resolves, and answers how many bytes there are. What came before the
   * storage failed stays. A content that has all its bytes is whole and at its key. Errors of the iterator pass through.
   */
  append(key: string, content: AsyncIterable<Uint8Array>, growth: Growth): Promise<number>;
  /** Removes what there is of a content that is not whole; nothing there is fine. */
  remove(key: string): Promise<void>;
  /** Rejects with storage_full unless there is room for so many bytes more. */
  assertRoom(bytes: number): Promise<void>;
}

/**
 * Where uploads and results lie. Keys are paths of our own making (`uploads/<job>/<part>`). Errors are AppErrors:
 * storage_full, storage_unavailable, not_found (a key that is not there).
 * Errors of the content's own iterator pass through.
 */
export interface Storage {
  /** Writes the whole content durably, or nothing: it is on disk when this resolves, and absent when it rejects. */
  put(key: string, content: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<Written>;
  /**
   * Opens the content, or the inclusive byte range of it, as far as there is so much. A content that ends too early ends with
   * an error.
   */
  open(key: string, range?: { start: number; end: number }): Promise<Readable>;
  /** The whole content, in one piece of memory; for what is known to be small enough. */
  read(key: string): Promise<Buffer>;
  /**
   * Moves everything whose key begins with `from/` to `to/`, durably: all of it is there when this resolves, and nothing when it
   * rejects. Nothing may be at `to`, and nobody may look there before. Rejects with not_found when nothing is at `from`.
   */
  move(from: string, to: string): Promise<void>;
  /**
   * Gives the content at `from` a second key, durably: each key is removed by itself. On disk the bytes lie there once.
   * Nothing may be at `to`. Rejects with not_found when nothing is at `from`.
   */
  link(from: string, to: string): Promise<void>;
  /** Removes everything whose key is `key` or begins with `key/`; nothing there is fine. */
  remove(key: string): Promise<void>;
  /**
   * The first names below a prefix (`uploads`), with when each was last changed (ms); below `tmp` what is not whole yet, with the
   * key that it is for where that is known; below `growing` contents that grow, by the names of `growingName`.
   */
  list(prefix: string): AsyncIterable<Listed>;
  /** Everything that was written whole. Ends with the errors of storage. */
  walk(): AsyncIterable<Entry>;
  /** Contents that come in pieces. */
  growing: GrowingContents;
  /** Rejects when no upload can be written. */
  check(): Promise<void>;
  /** Rejects with storage_full where no job may be accepted: what room is left is the queue's. */
  assertRoom(): Promise<void>;
  /** Makes an address under which anybody gets the content for a while; absent where nobody but us is to give it. */
  presign?(key: string, options: PresignOptions): Promise<string>;
}

/** What removing from storage takes. */
export type RemovingStorage = Pick<Storage, 'remove'> & { growing: Pick<GrowingContents, 'remove'> };
