import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { keysWith } from '../../support/redis/redis-content.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue();
});
afterEach(() => queue.close());

/** Queues that many jobs, one after the other; answers their ids. */
async function add(act: string, count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let added = 0; added < count; added += 1) ids.push((await queue.add(act)).id);
  return ids;
}

const statesOf = (ids: string[]) => Promise.all(ids.map(async (id) => (await queue.producer.find(id))?.state));
const reach = (ids: string[], timeoutMs?: number) =>
  Promise.all(ids.map((id) => queue.reaches(id, 'completed', timeoutMs)));
const entered = (count: number) => until(`${count} have entered`, () => queue.jobsNoted('entered').length === count);
const delayed = (count: number) =>
  until(`${count} are delayed`, async () => (await queue.producer.counts())['probes']?.delayed === count);

describe('heavy jobs', () => {
  it('one slot is left to light ones: those are done while heavy ones that came before them still wait', async () => {
    const heavy = await add('heavy', 4);
    const light = await add('done', 10);
    queue.startWorker();
    await reach(light);
    await delayed(3);
    expect(await statesOf(heavy)).toEqual(['active', 'delayed', 'delayed', 'delayed']);
    expect(queue.jobsNoted('entered')).toEqual(heavy.slice(0, 1));
  });

  it('sent back to wait: no attempt is used up, no error is shown, no slot is held', async () => {
    const [, second = ''] = await add('heavy', 2);
    queue.startWorker();
    await delayed(1);
    expect(await queue.producer.find(second)).toMatchObject({ state: 'delayed', attemptsMade: 0, error: null });
    queue.letGo();
    expect(await queue.reaches(second, 'completed')).toMatchObject({ attemptsMade: 1 });
  });

  it('as soon as one ends, the one that waits longest is next: none waits for its own delay', async () => {
    queue.startWorker();
    const ids: string[] = [];
    for (let count = 1; count <= 12; count += 1) {
      ids.push((await queue.add('heavy')).id);
      await (count === 1 ? entered(1) : delayed(count - 1));
    }
    queue.letGo();
    await reach(ids, 12_000);
    expect(queue.jobsNoted('entered')).toEqual(ids);
  });

  it('two workers of two slots: each runs one heavy job and keeps a slot for light ones', async () => {
    queue.startWorker();
    queue.startWorker();
    await until('both are alive', async () => (await queue.producer.workers()).length === 2);
    await add('heavy', 6);
    await entered(2);
    await delayed(4);
    await reach(await add('done', 5));
    expect(queue.jobsNoted('entered')).toHaveLength(2);
  });

  it('one worker of one slot: the light jobs that wait already go first, then the heavy ones in turn', async () => {
    queue.letGo();
    const heavy = await add('heavy', 3);
    const light = await add('done', 6);
    queue.startWorker({ IMAGES_CONCURRENCY: '1' });
    await reach([...heavy, ...light]);
    expect(queue.jobsNoted('done')).toEqual([...light, ...heavy]);
  });

  it('cancelled while it waits for a slot: the next one takes its turn', async () => {
    const [, second = '', third = ''] = await add('heavy', 3);
    queue.startWorker();
    await delayed(2);
    const job = await queue.producer.find(second);
    expect(job && (await queue.producer.cancel(job))).toBe('cancelled');
    queue.letGo();
    await queue.reaches(third, 'completed', 5500);
    expect(queue.jobsNoted('entered')).not.toContain(second);
  });

  it('erased while it waits for a slot: nothing in Redis names it', async () => {
    const [, second = ''] = await add('heavy', 2);
    queue.startWorker();
    await delayed(1);
    const job = await queue.producer.find(second);
    expect(job && (await queue.producer.erase(job))).toBe(true);
    expect(await keysWith(queue.redis.client(), second)).toEqual([]);
  });
});
