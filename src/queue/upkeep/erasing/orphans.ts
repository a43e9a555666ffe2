import type { Redis } from 'ioredis';
import type { JobContract } from '../../../jobs/contract.ts';
import { HOLD_DIES_MS } from '../../../storage/hold.ts';
import { GROWING, growingName, HELD, isSharedFolder, isUploadKey, uploadFolders } from '../../../storage/keys.ts';
import type { Listed, Storage } from '../../../storage/storage.ts';
import { isSharedInput } from '../../batch-files.ts';
import { isDerived } from '../../derived-files.ts';
import { readAnyJob } from '../../read/read-job.ts';

export interface OrphanDeps {
  redis: Redis;
  contracts: readonly JobContract[];
  storage: Storage;
}

/** Nobody writes at one file for so long, also where the clock is set an hour ahead meanwhile. */
const DRAFT_AGE_MS = 6 * 3_600_000;

/**
 * Removes files that no process will ever use, once they are older than that: drafts of processes that were killed
 * while they wrote, and uploads, results and mails of the inbox without a job. Answers how many.
 */
export async function sweepOrphans({ redis, contracts, storage }: OrphanDeps, olderThanMs: number): Promise<number> {
  const isYoung = (modifiedAt: number, ageMs = olderThanMs) => modifiedAt > Date.now() - ageMs;
  let removed = 0;
  const isOfJob = async (name: string) => {
    const [id = ''] = name.split('-');
    const job = await readAnyJob(redis, contracts, id);
    // A damaged record does not say which are its own.
    return job !== null && (job.damaged || uploadFolders(job.envelope).includes(`uploads/${name}`));
  };
  const isShared = async (folder: string) => {
    const shared = await Promise.all(contracts.map(({ kind }) => isSharedInput(redis, kind, folder)));
    return shared.includes(true);
  };
  const remove = async (key: string) => {
    await storage.remove(key);
    removed += 1;
  };
  const isDead = async ({ name, modifiedAt, key }: Listed) => {
    // A backup that lives shows it.
    const ageMs = name === HELD ? HOLD_DIES_MS : Math.min(olderThanMs, DRAFT_AGE_MS);
    if (isYoung(modifiedAt, ageMs)) return false;
    // Of an upload that comes in pieces, over days.
    return key === undefined || !isUploadKey(key) || !(await isOfJob(growingName(key)));
  };
  for await (const draft of storage.list('tmp')) {
    if (await isDead(draft)) await remove(`tmp/${draft.name}`);
  }
  for await (const { name, modifiedAt } of storage.list(GROWING)) {
    if (!isYoung(modifiedAt) && !(await isOfJob(name))) await remove(`${GROWING}/${name}`);
  }
  for (const folder of ['results', 'inbox']) {
    for await (const { name, modifiedAt } of storage.list(folder)) {
      if (!isYoung(modifiedAt) && !(await readAnyJob(redis, contracts, name))) await remove(`${folder}/${name}`);
    }
  }
  for await (const { name, modifiedAt } of storage.list('derived')) {
    if (!isYoung(modifiedAt) && !(await isDerived(redis, name))) await remove(`derived/${name}`);
  }
  for await (const { name, modifiedAt } of storage.list('uploads')) {
    if (isYoung(modifiedAt)) continue;
    const isUsed = isSharedFolder(name) ? isShared(`uploads/${name}`) : isOfJob(name);
    if (!(await isUsed)) await remove(`uploads/${name}`);
  }
  return removed;
}
