import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { keysWith } from '../../support/redis/redis-content.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
beforeAll(async () => {
  queue = await openProbeQueue();
  queue.startWorker();
});
afterAll(() => queue.close());

/** A job that needs the result of `id`, once it has been put back to wait for it. */
async function addAfter(id: string) {
  const { id: added } = await queue.add('after', {}, { job: id });
  return until('it waits', async () => {
    const job = await queue.producer.find(added);
    return job?.waits && job;
  });
}

describe('a job that needs the result of another', () => {
  it('waits without using up an attempt, says for whom, and runs as soon as the other has completed', async () => {
    const first = await queue.add('wait');
    const second = await addAfter(first.id);
    const waiting = await queue.producer.find(second.id);
    expect(waiting).toMatchObject({
      state: 'delayed',
      attemptsMade: 0,
      waits: true,
      waitingFor: [{ kind: 'probes', id: first.id }],
    });
    queue.letGo();
    const done = await queue.reaches(second.id, 'completed', 8000);
    expect(done).toMatchObject({ attemptsMade: 1, waits: false });
    const ended = (await queue.producer.find(first.id))?.finishedAt ?? 0;
    // It would look by itself after 15 seconds only.
    expect((done.finishedAt ?? 0) - ended).toBeLessThan(8000);
  });

  it('a chain of three: each runs when the one before has ended', async () => {
    const first = await queue.add('done', { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const second = await addAfter(first.id);
    const third = await addAfter(second.id);
    await queue.producer.cancel(first);
    const failed = await queue.reaches(second.id, 'failed', 8000);
    expect(failed.error).toMatchObject({
      code: 'source_unavailable',
      detail: expect.stringContaining('was cancelled'),
    });
    expect((await queue.reaches(third.id, 'failed', 8000)).error?.detail).toContain(`${second.id}, which failed`);
  });

  it('the other ends between the look at it and the putting back: it runs at once all the same', async () => {
    const first = await queue.add('done', { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const second = await queue.add('after-late', {}, { job: first.id });
    await queue.noted(second.id, 'looked');
    expect(await queue.producer.cancel(first)).toBe('cancelled');
    queue.letGo(second.id);
    // It would look by itself after 15 seconds only.
    const failed = await queue.reaches(second.id, 'failed', 8000);
    expect(failed.error?.detail).toContain('was cancelled');
    expect(queue.journal(second.id)).toEqual(['started', 'looked', 'started', 'looked']);
  });

  it('one that comes after the other has ended does not wait', async () => {
    const first = await queue.reaches((await queue.add('done')).id, 'completed');
    const second = await queue.add('after', {}, { job: first.id });
    expect(await queue.reaches(second.id, 'completed', 8000)).toMatchObject({ attemptsMade: 1 });
  });

  it('erased while it waits: nothing in Redis names it, and the other is none the wiser', async () => {
    const first = await queue.add('done', { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const second = await addAfter(first.id);
    expect(await queue.producer.erase(second)).toBe(true);
    const redis = queue.redis.client();
    expect(await keysWith(redis, second.id)).toEqual([]);
    expect((await queue.producer.find(first.id))?.state).toBe('delayed');
  });

  it('the other is erased: the one that waits fails and says so', async () => {
    const first = await queue.add('done', { runAt: new Date(Date.now() + 3_600_000).toISOString() });
    const second = await addAfter(first.id);
    await queue.producer.erase(first);
    const failed = await queue.reaches(second.id, 'failed', 8000);
    expect(failed.error?.detail).toContain('does not exist any more');
  });
});
