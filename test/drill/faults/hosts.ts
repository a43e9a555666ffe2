import { setTimeout as delay } from 'node:timers/promises';
import { withClock } from '../../support/operations/wrong-clock.ts';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import type { Deployment } from '../deployment.ts';
import type { Fault } from './fault.ts';

const TOGETHER_MS = 8000;
const HOUR_MS = 3_600_000;
/** Until a worker has loaded what it needs, and said so. */
const LOADED_MS = 6000;

/** Starts a worker as another host would, on the same Redis. */
const startWorker = ({ env, paths }: Deployment, kinds: readonly string[], more: Record<string, string> = {}) =>
  startProcess(process.execPath, ['workers/main.ts', ...kinds], {
    ...env,
    REDIS_URL: `unix:${paths.redisSocket}`,
    ...more,
  });

const WITHOUT_NODEMAILER = `import { registerHooks } from 'node:module';
  registerHooks({ resolve: (name, context, next) => {
    if (name === 'nodemailer') throw new Error("Cannot find package 'nodemailer'");
    return next(name, context);
  } });`;

export const HOSTS: readonly Fault[] = [
  {
    name: 'clock-off',
    says: { code: 'clock_off', text: /^The clock of .+ is 2 h \d+ min (ahead of|behind) that of Redis/ },
    holdMs: TOGETHER_MS,
    async make(deployment, random) {
      const worker = startWorker(
        deployment,
        ['reports', 'emails', 'webhooks'],
        withClock(random.pick([-2, 2]) * HOUR_MS),
      );
      return async () => {
        const ended = await Promise.race([worker.exited, delay(0, 'runs' as const)]);
        if (ended !== 'runs') throw new Error(`a worker with a wrong clock ended with ${ended}\n${worker.output()}`);
        await worker.stop();
      };
    },
  },
  {
    name: 'second-host',
    says: {
      code: 'foreign_host',
      text: /^A process on .+ does not start: it has another folder, with another secret/,
      stays: true,
    },
    async make(deployment) {
      const { path: folder, remove } = makeTempDir();
      const worker = startWorker(deployment, ['reports', 'emails', 'webhooks'], { DATA_DIR: folder });
      return async () => {
        // It must not take a job, so it must end by itself.
        const ended = await Promise.race([worker.exited, delay(30_000, 'runs' as const)]);
        if (ended === 'runs') await worker.stop('SIGKILL');
        remove();
        if (ended !== 1)
          throw new Error(`a worker with another folder did not refuse to start: ${ended}\n${worker.output()}`);
      };
    },
  },
  {
    name: 'library-not-loading',
    says: {
      code: 'library_not_loading',
      text: /^The email workers of .+ can not work: a library does not load \(Cannot find package 'nodemailer'\)/,
    },
    kinds: ['emails'],
    async make(deployment) {
      const importIt = `--import=data:text/javascript,${encodeURIComponent(WITHOUT_NODEMAILER)}`;
      const broken = startWorker(deployment, ['emails'], { NODE_OPTIONS: importIt });
      return async () => {
        await broken.stop();
        // What loads there now says so.
        const whole = startWorker(deployment, ['emails']);
        await delay(LOADED_MS);
        await whole.stop();
      };
    },
  },
];
