import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { jobKey } from '../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';
import { until } from '../support/until.ts';

let queue: ProbeQueue;
beforeAll(async () => {
  queue = await openProbeQueue();
});
afterAll(() => queue.close());

const PLACE = ['--place', '0a1b2c3d:probes-0'];
const timelineOf = async (id: string) => {
  const job = await until('the job is there', () => queue.producer.find(id));
  return queue.producer.readTimeline(job);
};

it('keeps of each run who had it, when it began, and what it ended with: failures, deaths, waits, being run again', async () => {
  const worker = queue.startWorker({}, PLACE);
  const failed = await queue.add('fail');
  await queue.reaches(failed.id, 'failed');
  const first = await timelineOf(failed.id);
  expect(first.entries).toMatchObject([
    { code: 'internal', run: 1, used: true, againMs: expect.any(Number), by: expect.stringMatching(/^probes-0@./) },
    { code: 'internal', run: 2, used: true },
    { code: 'internal', run: 3, used: true },
  ]);
  const [one, two] = first.entries;
  expect([one?.began, two?.began].every((began) => typeof began === 'number')).toBe(true);
  expect(Number(two?.began)).toBeGreaterThanOrEqual(Number(one?.at));
  expect(first.entries.at(-1)?.againMs).toBeUndefined();

  // Run again by hand: what was before stays.
  expect(await queue.producer.retry(await queue.reaches(failed.id, 'failed'))).toBe(true);
  await until('it has failed again', async () => (await timelineOf(failed.id)).entries.length === 7);
  expect((await timelineOf(failed.id)).entries.map(({ code }) => code)).toEqual([
    ...['internal', 'internal', 'internal', 'run_again'],
    ...['internal', 'internal', 'internal'],
  ]);

  // One that completes keeps who did it, and no more.
  const done = await queue.add('done');
  await queue.reaches(done.id, 'completed');
  expect(await timelineOf(done.id)).toEqual({ entries: [], by: expect.stringMatching(/^probes-0@./) });
  expect(await queue.redis.client().hexists(jobKey('probes', done.id), 'timeline')).toBe(0);

  // A worker that dies, and who has the job now.
  const waiting = await queue.add('wait');
  await queue.noted(waiting.id, 'started');
  expect((await timelineOf(waiting.id)).by).toBe('probes-0');
  await worker.stop('SIGKILL');
  queue.letGo();
  queue.startWorker({}, PLACE);
  await queue.reaches(waiting.id, 'completed');
  expect((await timelineOf(waiting.id)).entries).toMatchObject([{ code: 'worker_died', used: true, by: 'probes-0' }]);
});

it('what waits over and over is one entry, and of hundreds of runs those in the middle are counted', async () => {
  const { finishRunScript } = await import('../../src/queue/scripts/runs/finish-run.ts');
  const redis = queue.redis.client();
  const key = jobKey('probes', 'prb_timeline');
  const keys = [key, `${key}:cancelled`, `${key}:usage`, `${key}:history`];
  const finish = async (entry: object) => {
    await redis.hset(key, { run: 'r/1', processedOn: 1_700_000_000_000, timestamp: 1_700_000_000_000 });
    await finishRunScript(redis, keys, ['r/1', 0, 0, 'prb_timeline', '', '', 0, 'mail_snoozed', JSON.stringify(entry)]);
  };
  for (let turn = 0; turn < 3; turn += 1) await finish({ run: 1, detail: `the ${turn}th`, againMs: 5 });
  const { readTimeline } = await import('../../src/queue/job-log.ts');
  const read = async () => (await readTimeline(redis, 'probes', 'prb_timeline')).entries;
  expect(await read()).toMatchObject([{ code: 'mail_snoozed', times: 3, detail: 'the 2th' }]);
  for (let run = 2; run <= 100; run += 1) await finish({ run, used: true, detail: 'x'.repeat(200) });
  const entries = await read();
  expect(entries).toHaveLength(26);
  expect(entries.map(({ run, code, times }) => (code === 'left_out' ? times : run))).toEqual([
    ...[1, 2, 3, 4, 5, 75],
    ...Array.from({ length: 20 }, (_, index) => 81 + index),
  ]);
  expect(Buffer.byteLength((await redis.hget(key, 'timeline')) ?? '')).toBeLessThan(10_000);
  await redis.hset(key, 'timeline', 'no JSON');
  await finish({ run: 1 });
  expect(await read()).toHaveLength(1);
});
