import { dirname } from 'node:path/posix';
import type { Readable } from 'node:stream';
import type { Config } from '../config.ts';
import { dataPaths } from '../data-dir.ts';
import { openDiskStorage } from './disk.ts';

/** What was written: size in bytes and SHA-256 of the content (hex). */
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
 * What the content's own iterator throws passes through.
 */
export interface Storage {
  /** Writes the whole content durably, or nothing: it is on disk when this resolves, and absent when it rejects. */
  put(key: string, content: AsyncIterable<Uint8Array>, options?: PutOptions): Promise<Written>;
  /** Opens the content, or the inclusive byte range of it. */
  open(key: string, range?: { start: number; end: number }): Promise<Readable>;
  /** The whole content, in one piece of memory; for what is known to be small enough. */
  read(key: string): Promise<Buffer>;
  /** Removes everything whose key is `key` or begins with `key/`; nothing there is fine. */
  remove(key: string): Promise<void>;
  /** The first names below a prefix (`uploads`), with when each was last changed (ms). */
  list(prefix: string): AsyncIterable<{ name: string; modifiedAt: number }>;
  /** Rejects when nothing can be written. */
  check(): Promise<void>;
}

/** The storage the settings choose. */
export const openStorage = (config: Config): Promise<Storage> => openDiskStorage(dataPaths(config.DATA_DIR).storage);

/**
 * Storage key of an uploaded file. The nonce is the request's: two requests that chose the same job by their idempotency
 * key write apart, and the one that comes second removes its own.
 */
export const uploadKey = (jobId: string, nonce: string, field: string): string =>
  `${uploadFolder(jobId, nonce)}/${field}`;

/** What all keys of a request's uploads begin with. */
export const uploadFolder = (jobId: string, nonce: string): string => `uploads/${jobId}-${nonce}`;

/** A job's files in storage that came with its request. */
interface RequestFiles {
  uploads: Record<string, { key: string }>;
  inputFile?: { key: string };
}

/** The folders of a job's uploads, and of its input when that lies in storage. */
export const uploadFolders = ({ uploads, inputFile }: RequestFiles): string[] => [
  ...new Set([...Object.values(uploads), ...(inputFile ? [inputFile] : [])].map(({ key }) => dirname(key))),
];

/** Storage key of a result file. */
export const resultKey = (jobId: string, name?: string): string =>
  name === undefined ? `results/${jobId}` : `results/${jobId}/${name}`;
