import type { Redis } from 'ioredis';
import { makesUploadUseless } from '../errors.ts';
import { KEPT_FIELD } from '../jobs/job-fields.ts';
import type { JobName } from '../jobs/job-name.ts';
import type { Envelope } from '../jobs/options/options.ts';
import { hasEnded, type StoredJob } from '../jobs/stored-job.ts';
import type { Grant, KindUsage, Usage, UsageByKind } from '../jobs/usage.ts';
import { jobKey, queueKey, usageKey } from '../redis/keys.ts';
import { fieldName } from './run/job-fields.ts';
import { keepBytesScript, readUsageScript, setUsageScript } from './scripts/count-usage.ts';

/** What Redis takes for a job beside its data, measured: the fields of its hash, its places in lists and indexes. */
export const JOB_BYTES = 1700;

/** Computes what a job takes that waits; `dataBytes` is how long its envelope is as JSON. */
export function usageOf({ inputFile, uploads, receiving }: Envelope, dataBytes: number): Usage {
  const inputBytes = inputFile?.bytes ?? 0;
  return {
    jobs: 1,
    redisBytes: dataBytes + JOB_BYTES,
    inputBytes,
    storedBytes: inputBytes + sumBytes(Object.values(uploads)) + (receiving?.bytes ?? 0),
  };
}

/** Sums up the sizes of files. */
export const sumBytes = (files: readonly { bytes: number }[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

/** Counts a job by what is stored of it, whatever it counted for before. */
export async function countJob(redis: Redis, job: StoredJob): Promise<void> {
  const { kind, id, envelope, outcome, error, keptBytes = 0 } = job;
  const waits = !hasEnded(job.state);
  const { redisBytes, inputBytes, storedBytes } = usageOf(envelope, Buffer.byteLength(JSON.stringify(envelope)));
  const stored = storedBytes + keptBytes + sumBytes(outcome?.files ?? []);
  const isLost = error !== null && makesUploadUseless(error.code);
  const args = [envelope.caller, waits ? 1 : 0, redisBytes, inputBytes, isLost ? 0 : stored];
  await setUsageScript(redis, [jobKey(kind, id), usageKey(kind)], args);
}

/**
 * Has a job count for bytes that it keeps in storage beside all else, in place of those that it kept before: however often
 * that is said, they count once. Throws what the grant refuses with, and nothing is counted then.
 */
export async function keepBytes(redis: Redis, { kind, id }: JobName, bytes: number, grant?: Grant): Promise<void> {
  const most = grant?.limits.storedBytes ?? Number.POSITIVE_INFINITY;
  const args = [bytes, Number.isFinite(most) ? Math.floor(most) : '', fieldName(KEPT_FIELD)];
  const others = await keepBytesScript(redis, [jobKey(kind, id), usageKey(kind)], args);
  if (others !== null && grant) throw grant.refuse('storedBytes', Number(others), bytes);
}

/** Reads what the callers' jobs take. */
export async function readUsage(redis: Redis, kinds: readonly string[]): Promise<UsageByKind> {
  const answers = await Promise.all(
    kinds.map((kind) => readUsageScript(redis, [usageKey(kind), queueKey(kind, 'active')], [queueKey(kind, '')])),
  );
  return new Map(kinds.map((kind, index) => [kind, parseUsage(answers[index] as [string[], string[]])]));
}

function parseUsage([fields, running]: [string[], string[]]): Map<string, KindUsage> {
  const found = new Map<string, KindUsage>();
  for (let index = 0; index < fields.length; index += 2) {
    const [jobs = 0, redisBytes = 0, inputBytes = 0, storedBytes = 0] = (fields[index + 1] ?? '')
      .split(' ')
      .map(Number);
    found.set(fields[index] as string, { jobs, redisBytes, inputBytes, storedBytes, running: 0 });
  }
  for (const caller of running) {
    const usage = found.get(caller);
    if (usage) usage.running += 1;
  }
  return found;
}
