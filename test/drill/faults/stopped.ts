import { type Fault, WORKERS } from './fault.ts';

/** SIGTERM. */
export const STOPPED: readonly Fault[] = [
  {
    name: 'worker-stopped',
    strike: async ({ pidOf }, random) => void process.kill(await pidOf(random.pick(WORKERS)), 'SIGTERM'),
  },
  {
    name: 'restart-of-all',
    async strike({ launcher, start }) {
      await launcher().stop();
      await start();
    },
  },
];
