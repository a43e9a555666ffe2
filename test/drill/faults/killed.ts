import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { jobLockKey, queueKey } from '../../../src/redis/keys.ts';
import { until } from '../../support/until.ts';
import { BY_ITSELF, kill, post } from './acts.ts';
import type { Fault } from './fault.ts';

/** So that supervisord has it up again, and it dies again. */
const UP_WITHIN_MS = 2500;
const MAILS_WORKER = 'emails+webhooks+calls+flows-0';

/** kill -9. */
export const KILLED: readonly Fault[] = [
  {
    name: 'web-killed',
    says: { code: 'process_died', text: /^web-\d died \d+ s ago \(SIGKILL\)/, stays: true, orElse: ['crash_loop'] },
    async make(deployment) {
      await kill(deployment, 'web-0');
      return BY_ITSELF;
    },
  },
  {
    name: 'worker-killed',
    says: {
      code: 'worker_gone',
      text: /^[\w+]+-\d died \d+ s ago \(SIGKILL\); it is started again$/,
      orElse: ['crash_loop'],
    },
    async make(deployment, random) {
      for (const name of random.shuffle(deployment.workers).slice(0, 3)) await kill(deployment, name);
      return BY_ITSELF;
    },
  },
  {
    name: 'worker-in-a-loop',
    says: {
      code: 'crash_loop',
      text: /^images-1 does not stay up: it ended \d+ times within 5 min, last by SIGKILL/,
      stays: true,
    },
    kinds: ['images'],
    async make(deployment) {
      for (let times = 0; times < 3; times += 1) {
        await kill(deployment, 'images-1');
        await delay(UP_WITHIN_MS);
      }
      return BY_ITSELF;
    },
  },
  {
    name: 'poison-job',
    says: { code: 'poison_job', text: /^The job eml_\w+ has killed \d workers within 5 min/, stays: true },
    kinds: ['emails'],
    async make(deployment) {
      await deployment.gates.relay.hang();
      await post(deployment, 'emails');
      const killed = new Map<number, string[]>();
      while (killed.size < 2) {
        const [pid, held] = await until('a worker that lives runs one of them', async () => {
          const pid = await deployment.pidOf(MAILS_WORKER);
          if (killed.has(pid)) return null;
          const held = await deployment.withRedis((redis) => findHeld(redis, pid));
          const before = [...killed.values()].flat();
          return held.some((id) => before.length === 0 || before.includes(id)) ? ([pid, held] as const) : null;
        });
        process.kill(pid, 'SIGKILL');
        killed.set(pid, held);
      }
      return () => deployment.gates.relay.open();
    },
  },
  {
    name: 'redis-killed',
    says: { code: 'process_died', text: /^redis-0 died \d+ s ago \(SIGKILL\)/, stays: true, orElse: ['crash_loop'] },
    async make(deployment) {
      await kill(deployment, 'redis-0');
      return BY_ITSELF;
    },
  },
  {
    name: 'supervisord-killed',
    async make({ paths, launcher, start }) {
      process.kill(Number(readFileSync(join(paths.run, 'supervisord.pid'), 'utf8')), 'SIGKILL');
      await launcher().exited;
      return start;
    },
  },
];

/** The mails that the worker of that pid runs. */
async function findHeld(redis: Redis, pid: number): Promise<string[]> {
  const ids = await redis.lrange(queueKey('emails', 'active'), 0, -1);
  const tokens = await Promise.all(ids.map((id) => redis.get(jobLockKey('emails', id))));
  return ids.filter((_, index) => tokens[index]?.includes(`:${pid}:`));
}
