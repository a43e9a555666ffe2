import type { Redis } from 'ioredis';
import { callersKey, queueKey, queueKeys, usageKey } from '../../redis/keys.ts';
import { addDerivedJobsScript, addJobsScript } from '../scripts/jobs/add-jobs.ts';

/** Until when, and into how full a queue, a job may be added. */
export interface AddLimits {
  /** By Redis' clock (ms); a job that Redis comes to later is not added. */
  deadlineMs: number;
  /** How far ahead the deadline can be (ms): one that is further says that Redis' clock was set back. */
  aheadMs: number;
  /** How many jobs may wait or be delayed. */
  maxDepth: number;
}

/** Redis came to an add after its deadline: nothing was added. */
export class TooLate extends Error {}

/** What became of a job, as the script answers, and when (ms). */
export interface Added {
  now: number;
  answer: [outcome: string, fact?: number | string, more?: number];
}

/** Redis does nothing else meanwhile. */
const MOST_AT_ONCE = 50;

interface Batch {
  jobs: (string | number)[][];
  answered: Promise<Added[]>;
}

/** The batches that are being filled, by connection and by what they have in common. */
const open = new WeakMap<Redis, Map<string, Batch>>();

/**
 * Adds a job of which these are the script's arguments, by one script with the others of this turn of the event loop: Redis
 * looks once for what they share, and syncs its file once for all of them. Rejects with TooLate, and what Redis says.
 */
export async function addTogether(
  redis: Redis,
  kind: string,
  limits: AddLimits | undefined,
  job: (string | number)[],
): Promise<Added> {
  const batches = open.get(redis) ?? new Map<string, Batch>();
  open.set(redis, batches);
  const name = `${kind} ${limits?.maxDepth}`;
  const batch = batches.get(name) ?? openBatch(redis, kind, limits, () => batches.delete(name));
  batches.set(name, batch);
  const place = batch.jobs.push(job) - 1;
  if (batch.jobs.length === MOST_AT_ONCE) batches.delete(name);
  return (await batch.answered)[place] as Added;
}

/** Opens a batch that is sent when the turn is over. Its deadline is that of its first job: no other one's is earlier. */
function openBatch(redis: Redis, kind: string, limits: AddLimits | undefined, onSent: () => void): Batch {
  const jobs: (string | number)[][] = [];
  const send = async (): Promise<Added[]> => {
    const shared = limits ? [Math.floor(limits.deadlineMs), limits.aheadMs, limits.maxDepth] : ['', '', ''];
    const keys = [...queueKeys(kind, 'wait', 'paused', 'meta-paused', 'delayed'), callersKey(kind), usageKey(kind)];
    const add = limits ? addJobsScript : addDerivedJobsScript;
    const answered = await add(redis, keys, [queueKey(kind, ''), ...shared, ...jobs.flat()]);
    const [now, answers] = answered as [number, Added['answer'][]?];
    if (!answers) throw new TooLate();
    return answers.map((answer) => ({ now, answer }));
  };
  const answered = new Promise<Added[]>((resolve, reject) => {
    setImmediate(() => {
      onSent();
      send().then(resolve, reject);
    });
  });
  return { jobs, answered };
}
