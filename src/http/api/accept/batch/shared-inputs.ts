import type { Request } from 'express';
import type { JobContract } from '../../../../jobs/contract.ts';
import type { InputFile } from '../../../../jobs/options/options.ts';
import { batchFolder } from '../../../../storage/keys.ts';
import { holdRoom } from '../files/hold-room.ts';
import { isLargeInput, storeInputs } from '../files/input-file.ts';
import type { QueueDeps } from '../queue-deps.ts';

/** A batch whose entries are read. */
export interface ReadBatch {
  req: Request;
  contract: JobContract;
  deps: QueueDeps;
}

/**
 * Calls `queue` with where each of a batch's inputs lies; the large ones share one file, which stays while a job needs it.
 * `texts` are the inputs as JSON. Rejects with quota_exceeded, as storage does, and as `queue` does.
 */
export async function withSharedInputs<T>(
  { req, contract, deps }: ReadBatch,
  chosen: { id: string; nonce: string; repeatable: boolean },
  texts: readonly string[],
  queue: (places: (InputFile | null)[]) => Promise<T>,
): Promise<T> {
  const { producer, storage, log } = deps;
  const large = texts.filter(isLargeInput);
  if (large.length === 0) return queue(texts.map(() => null));
  const inputBytes = large.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
  const letGo = await holdRoom(req, contract, deps, {
    chosen,
    jobs: texts.length,
    inputBytes,
    storedBytes: inputBytes,
  });
  const folder = batchFolder(chosen.nonce);
  try {
    // Held, so that a job which is erased at once does not take along what others are about to share.
    await producer.holdInputs(contract.kind, folder);
    return await queue(await storeInputs(texts, chosen.nonce, storage));
  } finally {
    letGo();
    await producer
      .letInputsGo(contract.kind, folder)
      .then((isShared) => (isShared ? undefined : storage.remove(folder)))
      .catch((err) => log.warn({ err, folder }, 'inputs of a batch left behind'));
  }
}
