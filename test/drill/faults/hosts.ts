import { setTimeout as delay } from 'node:timers/promises';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { withClock } from '../../support/wrong-clock.ts';
import type { Deployment } from '../deployment.ts';
import type { Fault } from './fault.ts';

const TOGETHER_MS = 8000;
const HOUR_MS = 3_600_000;

/** Starts a worker as another host would, on the same Redis. */
const startWorker = ({ env, paths }: Deployment, more: Record<string, string>) =>
  startProcess(process.execPath, ['workers/main.ts', 'reports', 'emails', 'webhooks'], {
    ...env,
    REDIS_URL: `unix:${paths.redisSocket}`,
    ...more,
  });

export const HOSTS: readonly Fault[] = [
  {
    name: 'clock-off',
    async strike(deployment, random) {
      const worker = startWorker(deployment, withClock(random.pick([-2, 2]) * HOUR_MS));
      const ended = await Promise.race([worker.exited, delay(TOGETHER_MS, 'runs' as const)]);
      if (ended !== 'runs') throw new Error(`a worker with a wrong clock ended with ${ended}\n${worker.output()}`);
      await worker.stop();
    },
  },
  {
    name: 'second-host',
    async strike(deployment) {
      const { path: folder, remove } = makeTempDir();
      const worker = startWorker(deployment, { DATA_DIR: folder });
      // It must not take a job, so it must end by itself.
      const ended = await Promise.race([worker.exited, delay(30_000, 'runs' as const)]);
      if (ended === 'runs') await worker.stop('SIGKILL');
      remove();
      if (ended !== 1)
        throw new Error(`a worker with another folder did not refuse to start: ${ended}\n${worker.output()}`);
    },
  },
];
