import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { actionKey } from '../../../src/redis/keys.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
beforeAll(async () => {
  queue = await openProbeQueue();
});
afterAll(() => queue.close());

describe('an action that is done once', () => {
  it('who asks while it is under way waits for its answer, who comes later gets it too', async () => {
    const held = Promise.withResolvers<string>();
    let times = 0;
    const act = () => {
      times += 1;
      return held.promise;
    };
    const first = queue.producer.once('held', act);
    await until('it is under way', () => times === 1);
    const second = queue.producer.once('held', act);
    held.resolve('done');
    expect(await Promise.all([first, second, queue.producer.once('held', act)])).toEqual(['done', 'done', 'done']);
    expect(times).toBe(1);
  });

  it('it fails, or does nothing: the next one does it', async () => {
    const failing = queue.producer.once('failing', () => Promise.reject(new Error('not today')));
    await expect(failing).rejects.toThrow('not today');
    expect(await queue.producer.once('failing', async () => null)).toBeNull();
    expect(await queue.producer.once('failing', async () => 'done')).toBe('done');
  });

  it('whoever did it died: it is done when the claim has run out', async () => {
    const redis = queue.redis.client();
    await redis.set(actionKey('broken off'), '?somebody', 'PX', 10_000);
    const next = queue.producer.once('broken off', async () => 'done');
    await redis.pexpire(actionKey('broken off'), 1);
    expect(await next).toBe('done');
  });

  it('another one’s claim is not given up by who could not claim', async () => {
    const held = Promise.withResolvers<string>();
    const first = queue.producer.once('kept', () => held.promise);
    const redis = queue.redis.client();
    const claim = await until('it is claimed', () => redis.get(actionKey('kept')));
    queue.redis.freeze();
    await expect(queue.producer.once('kept', async () => 'again')).rejects.toMatchObject({ code: 'queue_unavailable' });
    queue.redis.thaw();
    await until('Redis answers', async () => (await redis.ping()) === 'PONG');
    expect(await redis.get(actionKey('kept'))).toBe(claim);
    held.resolve('done');
    expect(await first).toBe('done');
  });
});
