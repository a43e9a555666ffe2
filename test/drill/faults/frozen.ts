import { freeze } from './acts.ts';
import type { Fault } from './fault.ts';

/** Longer than a lock lasts, and than the watch waits. */
const WORKER_MS = 7000;
const REDIS_MS = 5000;

/** SIGSTOP for some seconds. */
export const FROZEN: readonly Fault[] = [
  {
    name: 'worker-frozen',
    says: {
      code: 'worker_frozen',
      text: /^[\w+]+-\d was frozen, and was ended \d+ s ago; it is started again$/,
      orElse: ['crash_loop'],
    },
    holdMs: WORKER_MS,
    make: async ({ pidOf, workers }, random) => freeze(await pidOf(random.pick(workers))),
  },
  {
    name: 'redis-frozen',
    says: { code: 'redis_frozen', text: /^Nothing is accepted: Redis is connected and does not answer/ },
    holdMs: REDIS_MS,
    make: async ({ pidOf }) => freeze(await pidOf('redis-0')),
  },
];
