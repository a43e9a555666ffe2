import { BY_ITSELF, post, supervise } from './acts.ts';
import type { Fault } from './fault.ts';

/** SIGTERM, and what an operator does. */
export const STOPPED: readonly Fault[] = [
  {
    name: 'worker-stopped',
    async make({ pidOf, workers }, random) {
      process.kill(await pidOf(random.pick(workers)), 'SIGTERM');
      return BY_ITSELF;
    },
  },
  {
    name: 'workers-stopped',
    says: {
      code: 'queue_oldest',
      text: /^Images wait too long: the oldest \d+ s \(the mark is \d+ s\); [\d,]+ waits?$/,
    },
    kinds: ['images'],
    async make(deployment) {
      const programs = deployment.workers.filter((name) => name.startsWith('images')).map((name) => `app:${name}`);
      for (const program of programs) await supervise(deployment, 'stopProcess', program);
      await post(deployment, 'images');
      return () => Promise.all(programs.map((program) => supervise(deployment, 'startProcess', program)));
    },
  },
  {
    name: 'queue-paused',
    says: {
      code: 'queue_paused',
      text: /^Reports paused by the key operator \d+ s ago; [\d,]+ waits?, the oldest \d+ s$/,
    },
    kinds: ['reports'],
    async make(deployment) {
      const press = (action: string) =>
        deployment.asOperator(`/admin/reports/${action}`, { method: 'POST', redirect: 'manual' });
      await press('pause');
      await post(deployment, 'reports');
      return () => press('resume');
    },
  },
  {
    name: 'restart-of-all',
    async make({ launcher, start }) {
      await launcher().stop();
      return start;
    },
  },
];
