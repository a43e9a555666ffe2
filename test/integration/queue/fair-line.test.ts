import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JobOptions, Share } from '../../../src/jobs/options/options.ts';
import { takeJobsScript } from '../../../src/queue/scripts/line/take-jobs.ts';
import { queueKey, queueKeys } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { oneOf } from '../../support/properties/line-property.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 1000 });
});
afterEach(() => queue.close());

const NAMES = ['alice', 'bob', 'carol', 'dave'];

/** Queues a job of a caller; answers its id. */
const add = async (caller: string, act = 'done', options: JobOptions = {}, share?: Share): Promise<string> =>
  (await until('it is added', () => queue.add(act, options, { caller, ...(share ? { share } : {}) }))).id;

// On a busy machine Redis may take longer than a request waits for it.
const find = (id: string) => until(`${id} is found`, () => queue.producer.find(id));
/** Takes all jobs that wait, one after the other as a worker with a single place does; answers their ids. */
async function takeAll(): Promise<string[]> {
  const redis = queue.redis.client();
  const keys = queueKeys('probes', 'active', 'wait', 'meta-paused');
  const ids: string[] = [];
  for (;;) {
    const args = [queueKey('probes', ''), 'worker', 1000, 1, 1, 1, 'worker/1', 1];
    const [taken] = (await takeJobsScript(redis, keys, args)) as ['job', string][];
    if (!taken) return ids;
    ids.push(taken[1]);
    await redis.lrem(queueKey('probes', 'active'), 1, taken[1]);
  }
}

describe('the line', () => {
  it('positions tell the order in which jobs are taken, whatever callers, weights and priorities', async () => {
    const plan = fc.record({
      caller: oneOf(...NAMES),
      priority: fc.constantFrom<'high' | 'normal' | 'low'>('high', 'normal', 'low'),
    });
    const shares: Record<string, Share> = { bob: { weight: 3 }, carol: { weight: 0.5 } };
    const ids: string[] = [];
    for (const { caller, priority } of fc.sample(plan, 60)) {
      ids.push(await add(caller, 'done', { priority }, shares[caller]));
    }
    const positions = await Promise.all(ids.map(async (id) => (await find(id))?.position));
    const taken = await takeAll();
    expect(positions.map((position) => taken[(position ?? 0) - 1])).toEqual(ids);
  });

  it("a caller's turn comes after one job of each other, however many of these wait", async () => {
    const alice: string[] = [];
    for (let count = 0; count < 100; count += 1) alice.push(await add('alice'));
    const bob = [await add('bob'), await add('bob'), await add('bob')];
    const carol = await add('carol');
    const positions = async (ids: string[]) => Promise.all(ids.map(async (id) => (await find(id))?.position));
    expect(await positions([...bob, carol, ...alice.slice(0, 3)])).toEqual([2, 5, 7, 3, 1, 4, 6]);
    const taken = await takeAll();
    expect(taken.slice(0, 7)).toEqual([alice[0], bob[0], carol, alice[1], bob[1], alice[2], bob[2]]);
  });

  it('a weight of 3 is three turns to one', async () => {
    const callers = new Map<string, string>();
    for (let count = 0; count < 30; count += 1) {
      callers.set(await add('alice'), 'alice');
      callers.set(await add('bob', 'done', {}, { weight: 3 }), 'bob');
    }
    const taken = (await takeAll()).map((id) => callers.get(id));
    expect(taken.slice(0, 20).filter((caller) => caller === 'bob')).toHaveLength(15);
  });

  it('priority comes first among the jobs that wait; nothing is left of a line in which nobody waits', async () => {
    const low = await add('alice', 'done', { priority: 'low' });
    const normal = [await add('alice'), await add('bob')];
    const high = await add('bob', 'done', { priority: 'high' });
    const cancelled = await add('carol');
    const erased = await add('dave');
    await queue.producer.cancel((await find(cancelled)) as never);
    await queue.producer.erase((await find(erased)) as never);
    expect(await takeAll()).toEqual([high, ...normal, low]);
    const left = [
      'line',
      'turns',
      'turns:tags',
      'turns:time',
      'turns:last',
      'line-of:alice',
      'line-of:carol',
      'line-of:dave',
    ];
    expect(await queue.redis.client().exists(...left.map((name) => queueKey('probes', name)))).toBe(0);
  });

  it('jobs that an earlier version left in the list are taken, in turns too', async () => {
    const ids = [await add('alice'), await add('alice'), await add('bob')];
    const redis = queue.redis.client();
    const names = ['line', 'turns', 'turns:tags', 'turns:came', 'line-of:alice', 'line-of:bob'];
    await redis.del(...names.map((name) => queueKey('probes', name)));
    for (const id of ids) await redis.hdel(queueKey('probes', id), 'caller');
    expect(await takeAll()).toEqual([ids[0], ids[2], ids[1]]);
  });
});

it('over the most runs of its key a job waits, and says so; the next runs when one has ended', async () => {
  const share = { maxRunning: 1 };
  const [first, second] = [await add('alice', 'wait', {}, share), await add('alice', 'wait', {}, share)];
  queue.startWorker();
  await queue.noted(first, 'started');
  expect(await find(second)).toMatchObject({ state: 'waiting', waitingOn: 'quota', position: 1 });
  const bob = await add('bob');
  await queue.reaches(bob, 'completed');
  queue.letGo();
  await queue.reaches(second, 'completed');
  expect(queue.journal(second)).toEqual(['started', 'done']);
});
