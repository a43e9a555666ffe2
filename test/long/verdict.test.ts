import { execFileSync } from 'node:child_process';
import { appendFileSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { call } from '../../bin/watch/rpc.js';
import { jobLockKey } from '../../src/redis/keys.ts';
import type { VerdictCode } from '../../src/verdict/codes.ts';
import type { Verdict } from '../../src/verdict/judge.ts';
import { reports } from '../../workers/reports/job.ts';
import { type Deployment, OPERATOR, openDeployment } from '../drill/deployment.ts';
import { startProcess } from '../support/processes.ts';
import { findFreePort } from '../support/product.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';
import { withClock } from '../support/wrong-clock.ts';

/**
 * What can be wrong, made one by one in the product as `npm start` runs it: the verdict says it while it is so, with its
 * code and its sentence, and no longer when it is mended. With VERDICT_TIMES set, a file gets how long each took.
 */
let deployment: Deployment;
beforeAll(async () => {
  deployment = await openDeployment({
    dataDir: undefined,
    say: () => {},
    env: { VERDICT_WAITING: '5s', WEBHOOKS_ALLOW: '127.0.0.1,localhost' },
  });
}, 300_000);
afterAll(() => deployment.close(), 60_000);

const asOperator = (path: string, init: RequestInit = {}) =>
  deployment.request(path, { ...init, headers: { ...(init.headers as object), Authorization: `Bearer ${OPERATOR}` } });
const ask = async (): Promise<Verdict> => (await asOperator('/v1/verdict')).json() as Promise<Verdict>;
const supervise = (step: 'startProcess' | 'stopProcess', name: string) =>
  call(deployment.paths.supervisorSocket, `supervisor.${step}`, [name]);

/** A fault: what is said of it, how it is made, and how it is mended (which it answers with). */
interface Made {
  code: VerdictCode;
  says: RegExp;
  make(): Promise<() => unknown>;
  /** Whether it stays for as long as its history. */
  stays?: boolean;
}

const configure = (name: string, value: string) =>
  deployment.withRedis(async (redis) => {
    const [, before = ''] = (await redis.config('GET', name)) as string[];
    await redis.config('SET', name, value);
    return () => deployment.withRedis((again) => again.config('SET', name, before));
  });
const fill = async (share: number) => {
  const used = await deployment.withRedis(async (redis) => {
    await redis.setrange('test:filler', 64_000_000, 'x');
    return Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  });
  const mend = await configure('maxmemory', String(Math.floor(used / share)));
  return async () => {
    await deployment.withRedis((redis) => redis.del('test:filler'));
    await mend();
  };
};
const freeze = async (pid: number) => {
  process.kill(pid, 'SIGSTOP');
  return () => {
    try {
      process.kill(pid, 'SIGCONT');
    } catch {
      // The watch has ended it.
    }
  };
};
const lockOf = (id: string) => deployment.withRedis((redis) => redis.get(jobLockKey('emails', id)));
const kill = async (name: string) => process.kill(await deployment.pidOf(name), 'SIGKILL');
const post = (path: string, body: object) =>
  deployment.request(path, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
  });
const mail = { to: ['kari@example.no'], subject: 'Hei', text: 'Hei.' };
const postMails = async (count: number) => {
  for (let sent = 0; sent < count; sent += 1) expect((await post('/v1/emails', mail)).status).toBe(202);
};
const photo = () =>
  sharp({ create: { width: 64, height: 64, channels: 3, background: '#27507c' } })
    .jpeg()
    .toBuffer();
const postPhoto = async (body: Uint8Array, query: Record<string, string> = {}) => {
  const answer = await deployment.request(`/v1/images?${new URLSearchParams(query)}`, {
    method: 'POST',
    headers: { 'Content-Type': 'image/jpeg' },
    body: new Uint8Array(body),
  });
  expect(answer.status).toBe(202);
  return ((await answer.json()) as { id: string }).id;
};
/** Leaves so much of storage's disk free. */
const leaveFree = async (bytes: number) => {
  const { storage } = deployment.paths;
  const { bavail, bsize } = statfsSync(storage);
  const file = join(storage, 'filler-of-the-test');
  execFileSync('fallocate', ['-l', String(bavail * bsize - bytes), file]);
  return () => execFileSync('rm', [file]);
};
/** A worker that another host, or a broken one, would have. */
const startWorker = (kinds: string[], env: Record<string, string>) => {
  const settings = { ...deployment.env, REDIS_URL: `unix:${deployment.paths.redisSocket}`, ...env };
  const worker = startProcess(process.execPath, ['workers/main.ts', ...kinds], settings);
  return async () => void (await worker.stop());
};
const WITHOUT_NODEMAILER = `import { registerHooks } from 'node:module';
  registerHooks({ resolve: (name, context, next) => {
    if (name === 'nodemailer') throw new Error("Cannot find package 'nodemailer'");
    return next(name, context);
  } });`;

const REDIS: Made[] = [
  {
    code: 'redis_gone',
    says: /^Nothing is accepted: Redis is gone \((no socket there|connection refused)\) since \d\d:\d\d UTC$/,
    async make() {
      await supervise('stopProcess', 'redis:redis-0');
      return () => supervise('startProcess', 'redis:redis-0');
    },
  },
  {
    code: 'redis_frozen',
    says: /^Nothing is accepted: Redis is connected and does not answer since/,
    make: async () => freeze(await deployment.pidOf('redis-0')),
  },
  { code: 'redis_memory', says: /^Nothing is accepted: Redis is 9\d % full since/, make: () => fill(0.92) },
  { code: 'redis_full', says: /^Nothing is accepted: Redis is 1\d\d % full since/, make: () => fill(1.05) },
  {
    code: 'redis_replica',
    says: /^Nothing is accepted: Redis is a replica and takes no writes since/,
    async make() {
      await deployment.withRedis((redis) => redis.replicaof('127.0.0.1', 1));
      return () => deployment.withRedis((redis) => redis.replicaof('NO', 'ONE'));
    },
  },
];

const DISKS: Made[] = [
  {
    code: 'redis_log',
    says: /^Nothing is accepted: Redis can not write its log to disk/,
    async make() {
      // One that syncs before it answers would end instead.
      const mend = await configure('appendfsync', 'everysec');
      deployment.disks?.data.fill();
      // What lay in the way of others makes room for Redis, once.
      await delay(3000);
      deployment.disks?.data.fill();
      return async () => {
        deployment.disks?.data.makeRoom();
        await until('Redis writes its log', () => mend());
      };
    },
  },
  {
    code: 'disk_reserve',
    says: /^Nothing is accepted: the disk of storage has \d+ MB free of the [\d.]+ MB that it keeps free since/,
    make: () => leaveFree(100_000_000),
  },
  {
    code: 'disk_full',
    says: /^Nothing is accepted and results wait: the disk of storage is full \(/,
    async make() {
      deployment.disks?.storage.fill();
      return () => deployment.disks?.storage.makeRoom();
    },
  },
  {
    code: 'disk_read_only',
    says: /^No upload or result can be kept: the disk of storage is read-only since/,
    async make() {
      const set = (isWritable: boolean) =>
        until('storage is remounted', () => {
          deployment.disks?.storage.setWritable(isWritable);
          return true;
        });
      await set(false);
      return () => set(true);
    },
  },
];

const RELAY: Made[] = [
  {
    code: 'relay_gone',
    says: /^Mail is put off: the mail relay accepts no connections/,
    async make() {
      await deployment.gates.relay.shut();
      return () => deployment.gates.relay.open();
    },
  },
  {
    code: 'relay_login',
    says: /^Mail is put off: the mail relay does not accept our credentials: 535/,
    async make() {
      deployment.smtp.misbehaviour.auth = { code: 535, text: '5.7.8 Authentication failed' };
      // Connections that are logged in are kept for mails.
      await deployment.gates.relay.open();
      await postMails(1);
      return () => delete deployment.smtp.misbehaviour.auth;
    },
  },
  {
    code: 'relay_put_off',
    says: /^Mail is put off: the mail relay takes no mail now: 421/,
    async make() {
      deployment.smtp.misbehaviour.rcpt = () => ({ code: 421, text: '4.3.2 Service not available' });
      await postMails(6);
      return () => delete deployment.smtp.misbehaviour.rcpt;
    },
  },
  {
    code: 'sender_refused',
    says: /^Mail from drill@example\.org is put off: the mail relay does not take mail of this sender: 553/,
    async make() {
      const text = '5.7.1 <drill@example.org>: Sender address rejected: not owned by user drill';
      deployment.smtp.misbehaviour.rcpt = () => ({ code: 553, text });
      await postMails(6);
      return () => delete deployment.smtp.misbehaviour.rcpt;
    },
  },
];

const QUEUES: Made[] = [
  {
    code: 'queue_paused',
    says: /^Reports paused by the key operator \d+ s ago; 1 waits, the oldest \d+ s$/,
    async make() {
      const press = (action: string) => asOperator(`/admin/reports/${action}`, { method: 'POST', redirect: 'manual' });
      await press('pause');
      expect((await post('/v1/reports', reports.example as object)).status).toBe(202);
      return () => press('resume');
    },
  },
  {
    code: 'queue_oldest',
    says: /^Images wait too long: the oldest \d+ s \(the mark is 5 s\); 1 waits$/,
    async make() {
      for (const number of [0, 1]) await supervise('stopProcess', `app:images-${number}`);
      await postPhoto(await photo());
      return async () => {
        for (const number of [0, 1]) await supervise('startProcess', `app:images-${number}`);
      };
    },
  },
  {
    code: 'webhooks_host',
    says: /^All webhooks to 127\.0\.0\.1:\d+ fail: connection refused \(\d+ in a row\) since/,
    async make() {
      await deployment.gates.receiver.shut();
      const body = await photo();
      for (let sent = 0; sent < 6; sent += 1) await postPhoto(body, { callbackUrl: deployment.receiverUrl });
      return () => deployment.gates.receiver.open();
    },
  },
  {
    code: 'webhooks_all',
    says: /^All webhooks fail: none of the 2 hosts that they go to takes one \(.*: connection refused\) since/,
    async make() {
      await deployment.gates.receiver.shut();
      const [body, port] = [await photo(), await findFreePort()];
      for (let sent = 0; sent < 6; sent += 1) {
        await postPhoto(body, { callbackUrl: deployment.receiverUrl });
        await postPhoto(body, { callbackUrl: `http://localhost:${port}/hook` });
      }
      return async () => {
        await deployment.gates.receiver.open();
        await postPhoto(body, { callbackUrl: deployment.receiverUrl });
      };
    },
  },
  {
    code: 'input_errors',
    says: /^\d+ % of the images of the last hour failed with image_unreadable \(\d+ of \d+\) since/,
    async make() {
      const whole = await photo();
      const broken = Buffer.concat([whole.subarray(0, whole.length - 40), Buffer.alloc(20)]);
      for (let sent = 0; sent < 20; sent += 1) await postPhoto(broken);
      return () => {};
    },
    stays: true,
  },
];

const HOSTS: Made[] = [
  {
    code: 'clock_off',
    says: /^The clock of .+ is 2 h 0 min ahead of that of Redis/,
    make: async () => startWorker(['reports'], withClock(7_200_000)),
  },
  {
    code: 'library_not_loading',
    says: /^The email workers of .+ can not work: a library does not load \(Cannot find package 'nodemailer'\) since/,
    async make() {
      const importIt = `--import=data:text/javascript,${encodeURIComponent(WITHOUT_NODEMAILER)}`;
      const stop = startWorker(['emails'], { NODE_OPTIONS: importIt });
      return async () => {
        await stop();
        const whole = startWorker(['emails'], {});
        await delay(6000);
        await whole();
      };
    },
  },
  {
    code: 'foreign_host',
    says: /^A process on .+ does not start: it has another folder, with another secret/,
    async make() {
      const { path, remove } = makeTempDir();
      const stop = startWorker(['reports'], { DATA_DIR: path });
      return async () => {
        await stop();
        remove();
      };
    },
    stays: true,
  },
];

const WORKERS: Made[] = [
  {
    code: 'worker_gone',
    says: /^images-1 died \d+ s ago \(SIGKILL\); it is started again$/,
    async make() {
      await kill('images-1');
      return () => {};
    },
  },
  {
    code: 'worker_frozen',
    says: /^reports-0 was frozen, and was ended \d+ s ago; it is started again$/,
    make: async () => freeze(await deployment.pidOf('reports-0')),
  },
  {
    code: 'poison_job',
    says: /^The job eml_\w+ has killed 2 workers within 5 min/,
    async make() {
      await deployment.gates.relay.hang();
      const { id } = (await (await post('/v1/emails', mail)).json()) as { id: string };
      const killed = new Set<number>();
      while (killed.size < 2) {
        const pid = await until('it runs in a worker that lives', async () => {
          const [token, pid] = [await lockOf(id), await deployment.pidOf('emails+webhooks+calls-0')];
          return token?.includes(`:${pid}:`) && !killed.has(pid) ? pid : null;
        });
        process.kill(pid, 'SIGKILL');
        killed.add(pid);
      }
      return () => deployment.gates.relay.open();
    },
    stays: true,
  },
  {
    code: 'crash_loop',
    says: /^images-1 does not stay up: it ended \d times within 5 min, last by SIGKILL since/,
    async make() {
      for (let times = 0; times < 3; times += 1) {
        await kill('images-1');
        await delay(2500);
      }
      return () => {};
    },
    stays: true,
  },
];

async function see({ code, says, make, stays = false }: Made): Promise<void> {
  const mend = await make();
  const madeAt = performance.now();
  const find = async () => {
    const verdict = await ask();
    const { items, text } = verdict;
    const found = items.find((item) => item.code === code);
    if (!found || ![text, ...items.map((item) => item.text)].some((one) => says.test(one)))
      throw new Error(JSON.stringify(verdict));
    return { text, found };
  };
  const seen = await until(`the verdict says ${code}`, find, { timeoutMs: 30_000, everyMs: 250 }).finally(mend);
  const seenMs = performance.now() - madeAt;
  const isAmber = ['queue_paused', 'webhooks_host', 'input_errors'].includes(code);
  expect(seen.found.level).toBe(isAmber ? 'amber' : 'red');
  const mendedAt = performance.now();
  if (!stays) {
    const isGone = async () => {
      const verdict = await ask();
      if (verdict.items.some((item) => item.code === code)) throw new Error(JSON.stringify(verdict));
      return true;
    };
    await until(`the verdict no longer says ${code}`, isGone, { timeoutMs: 120_000, everyMs: 250 });
  }
  note(code, seen.text, [seenMs, performance.now() - mendedAt]);
}

/** Writes how long it took, where that is asked for. */
function note(code: string, text: string, times: number[]): void {
  // biome-ignore lint/style/noProcessEnv: a switch of this test alone
  const file = process.env['VERDICT_TIMES'];
  const seconds = times.map((ms) => (ms / 1000).toFixed(1)).join(' s, gone after ');
  if (file) appendFileSync(file, `${code}: seen after ${seconds} s: ${text}\n`);
}

describe.each([
  ['Redis', REDIS],
  ['disks', DISKS],
  ['the relay', RELAY],
  ['queues and webhooks', QUEUES],
  ['hosts', HOSTS],
  ['workers', WORKERS],
])('%s', (_name, faults) => {
  it.each(faults.map((fault) => [fault.code, fault] as const))(
    '%s',
    async (_code, fault) => {
      await see(fault);
    },
    240_000,
  );
});
