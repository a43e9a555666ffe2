import { Readable } from 'node:stream';
import { AppError } from '../../errors.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import type { RunStorage } from '../../jobs/processor.ts';
import { isUploadKey, resultKey } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';

/** When a job is tried again whose upload was not there: by another worker, or when its storage is mounted. */
const UPLOAD_AGAIN_SECONDS = 15;

/**
 * The storage of one run: reads what the job refers to, writes only under the job's own results, stops with the signal.
 */
export function createRunStorage(storage: Storage, jobId: string, signal: AbortSignal): RunStorage {
  return {
    async open(key) {
      signal.throwIfAborted();
      return findUpload(key, storage.open(key));
    },
    async read(key) {
      signal.throwIfAborted();
      return findUpload(key, storage.read(key));
    },
    async write(name, type, content): Promise<StoredFile> {
      const key = resultKey(jobId, name);
      const source = content instanceof Readable ? content : [content];
      const written = await storage.put(key, Readable.from(source), { signal });
      return { key, name, type, ...written };
    },
  };
}

/**
 * Awaits a file by its key. Rejects with upload_missing for an upload that is not there: it was on disk when its job was
 * accepted, so it is this worker that can't see it.
 */
export async function findUpload<T>(key: string, found: Promise<T>): Promise<T> {
  try {
    return await found;
  } catch (cause) {
    if (!(cause instanceof AppError && cause.code === 'not_found' && isUploadKey(key))) throw cause;
    const message = 'An uploaded file of the job is not in the storage of the worker that had it; the job goes back.';
    throw new AppError('upload_missing', message, { cause, retryAfterSeconds: UPLOAD_AGAIN_SECONDS });
  }
}
