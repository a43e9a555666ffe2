import { createHash, type Hash } from 'node:crypto';
import type { Storage } from '../../../../storage/storage.ts';

/** So many uploads are followed at a time; of others the content is read once more when they are whole. */
const MOST = 1000;

/** The SHA-256 of an upload, as far as this process has seen all of its bytes. */
export interface RunningHash {
  update(chunk: Uint8Array): void;
  /** Says how many bytes there are now: where that is not what was seen, the hash is given up. */
  keep(received: number): void;
  /** Makes the hash of a whole content (hex): of what was seen, or of what lies in storage. Rejects as storage does. */
  digest(file: { key: string; bytes: number }, storage: Pick<Storage, 'open'>): Promise<string>;
}

/** Follows the uploads of a process from one request to the next. */
export interface RunningHashes {
  /** Goes on with the hash of an upload that has so many bytes. */
  open(id: string, from: number): RunningHash;
}

/** Makes what follows them. */
export function createRunningHashes(): RunningHashes {
  const kept = new Map<string, { hash: Hash; at: number }>();
  return {
    open(id, from) {
      const found = kept.get(id);
      kept.delete(id);
      const begun = from === 0 ? createHash('sha256') : null;
      const hash = begun ?? (found?.at === from ? found.hash : null);
      let at = from;
      return {
        update(chunk) {
          at += chunk.length;
          hash?.update(chunk);
        },
        keep(received) {
          if (!hash || received !== at) return;
          kept.set(id, { hash, at });
          const [oldest] = kept.keys();
          if (kept.size > MOST && oldest !== undefined) kept.delete(oldest);
        },
        async digest({ key, bytes }, storage) {
          if (hash && at === bytes) return hash.copy().digest('hex');
          const anew = createHash('sha256');
          for await (const chunk of await storage.open(key)) anew.update(chunk as Buffer);
          return anew.digest('hex');
        },
      };
    },
  };
}
