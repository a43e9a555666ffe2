import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault.ts';

/** kill -9. */
export const KILLED: readonly Fault[] = [
  {
    name: 'web-killed',
    strike: async ({ pidOf }) => void process.kill(await pidOf('web-0'), 'SIGKILL'),
  },
  {
    name: 'worker-killed',
    async strike({ pidOf, workers }, random) {
      for (const name of random.shuffle(workers).slice(0, 3)) process.kill(await pidOf(name), 'SIGKILL');
    },
  },
  {
    name: 'redis-killed',
    strike: async ({ pidOf }) => void process.kill(await pidOf('redis-0'), 'SIGKILL'),
  },
  {
    name: 'supervisord-killed',
    async strike({ paths, launcher, start }) {
      process.kill(Number(readFileSync(join(paths.run, 'supervisord.pid'), 'utf8')), 'SIGKILL');
      await launcher().exited;
      await start();
    },
  },
];
