import type { Fault } from './fault.ts';

/** SIGTERM. */
export const STOPPED: readonly Fault[] = [
  {
    name: 'worker-stopped',
    strike: async ({ pidOf, workers }, random) => void process.kill(await pidOf(random.pick(workers)), 'SIGTERM'),
  },
  {
    name: 'restart-of-all',
    async strike({ launcher, start }) {
      await launcher().stop();
      await start();
    },
  },
];
