import type { Redis } from 'ioredis';
import { BRANDS, hasFile } from '../../brands/store.ts';
import { now } from '../../clock.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { type JobName, readJobNames, writeJobNames } from '../../jobs/job-name.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import { expiryOf } from '../../jobs/retention/expiry.ts';
import { LONGEST_FILE_HOLD_MS } from '../../jobs/retention/retention.ts';
import { type Holder, hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import { holdersKey, jobKey, queueKey } from '../../redis/keys.ts';
import { SCHEDULES } from '../../schedules/keys.ts';
import { scheduleHolds } from '../../schedules/store.ts';
import { readJob } from '../read/read-job.ts';
import {
  HOLDERS_KEPT_SECONDS,
  holdRecordScript,
  keepRecordScript,
  markGoingScript,
  releaseRecordScript,
} from '../scripts/holds.ts';

// A job that names an upload, or a file of another job, holds it until it has ended. The hold is written beside the
// record
// of what is held, before the job is queued, and counts while the job is there and has not ended: whatever crashes in
// between, nothing is lost, and a hold that is left behind ends by itself.

/** What holds files for as long as it is there: by what it is called among the holders, its word and whether it has a file. */
const LASTING = new Map([
  [BRANDS, { word: 'brand', has: hasFile }],
  [SCHEDULES, { word: 'schedule', has: scheduleHolds }],
]);

/** A job that is not there is about to be queued, or run again; after this it never was. */
const QUEUED_WITHIN_MS = 60_000;

/**
 * Holds what a job names, before it is queued or run again. Answers the first that is gone, or is about to go; null
 * when all are held.
 */
export async function holdRecords(redis: Redis, job: JobName, needs: readonly JobName[]): Promise<JobName | null> {
  const args = [writeJobNames([job]), HOLDERS_KEPT_SECONDS];
  const held = await Promise.all(
    needs.map(({ kind, id }) => holdRecordScript(redis, [jobKey(kind, id), holdersKey(kind, id)], args)),
  );
  return needs.find((_need, index) => held[index] !== 1) ?? null;
}

/** Ends the holds of a job that has ended, or is gone. */
export async function releaseHolds(redis: Redis, job: JobName, { needs }: Pick<Envelope, 'needs'>): Promise<void> {
  await Promise.all(readJobNames(needs).map((need) => release(redis, need, [job])));
}

function release(redis: Redis, { kind, id }: JobName, holders: readonly JobName[]): Promise<unknown> {
  const keys = [jobKey(kind, id), holdersKey(kind, id), queueKey(kind, 'completed'), queueKey(kind, 'failed')];
  return releaseRecordScript(redis, keys, [id, ...holders.map((holder) => writeJobNames([holder]))]);
}

/** Where a record was found that is to go: in a sorted set, up to that score. */
export interface FoundIn {
  key: string;
  upTo: number;
}

/** Which records are left alone after all. */
export interface Spared {
  /** Those that others hold, or that a link leads to. */
  unlessHeld?: boolean;
  /** Those that are not there any more: run again, continued or finished since they were found. */
  foundIn?: FoundIn | undefined;
}

/**
 * Marks a record as about to go, so that no job can hold it any more, and nobody run it again or write at it. Answers false, and
 * nothing is marked, where it is spared.
 */
export async function markGoing(
  redis: Redis,
  { kind, id }: JobName,
  { unlessHeld = false, foundIn }: Spared,
): Promise<boolean> {
  const keys = [jobKey(kind, id), holdersKey(kind, id), ...(foundIn ? [foundIn.key] : [])];
  return (await markGoingScript(redis, keys, [unlessHeld ? 1 : 0, id, foundIn?.upTo ?? ''])) === 1;
}

/** Keeps a job and its files until then, for a link that leads to them; nothing is done for one that is gone. */
export async function keepForLink(redis: Redis, { kind, id }: JobName, untilMs: number): Promise<void> {
  await keepRecordScript(redis, [jobKey(kind, id)], [Math.floor(untilMs)]);
}

/** Reads by whom a record is held, and until when at the latest. One that nobody holds stays as it is. */
export async function withHolders(redis: Redis, contracts: readonly JobContract[], job: StoredJob): Promise<StoredJob> {
  const { holders = [] } = job;
  if (holders.length === 0) return job;
  const seen = await Promise.all(holders.map((holder) => lookAt(redis, contracts, holder, job.id)));
  const holding = seen.flatMap(({ holder, isPending }) => (isPending ? [nameOf(holder)] : []));
  const isKept = seen.some(({ holder, isPending }) => isPending && LASTING.has(holder.kind));
  const heldUntil = Math.max(...seen.map(({ untilMs }) => untilMs));
  return { ...job, heldBy: holding, heldUntil, ...(isKept ? { isKept } : {}) };
}

/** What a holder is called: a job by its id, a brand or a schedule by its name. */
const nameOf = ({ kind, id }: Holder): string => {
  const record = LASTING.get(kind);
  return record ? `${record.word}:${id.split(':')[1]}` : id;
};

/**
 * The same for the janitor, which ends the holds of jobs that have ended without doing so. What may be held by more
 * than can be seen is looked at again until a hold is found that counts.
 */
export async function withTrueHolders(
  redis: Redis,
  contracts: readonly JobContract[],
  job: StoredJob,
): Promise<StoredJob> {
  let looked = job;
  while (looked.holders?.length) {
    const seen = await Promise.all(looked.holders.map((holder) => lookAt(redis, contracts, holder, job.id)));
    const dead = seen.filter(({ untilMs }) => untilMs <= now()).map(({ holder }) => holder);
    if (dead.length < seen.length) {
      const whole = await withHolders(redis, contracts, looked);
      // A brand, or a schedule, holds its files for as long as it is there: what is kept of its hold must not end by itself.
      if (whole.isKept) await redis.expire(holdersKey(job.kind, job.id), HOLDERS_KEPT_SECONDS);
      return whole;
    }
    await release(redis, job, dead);
    const { holders: _none, ...rest } = looked;
    looked = { ...rest, ...((await readJob(redis, job.kind, job.id)) ?? {}) };
  }
  return looked;
}

/**
 * A hold, as it was looked at: whether its job is there and has not ended, and until when it counts (0: it does not).
 */
interface Seen {
  holder: Holder;
  isPending: boolean;
  untilMs: number;
}

async function lookAt(redis: Redis, contracts: readonly JobContract[], holder: Holder, held: string): Promise<Seen> {
  const { kind, id, since } = holder;
  const youngUntil = since + QUEUED_WITHIN_MS;
  if (await LASTING.get(kind)?.has(redis, id, held)) {
    return { holder, isPending: true, untilMs: now() + LONGEST_FILE_HOLD_MS };
  }
  const job = await readJob(redis, kind, id);
  const isPending = job !== null && !hasEnded(job.state);
  if (!isPending) return { holder, isPending, untilMs: youngUntil > now() ? youngUntil : 0 };
  const contract = contracts.find((one) => one.kind === kind);
  const expiresAt = contract && expiryOf(job.envelope.options, contract, job.retriedAt ?? job.createdAt);
  // One that is late runs all the same, and says that it expired: it is held until then.
  const latest = Math.max(expiresAt?.getTime() ?? Number.POSITIVE_INFINITY, youngUntil, now() + QUEUED_WITHIN_MS);
  const untilMs = Math.min(latest, since + LONGEST_FILE_HOLD_MS);
  return { holder, isPending, untilMs };
}
