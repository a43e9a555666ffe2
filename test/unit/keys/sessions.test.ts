import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { MAX_SESSIONS, openSessions, type Sessions } from '../../../src/keys/sessions.ts';
import { createLog } from '../../../src/log.ts';
import { openProducerRedis, type Redis } from '../../../src/redis/connect.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const DAY_MS = 86_400_000;
const dir = makeTempDir();
let server: TestRedis;
const opened: Redis[] = [];
/** Sessions as one web process has them. */
const openProcess = async (): Promise<{ sessions: Sessions; redis: Redis }> => {
  const redis = openProducerRedis({ ...defaultConfig(), REDIS_URL: server.url }, createLog('silent', 'test'));
  opened.push(redis);
  await until('it is connected', () => redis.status === 'ready');
  return { sessions: openSessions(redis), redis };
};

beforeAll(async () => {
  server = await startRedis(dir.path);
});
afterEach(() => {
  for (const redis of opened.splice(0)) redis.disconnect();
});
afterAll(async () => {
  await server.stop();
  dir.remove();
});

describe('a session', () => {
  it('is live in every process until it is ended; ended in one, it has ended in the other', async () => {
    const [one, other] = [(await openProcess()).sessions, (await openProcess()).sessions];
    const id = await one.begin('kari', DAY_MS);
    expect([await one.isLive('kari', id), await other.isLive('kari', id)]).toEqual([true, true]);
    expect(await one.isLive('ola', id)).toBe(false);
    await one.end('kari', id);
    expect([await one.isLive('kari', id), await other.isLive('kari', id)]).toEqual([false, false]);
  });

  it('ends when its time is over, and leaves nothing behind', async () => {
    const { sessions, redis } = await openProcess();
    const id = await sessions.begin('guest', 1);
    await until('it is over', async () => !(await sessions.isLive('guest', id)));
    await until('nothing is left', async () => (await redis.keys('*sessions:guest')).length === 0);
  });

  it('of one key too many: the oldest ends, those of other keys do not', async () => {
    const { sessions } = await openProcess();
    const [oldest, other] = [await sessions.begin('many', DAY_MS), await sessions.begin('few', DAY_MS)];
    const rest: string[] = [];
    // Each holds for longer than the one before: sessions of one millisecond have no order.
    for (let count = 1; count <= MAX_SESSIONS; count += 1) rest.push(await sessions.begin('many', DAY_MS + count));
    const live = await Promise.all(rest.map((id) => sessions.isLive('many', id)));
    expect(live.every(Boolean)).toBe(true);
    await until('the oldest has ended', async () => !(await sessions.isLive('many', oldest)));
    expect(await sessions.isLive('few', other)).toBe(true);
  });

  it('Redis is away: one that this process has seen goes on, of another it can not tell', async () => {
    const { sessions } = await openProcess();
    const { sessions: others } = await openProcess();
    const [seen, unseen] = [await sessions.begin('kari', DAY_MS), await others.begin('kari', DAY_MS)];
    await server.kill();
    await until('it can not tell', () =>
      sessions.isLive('kari', unseen).then(
        () => false,
        () => true,
      ),
    );
    expect(await sessions.isLive('kari', seen)).toBe(true);
    await expect(sessions.isLive('kari', unseen)).rejects.toMatchObject({ code: 'queue_unavailable' });
    await expect(sessions.end('kari', unseen)).rejects.toMatchObject({ code: 'queue_unavailable' });
    await expect(sessions.begin('kari', DAY_MS)).rejects.toMatchObject({ code: 'queue_unavailable' });
    await server.start();
    // What was kept of the Redis before counts no more.
    await server.client().flushall();
    await until('it is asked anew', () =>
      sessions.isLive('kari', seen).then(
        (isLive) => !isLive,
        () => false,
      ),
    );
  });
});

it('a link is used once, by however many at a time', async () => {
  const { sessions } = await openProcess();
  const uses = await Promise.all(Array.from({ length: 5 }, () => sessions.useLink('link-1', DAY_MS)));
  expect(uses.filter(Boolean)).toHaveLength(1);
  expect(await sessions.useLink('link-2', DAY_MS)).toBe(true);
});
