import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { balance, startPostStorm } from '../../support/http/post-storm.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** Between two faults. */
const PAUSE_MS = 700;
const ALLOWED = ['accepted', 'queue_unavailable', 'queue_full', 'quota_exceeded', 'outcome_unknown'];
/** What a request may wait for Redis (10 s), and what a busy machine adds. */
const LONGEST_MS = 15_000;

let product: Product;
let server: TestSmtpServer;
afterEach(async () => {
  await product.close();
  await server.close();
});

async function open(env: Record<string, string> = {}) {
  server = await openSmtpServer();
  product = await startProduct({ kinds: ['emails'], env: { SMTP_URL: server.url, ...env } });
  return product.redis.client();
}

/** Posts under a fault that comes again and again, with the lengths given in turns; prints and checks what it came to. */
async function storm(name: string, posts: number, fault: (ms: number) => Promise<unknown>, lengthsMs: number[]) {
  const load = await startPostStorm(product, posts);
  for (let turn = 0; !load.isOver(); turn += 1) {
    await delay(PAUSE_MS);
    await fault(lengthsMs[turn % lengthsMs.length] as number);
  }
  const { outcomes, untrue, mails, longestMs } = await balance(product, await load.ended());
  process.stdout.write(`${name}: ${JSON.stringify({ ...outcomes, longestMs })}\n`);
  expect(Object.keys(outcomes).filter((one) => !ALLOWED.includes(one))).toEqual([]);
  expect(untrue).toEqual([]);
  expect(longestMs).toBeLessThan(LONGEST_MS);
  await until('all mails have left', queueIsEmpty, { timeoutMs: 120_000 });
  expect(server.mails).toHaveLength(mails);
  return outcomes;
}

async function queueIsEmpty() {
  const body = await (await product.request('/metrics', { key: KEYS.operator })).text();
  return /heavylift_jobs\{kind="emails",state="(waiting|active|delayed)"\} [1-9]/.test(body) ? null : true;
}

/** The least that a Redis of the product has. */
const LEAST_MEMORY = 64_000_000;
const FILLER = 'test:filler';

/** Leaves Redis no memory for that long. */
async function fill(observer: Redis, ms: number) {
  const [, limit = '0'] = (await observer.config('GET', 'maxmemory')) as string[];
  await observer.setrange(FILLER, LEAST_MEMORY, 'x');
  await observer.config('SET', 'maxmemory', LEAST_MEMORY);
  await delay(ms);
  await observer.del(FILLER);
  await observer.config('SET', 'maxmemory', limit);
}

/** Settings for processes whose clock jumps an hour ahead at their first SIGWINCH. */
const JUMPING_CLOCK = {
  NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(`
    let ahead = 0;
    process.on('SIGWINCH', () => { ahead = 3600000; });
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...given) { given.length > 0 ? super(...given) : super(RealDate.now() + ahead); }
      static now() { return RealDate.now() + ahead; }
    };`)}`,
};

describe('under load of the API and of forms, every refusal is of a job that is not there, every 202 of one that is, and each mail leaves once', () => {
  it('Redis stands still, for 0.2 to 12 s', async () => {
    await open();
    const freeze = async (ms: number) => {
      product.redis.freeze();
      await delay(ms);
      product.redis.thaw();
    };
    await storm('frozen', 5000, freeze, [200, 400, 600, 1000, 3000, 12_000]);
  });

  it('Redis is killed and started again', async () => {
    await open();
    const kill = async (ms: number) => {
      await product.redis.kill();
      await delay(ms);
      await product.redis.start();
    };
    await storm('killed', 3000, kill, [0, 300, 2000]);
  });

  it('the master is demoted and made a master again', async () => {
    const observer = await open();
    const nobody = await findFreePort();
    const demote = async (ms: number) => {
      await observer.call('REPLICAOF', '127.0.0.1', String(nobody));
      await delay(ms);
      await observer.call('REPLICAOF', 'NO', 'ONE');
    };
    await storm('demoted', 3000, demote, [100, 1000, 3000]);
  });

  it('Redis is full', async () => {
    const observer = await open();
    await storm('full', 3000, (ms) => fill(observer, ms), [100, 1000, 3000]);
  });

  it('the clock of web and worker is stepped by an hour: nothing is refused', async () => {
    await open(JUMPING_CLOCK);
    const jump = async () => {
      for (const one of [product.web, ...product.workers]) one.signal('SIGWINCH');
    };
    expect(await storm('stepped clock', 3000, jump, [0])).toEqual({ accepted: 3000 });
  });
});
