import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** A schedule of each minute, while the two web processes that look after it are killed around each of its times: each minute once. */
// biome-ignore lint/style/noProcessEnv: how long the test may take is for who runs it to say
const MINUTES = Number(process.env['SCHEDULE_MINUTES'] ?? 10);
const MINUTE_MS = 60_000;
/** Killed so long after the minute has begun: before it is seen, while the job is asked for, and when all is done. */
const KILLED_AFTER_MS = [50, 300, 700, 1000, 1300];

let product: Product;
beforeAll(async () => {
  product = await startProduct({ kinds: ['emails'], env: { EMAILS_FROM: 'shop@example.no' } });
}, 120_000);
afterAll(() => product?.close());

interface Run {
  scheduledAt: string;
  at: string;
  outcome: string;
  job: string;
}

const ask = async <Answer>(path: string): Promise<Answer> => (await (await product.request(path)).json()) as Answer;

it(
  `each of ${MINUTES} minutes once`,
  async () => {
    let other = await product.startOtherWeb();
    const body = {
      cron: '* * * * *',
      timeZone: 'Australia/Lord_Howe',
      job: { kind: 'emails', input: { to: 'kari@example.no', subject: '{{scheduledAt}}', text: 'Hello.' } },
    };
    const put = await product.request('/v1/schedules/minute', {
      method: 'PUT',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(body),
    });
    expect(put.status).toBe(201);
    const { next } = (await put.json()) as { next: string[] };
    const first = Date.parse(next[0] ?? '');
    for (let minute = 0; minute < MINUTES; minute += 1) {
      const time = first + minute * MINUTE_MS;
      await delay(Math.max(0, time + (KILLED_AFTER_MS[minute % KILLED_AFTER_MS.length] ?? 0) - Date.now()));
      // In turn the one, the other, both, and Redis.
      if (minute % 4 !== 1) await product.web.stop('SIGKILL');
      if (minute % 4 === 1 || minute % 4 === 2) await other.web.stop('SIGKILL');
      if (minute % 4 === 3) await product.redis.kill();
      if (minute % 4 === 3) await product.redis.start();
      if (minute % 4 !== 1) await product.restartWeb();
      if (minute % 4 === 1 || minute % 4 === 2) other = await product.startOtherWeb();
    }
    const times = Array.from({ length: MINUTES }, (_, minute) => new Date(first + minute * MINUTE_MS).toISOString());
    const runs = await until('the last minute is in the history', async () => {
      const { runs: all } = await ask<{ runs: Run[] }>('/v1/schedules/minute/runs?limit=100');
      const seen = all.filter(({ scheduledAt }) => times.includes(scheduledAt));
      return seen.length === MINUTES && seen;
    });
    const { jobs } = await ask<{ jobs: { id: string; schedule: { scheduledAt: string } | null }[] }>(
      '/v1/jobs?limit=100',
    );
    const made = jobs.map(({ schedule }) => schedule?.scheduledAt ?? '').filter((time) => times.includes(time));
    const late = runs.map(({ scheduledAt, at }) => Date.parse(at) - Date.parse(scheduledAt));
    process.stdout.write(
      `${JSON.stringify({ minutes: MINUTES, jobs: made.length, lateMs: { most: Math.max(...late), all: late.toReversed() } })}\n`,
    );
    expect(made.toSorted()).toEqual(times);
    expect(runs.map(({ outcome }) => outcome)).toEqual(times.map(() => 'accepted'));
    for (const { job } of runs) await product.jobReaches(job, 'completed');
  },
  (MINUTES + 6) * MINUTE_MS,
);
