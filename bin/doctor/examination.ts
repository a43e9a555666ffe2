import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { DataPaths } from '../../src/data-dir.ts';
import { dataPaths } from '../../src/data-dir.ts';
import type { CheckFinding, CheckName } from '../../src/doctor/finding.ts';
import { createLog } from '../../src/log.ts';
import { openProducerRedis, type Redis } from '../../src/redis/connect.ts';
import type { AllConfig } from '../../workers/index.ts';

const CONNECTS_WITHIN_MS = 3000;
/** Loading fonts keeps this process busy for a while. */
const ANSWERS_WITHIN_MS = 5000;

/** What the checks look at. */
export interface Examination {
  config: AllConfig;
  paths: DataPaths;
  /** A connection to Redis, ready or not; null before the start, when none runs. */
  redis: Redis | null;
  /** Ends what takes too long. */
  signal: AbortSignal;
}

/** What a check says of what it has found; the name is put before it. */
export type Findings = Omit<CheckFinding, 'check'> | Omit<CheckFinding, 'check'>[];

/** Looks at one thing, or at several that are measured together; what it throws is `unknown`. */
export interface Check {
  name: CheckName;
  /** Whether it is done alone, before the others: they would disturb what it measures. */
  isMeasurement?: true;
  look(examination: Examination): Promise<Findings | null>;
}

/** What could not be looked at without Redis. */
export const NO_REDIS = 'Redis does not answer';

/** Opens what the checks share. Never rejects: a Redis that is away is a finding. */
export async function openExamination(config: AllConfig, signal: AbortSignal): Promise<Examination> {
  const redis = openProducerRedis(config, createLog('silent', 'doctor'), ANSWERS_WITHIN_MS);
  redis.on('error', () => {});
  const ready = once(redis, 'ready', { signal }).catch(() => {});
  await Promise.race([ready, delay(CONNECTS_WITHIN_MS, undefined, { ref: false })]);
  return { config, paths: dataPaths(config.DATA_DIR), redis, signal };
}

/** Finds the connection to a Redis that answers; null where it does not. */
export const redisOf = ({ redis }: Examination): Redis | null => (redis?.status === 'ready' ? redis : null);

/** Has a check look, for as long as it may. */
export async function settle(check: Check, examination: Examination, withinMs: number): Promise<CheckFinding[]> {
  const ending = new AbortController();
  const signal = AbortSignal.any([examination.signal, ending.signal]);
  const late = delay(withinMs, undefined, { signal, ref: false }).then(() => {
    ending.abort();
    throw new Error(`no answer within ${withinMs / 1000} s`);
  });
  late.catch(() => {});
  try {
    const found = await Promise.race([check.look({ ...examination, signal }), late]);
    return [found ?? []].flat().map((finding) => ({ check: check.name, ...finding }));
  } catch (error) {
    return [{ check: check.name, level: 'unknown', text: (error as Error).message.split('\n')[0] ?? '' }];
  } finally {
    ending.abort();
  }
}
