import { Readable } from 'node:stream';
import type { RunStorage } from '../../jobs/processor.ts';
import type { StoredFile } from '../../jobs/stored-file.ts';
import { resultKey } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';

/**
 * The storage of one run: reads what the job refers to, writes only under the job's own results, stops with the signal.
 */
export function createRunStorage(storage: Storage, jobId: string, signal: AbortSignal): RunStorage {
  return {
    async open(key) {
      signal.throwIfAborted();
      return storage.open(key);
    },
    async read(key) {
      signal.throwIfAborted();
      return storage.read(key);
    },
    async write(name, type, content): Promise<StoredFile> {
      const key = resultKey(jobId, name);
      const source = content instanceof Readable ? content : [content];
      const written = await storage.put(key, Readable.from(source), { signal });
      return { key, name, type, ...written };
    },
  };
}
