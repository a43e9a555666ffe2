import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './fault.ts';

/** Longer than a lock lasts, and than the watch waits. */
const WORKER_MS = 7000;
const REDIS_MS = 5000;

/** SIGSTOP for some seconds; who is ended meanwhile, as by the watch, stays ended. */
async function freeze(pid: number, ms: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await delay(ms);
  try {
    process.kill(pid, 'SIGCONT');
  } catch {
    // it has been ended
  }
}

export const FROZEN: readonly Fault[] = [
  {
    name: 'worker-frozen',
    strike: async ({ pidOf, workers }, random) => freeze(await pidOf(random.pick(workers)), WORKER_MS),
  },
  {
    name: 'redis-frozen',
    strike: async ({ pidOf }) => freeze(await pidOf('redis-0'), REDIS_MS),
  },
];
