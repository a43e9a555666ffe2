import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Share } from '../../../src/jobs/options/options.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue([], { maxQueueDepth: 1000 });
});
afterEach(() => queue.close());

/** Queues that many jobs of a caller; answers their ids. */
async function add(caller: string, act: string, count = 1, share?: Share): Promise<string[]> {
  const ids: string[] = [];
  for (let added = 0; added < count; added += 1) {
    ids.push((await queue.add(act, {}, { caller, ...(share ? { share } : {}) })).id);
  }
  return ids;
}

const startWorker = (places: number) => queue.startWorker({ IMAGES_CONCURRENCY: String(places) });
const started = (count: number) =>
  until(`${count} have started`, () => queue.jobsNoted('started').length >= count && queue.jobsNoted('started'));

describe('places', () => {
  it('of three or more, one stays free for callers who hold none', async () => {
    const alice = await add('alice', 'wait', 6);
    startWorker(3);
    await started(2);
    const [bob = ''] = await add('bob', 'done');
    await queue.reaches(bob, 'completed');
    expect(queue.jobsNoted('started')).toEqual([...alice.slice(0, 2), bob]);
  });

  it('one that is freed goes to a caller who holds none, though another has waited longer', async () => {
    const [first = '', second = '', third = ''] = await add('alice', 'stubborn', 3);
    const worker = startWorker(2);
    await started(2);
    const [bob = ''] = await add('bob', 'wait');
    await queue.producer.cancel((await queue.producer.find(first)) as never);
    await queue.producer.cancel((await queue.producer.find(second)) as never);
    queue.letGo(String(worker.pid));
    await queue.noted(bob, 'started');
    await queue.noted(third, 'started');
    expect(queue.jobsNoted('started')).toEqual([first, second, bob, third]);
  });

  it('of a single one, a run gives it up once for a caller who has waited long, and uses no attempt', async () => {
    const [alice = ''] = await add('alice', 'wait');
    startWorker(1);
    await queue.noted(alice, 'started');
    const [bob = ''] = await add('bob', 'wait');
    await queue.noted(bob, 'started');
    expect(queue.journal(alice)).toEqual(['started', 'stopped:interrupted']);
    queue.letGo();
    const jobs = [await queue.reaches(bob, 'completed'), await queue.reaches(alice, 'completed')];
    expect(jobs.map(({ attemptsMade }) => attemptsMade)).toEqual([1, 1]);
  });

  it('a run that fetches holds none: others work meanwhile, and it gets one again', async () => {
    const alice = await add('alice', 'fetch', 3);
    startWorker(1);
    await until('all fetch', () => queue.jobsNoted('fetching').length === 3);
    const [bob = ''] = await add('bob', 'done');
    await queue.reaches(bob, 'completed');
    queue.letGo();
    for (const id of alice) expect(await queue.reaches(id, 'completed')).toMatchObject({ attemptsMade: 1 });
  });

  it('many that fetch: the rest of their caller is put back without an attempt, and another caller fetches too', async () => {
    const alice = await add('alice', 'fetch', 8);
    startWorker(1);
    await until('four are put back', async () => (await queue.producer.counts())['probes']?.delayed === 4);
    const [bob = ''] = await add('bob', 'fetch');
    await queue.noted(bob, 'fetching');
    const jobs = await Promise.all(alice.map((id) => queue.producer.find(id)));
    expect(jobs.flatMap((job) => (job?.state === 'delayed' ? [job] : []))).toEqual(
      Array.from({ length: 4 }, () => expect.objectContaining({ attemptsMade: 0, waitingOn: 'slot' })),
    );
    queue.letGo();
    await Promise.all([...alice, bob].map((id) => queue.reaches(id, 'completed')));
  });
});

describe("a key's most runs", () => {
  it('holds over all workers, and for runs that fetch', async () => {
    const ids = await add('alice', 'fetch', 3, { maxRunning: 2 });
    startWorker(2);
    startWorker(2);
    await until('two fetch', () => queue.jobsNoted('fetching').length === 2);
    const [bob = ''] = await add('bob', 'done');
    await queue.reaches(bob, 'completed');
    expect(await queue.producer.find(ids[2] as string)).toMatchObject({ state: 'waiting', waitingOn: 'quota' });
    queue.letGo();
    await Promise.all(ids.map((id) => queue.reaches(id, 'completed')));
  });

  it('holds over all kinds', async () => {
    const redis = queue.redis.client();
    startWorker(2);
    const [first = ''] = await add('alice', 'done', 1, { maxRunning: 1 });
    await queue.reaches(first, 'completed');
    await redis.hset(queueKey('others', 'oth_1'), 'caller', 'alice');
    await redis.rpush(queueKey('others', 'active'), 'oth_1');
    await until('it is counted', async () => (await redis.hget(queueKey('probes', 'runs-elsewhere'), 'alice')) === '1');
    const [second = ''] = await add('alice', 'done', 1, { maxRunning: 1 });
    expect(await queue.producer.find(second)).toMatchObject({ state: 'waiting', waitingOn: 'quota' });
    await redis.del(queueKey('others', 'active'));
    await queue.reaches(second, 'completed');
  });
});
