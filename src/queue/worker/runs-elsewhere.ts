import type { Redis } from 'ioredis';
import type { JobContract } from '../../jobs/contract.ts';
import { queueKey } from '../../redis/keys.ts';
import { createLoop, type Loop } from '../loop.ts';

const COUNT_EVERY_MS = 1000;
/** Counts that nobody renews are no longer true. */
const KEPT_MS = 5000;

export interface RunsElsewhereOptions {
  redis: Redis;
  kind: string;
  /** All kinds. */
  contracts: readonly Pick<JobContract, 'kind'>[];
  onError: (error: unknown) => void;
}

/**
 * Makes the counting of runs that callers with a limit have in other kinds, whose keys lie in other slots: each second it
 * writes them where the scripts of this kind's line find them.
 */
export function createRunsElsewhere({ redis, kind, contracts, onError }: RunsElsewhereOptions): Loop {
  const others = contracts.map((contract) => contract.kind).filter((other) => other !== kind);
  const count = async (): Promise<void> => {
    const shares = await redis.hgetall(queueKey(kind, 'shares'));
    const limited = Object.keys(shares).filter((caller) => shares[caller]?.split(' ')[1]);
    if (limited.length === 0) return;
    const callers = (await Promise.all(others.map((other) => readRunningCallers(redis, other)))).flat();
    const counts = limited.flatMap((caller) => [caller, callers.filter((other) => other === caller).length]);
    const key = queueKey(kind, 'runs-elsewhere');
    await redis.multi().del(key).hset(key, counts).pexpire(key, KEPT_MS).exec();
  };
  return createLoop({ everyMs: COUNT_EVERY_MS, run: count, onError });
}

/** Reads whose jobs of a kind run now, a name for each job. */
async function readRunningCallers(redis: Redis, kind: string): Promise<(string | null)[]> {
  const ids = await redis.lrange(queueKey(kind, 'active'), 0, -1);
  return Promise.all(ids.map((id) => redis.hget(queueKey(kind, id), 'caller')));
}
