import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JobOptions, Share } from '../../src/jobs/options.ts';
import { takeJobScript } from '../../src/queue/scripts/line/take-job.ts';
import { queueKey, queueKeys } from '../../src/redis/keys.ts';
import { findUnfairTurn, watchLine } from '../support/line-events.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';
import { until } from '../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 1000 });
});
afterEach(() => queue.close());

const NAMES = ['alice', 'bob', 'carol', 'dave'];
const oneOf = (...values: string[]) => fc.constantFrom(...values);

/** Queues a job of a caller; answers its id. */
const add = async (caller: string, act = 'done', options: JobOptions = {}, share?: Share): Promise<string> =>
  (await queue.add(act, options, { caller, ...(share ? { share } : {}) })).id;

const find = (id: string) => queue.producer.find(id);
const allEnded = () =>
  until('all have ended', async () => {
    const counts = (await queue.producer.counts())['probes'];
    return counts && counts.waiting + counts.delayed + counts.active === 0;
  });
const startWorker = (places: number) => queue.startWorker({ IMAGES_CONCURRENCY: String(places) });

/** Takes the next job as a worker with a single place does, and ends it; undefined when none waits. */
async function takeOne(): Promise<unknown> {
  const redis = queue.redis.client();
  const keys = queueKeys('probes', 'active', 'wait', 'meta-paused');
  const taken = (await takeJobScript(redis, keys, [queueKey('probes', ''), 'worker', 1000, 1, 1])) as unknown[] | null;
  if (taken) await redis.lrem(queueKey('probes', 'active'), 1, String(taken[1]));
  return taken?.[1];
}

describe('random arrivals, delays, retries and pauses', () => {
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ do: fc.constant('add'), caller: oneOf(...NAMES), jobs: fc.integer({ min: 1, max: 8 }) }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ do: fc.constant('delay'), caller: oneOf(...NAMES), jobs: fc.integer({ min: 1, max: 4 }) }),
    },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('flaky'), caller: oneOf(...NAMES), jobs: fc.integer({ min: 1, max: 3 }) }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ do: oneOf('pause', 'resume'), caller: fc.constant(''), jobs: fc.constant(0) }),
    },
  );

  it.each([1, 2, 4])(
    '%i places: nobody without one waits for more than one job of each other caller',
    async (places) => {
      const callers = new Map<string, string>();
      const events = await watchLine(queue.redis, 'probes');
      startWorker(places);
      const plan = fc.array(step, { minLength: 60, maxLength: 60 });
      await fc.assert(
        fc.asyncProperty(plan, async (steps) => {
          for (const { do: what, caller, jobs } of steps) {
            if (what === 'pause' || what === 'resume') await queue.producer.setPaused('probes', what === 'pause');
            for (let count = 0; count < jobs; count += 1) {
              const options = what === 'delay' ? { runAt: new Date(Date.now() + 60 * count).toISOString() } : {};
              callers.set(await add(caller, what === 'flaky' ? 'flaky' : 'done', options), caller);
            }
          }
          await queue.producer.setPaused('probes', false);
          await allEnded();
        }),
        { numRuns: 1, endOnFailure: true },
      );
      expect(events.filter(({ what }) => what === 'ended')).toHaveLength(callers.size);
      expect(findUnfairTurn(events, (id) => callers.get(id) as string)).toBeNull();
    },
  );
});

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
    const taken: unknown[] = [];
    for (let id = await takeOne(); id !== undefined; id = await takeOne()) taken.push(id);
    expect(positions.map((position) => taken[(position ?? 0) - 1])).toEqual(ids);
  });

  it("a caller's turn comes after one job of each other, however many of these wait", async () => {
    const alice: string[] = [];
    for (let count = 0; count < 100; count += 1) alice.push(await add('alice'));
    const bob = [await add('bob'), await add('bob'), await add('bob')];
    const carol = await add('carol');
    const positions = async (ids: string[]) => Promise.all(ids.map(async (id) => (await find(id))?.position));
    expect(await positions([...bob, carol, ...alice.slice(0, 3)])).toEqual([2, 5, 7, 3, 1, 4, 6]);
    const events = await watchLine(queue.redis, 'probes');
    startWorker(1);
    await allEnded();
    const taken = events.filter(({ what }) => what === 'taken').map(({ id }) => id);
    expect(taken.slice(0, 7)).toEqual([alice[0], bob[0], carol, alice[1], bob[1], alice[2], bob[2]]);
  });

  it('a weight of 3 is three turns to one', async () => {
    const callers = new Map<string, string>();
    for (let count = 0; count < 30; count += 1) {
      callers.set(await add('alice'), 'alice');
      callers.set(await add('bob', 'done', {}, { weight: 3 }), 'bob');
    }
    const events = await watchLine(queue.redis, 'probes');
    startWorker(1);
    await allEnded();
    const taken = events.filter(({ what }) => what === 'taken').map(({ id }) => callers.get(id));
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
    const events = await watchLine(queue.redis, 'probes');
    startWorker(1);
    await allEnded();
    const taken = events.filter(({ what }) => what === 'taken').map(({ id }) => id);
    expect(taken).toEqual([high, ...normal, low]);
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
    startWorker(1);
    await allEnded();
    expect(queue.jobsNoted('done')).toEqual([ids[0], ids[2], ids[1]]);
  });
});
