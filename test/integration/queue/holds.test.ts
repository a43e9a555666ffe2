import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import type { Redis } from 'ioredis';
import request from 'supertest';
import { randomJobId } from '../../../src/jobs/id.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor } from '../../../src/queue/upkeep/janitor.ts';
import { callerIndex, holdersKey, indexKey, jobKey, queueKey } from '../../../src/redis/keys.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { actBeforeErasing } from '../../support/redis/act-before-erasing.ts';

/**
 * Jobs that wait hold what they name: it is not swept, it is the last to make room, and whoever erases it is obeyed.
 */
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const TTL = 60_000;

let test: TestApp;
let redis: Redis;
beforeAll(async () => {
  test = await openTestApp({ MAX_QUEUE_DEPTH: 4 });
  redis = test.redis.client();
});
afterEach(() => test.clear());
afterAll(() => test.close());

const call = (method: 'get' | 'post' | 'delete', path: string) =>
  request(test.app)[method](path).set('Authorization', bearer('kari'));
const janitor = (maxRecords = 1000, client = redis) =>
  createJanitor({
    ...{ redis: client, contracts: test.contracts, storage: test.storage, resultTtlMs: TTL, maxRecords },
    log: createLog('silent', 'test'),
  });
const find = async (id: string) => (await call('get', `/v1/uploads/${id}`)).body;
const isThere = async (id: string) => (await call('get', `/v1/uploads/${id}`)).status;

async function upload(query = ''): Promise<string> {
  const asked = call('post', `/v1/uploads${query}`).set('Content-Type', 'text/csv');
  return (await asked.send('a;b\n1;2\n')).body.id;
}
/** Makes an upload as old as no upload is kept, unless something holds it. */
const age = (id: string) =>
  Promise.all([
    redis.hset(jobKey('uploads', id), 'finishedOn', Date.now() - TTL - 1),
    redis.zadd(queueKey('uploads', 'completed'), Date.now() - TTL - 1, id),
  ]);
const later = (ms = HOUR) => new Date(Date.now() + ms).toISOString();
const post = (kind: string, body: object, key?: string) => {
  const asked = call('post', `/v1/${kind}`);
  return (key === undefined ? asked : asked.set('Idempotency-Key', key)).send(body);
};
const mailWith = (id: string, more: object = {}) => {
  const attachments = [{ filename: 'a.csv', upload: id }];
  return { to: 'kari@example.no', subject: 'S', text: 'T', attachments, runAt: later(), ...more };
};
const mail = async (id: string): Promise<string> => (await post('emails', mailWith(id))).body.id;
const report = async (id: string): Promise<string> => {
  const data = { title: 'T', blocks: [{ type: 'table', rows: { upload: id } }] };
  return (await post('reports', { data, runAt: later() })).body.id;
};

describe('an upload that a waiting job names', () => {
  it('says who holds it and until when at the latest, and is swept once the job has ended', async () => {
    const id = await upload();
    const runAt = later();
    const { id: holder } = (await post('emails', mailWith(id, { runAt }))).body;
    const dueAt = Date.parse(runAt);
    expect(await find(id)).toMatchObject({
      heldBy: [holder],
      retainedUntil: new Date(dueAt + 2 * DAY).toISOString(),
    });
    await age(id);
    expect(await janitor().sweep()).toBe(0);
    expect(await janitor().sweep()).toBe(0);
    expect((await call('get', '/v1/usage')).body.storedBytes.used).toBe(8);
    await call('post', `/v1/jobs/${holder}/cancel`);
    expect(await find(id)).toMatchObject({ heldBy: [] });
    expect(await janitor().sweep()).toBe(1);
    expect(await isThere(id)).toBe(410);
    expect(await test.storedFiles()).toEqual([]);
  });

  it('named by three jobs of two kinds: it goes with the last of them', async () => {
    const id = await upload();
    const holders = [await mail(id), await report(id), await mail(id)];
    await age(id);
    for (const holder of holders) {
      expect(await janitor().sweep()).toBe(0);
      expect((await find(id)).heldBy).toContain(holder);
      await call('delete', `/v1/jobs/${holder}`);
    }
    expect(await janitor().sweep()).toBe(1);
    expect(await isThere(id)).toBe(410);
  });

  it('of a batch: held by each entry that was accepted', async () => {
    const id = await upload();
    const messages = [mailWith(id), mailWith(id), { to: 'nobody' }];
    const items = (await post('emails/batch', { messages })).body.items as { job?: { id: string } }[];
    const accepted = items.flatMap(({ job }) => job?.id ?? []);
    expect(accepted).toHaveLength(2);
    expect((await find(id)).heldBy.toSorted()).toEqual(accepted.toSorted());
  });

  it('of a job that is sent again with its Idempotency-Key, or run again: held once, and again', async () => {
    const id = await upload();
    const body = mailWith(id);
    const { id: holder } = (await post('emails', body, 'once')).body;
    expect((await post('emails', body, 'once')).body.id).toBe(holder);
    expect((await find(id)).heldBy).toEqual([holder]);
    await call('post', `/v1/jobs/${holder}/cancel`);
    expect((await call('post', `/v1/jobs/${holder}/retry`)).status).toBe(202);
    expect((await find(id)).heldBy).toEqual([holder]);
    await age(id);
    expect(await janitor().sweep()).toBe(0);
  });

  it('is erased by DELETE, and with its subject, all the same', async () => {
    const [id, other] = [await upload(), await upload('?subject=kari')];
    const holders = [await mail(id), await mail(other)];
    expect((await call('delete', `/v1/uploads/${id}`)).status).toBe(204);
    expect((await call('delete', '/v1/subjects/kari')).body).toMatchObject({ erased: 1 });
    expect([await isThere(id), await isThere(other)]).toEqual([404, 404]);
    expect(await test.storedFiles()).toEqual([]);
    for (const holder of holders) expect((await call('get', `/v1/jobs/${holder}`)).body.state).toBe('delayed');
  });
});

describe('a hold', () => {
  const hold = (id: string, holder: string, ageMs: number) =>
    redis.zadd(holdersKey('uploads', id), Date.now() - ageMs, holder);
  const NOBODY = `emails/eml_${'0'.repeat(26)}`;

  it('of a job that was never queued, since its process died: it ends after a minute', async () => {
    const id = await upload();
    await age(id);
    await hold(id, NOBODY, 30_000);
    expect(await find(id)).toMatchObject({ heldBy: [] });
    expect(await janitor().sweep()).toBe(0);
    await hold(id, NOBODY, 61_000);
    await age(id);
    expect(await janitor().sweep()).toBe(1);
  });

  it('of a job whose end was told to nobody: it ends all the same', async () => {
    const id = await upload();
    const holder = await mail(id);
    await age(id);
    await call('post', `/v1/jobs/${holder}/cancel`);
    for (let index = 0; index < 30; index += 1) await hold(id, `${NOBODY.slice(0, -2)}${10 + index}`, 70_000);
    await hold(id, `emails/${holder}`, 61_000);
    expect(await janitor().sweep()).toBe(1);
  });

  it('behind many that count no more: it counts', async () => {
    const id = await upload();
    await mail(id);
    await age(id);
    for (let index = 0; index < 30; index += 1) await hold(id, `${NOBODY.slice(0, -2)}${10 + index}`, 70_000);
    expect(await janitor().sweep()).toBe(0);
  });

  it('of a job that never runs: it ends after 32 days', async () => {
    const id = await upload();
    const holder = await mail(id);
    await hold(id, `emails/${holder}`, 32 * DAY + 1000);
    await age(id);
    expect(await janitor().sweep()).toBe(1);
  });

  it('of a job that was refused: it is told of to nobody', async () => {
    const id = await upload();
    for (let full = 0; full < 4; full += 1) expect(await mail(id)).toMatch(/^eml_/);
    expect((await post('emails', mailWith(id))).status).toBe(503);
    expect((await find(id)).heldBy).toHaveLength(4);
  });

  it('on what is about to go: there is none, and the job is refused', async () => {
    const id = await upload();
    await redis.hset(jobKey('uploads', id), 'going', 1);
    const { status, body } = await post('emails', mailWith(id));
    expect([status, body.errors]).toEqual([
      400,
      [{ pointer: '/attachments/0/upload', detail: `names no upload of yours: ${id}` }],
    ]);
    expect(await test.waiting()).toBe(0);
  });
});

describe('a job that is run again in the very moment in which it was found to go', () => {
  const cancelled = async () => {
    const { id } = (await post('emails', { to: 'kari@example.no', subject: 'S', text: 'T', runAt: later() })).body;
    await call('post', `/v1/jobs/${id}/cancel`);
    await redis.zadd(queueKey('emails', 'failed'), Date.now() - TTL - 1, id);
    return id as string;
  };
  const runAgain = (id: string) => () => call('post', `/v1/jobs/${id}/retry`).expect(202);

  it.each<[string, number, string]>([
    ['since it is old', 1000, 'zrangebyscore'],
    ['to make room', 0, 'heavyliftFindEnded'],
  ])('%s: it stays', async (_why, maxRecords, command) => {
    const id = await cancelled();
    if (maxRecords === 0) await redis.zadd(queueKey('emails', 'failed'), Date.now(), id);
    expect(await janitor(maxRecords, actBeforeErasing(redis, runAgain(id), command)).sweep()).toBe(0);
    expect((await call('get', `/v1/jobs/${id}`)).body.state).toBe('delayed');
  });

  it('or a moment later: that is refused', async () => {
    const id = await cancelled();
    await redis.hset(jobKey('emails', id), 'going', 1);
    expect((await call('post', `/v1/jobs/${id}/retry`)).status).toBe(409);
  });
});

describe('where room is short', () => {
  it('what is held goes last, however old it is', async () => {
    const held = await upload();
    await mail(held);
    const others = [await upload(), await upload()];
    expect(await janitor(1).sweep()).toBe(2);
    expect([await isThere(held), ...(await Promise.all(others.map(isThere)))]).toEqual([200, 410, 410]);
    expect(await janitor(0).sweep()).toBe(1);
    expect(await isThere(held)).toBe(410);
  });

  it('the oldest are held, all that are looked at in one go: those behind them go first', async () => {
    const first = await upload();
    const holder = await mail(first);
    // Copies of its record: posting as many takes seconds.
    const record = await redis.hgetall(jobKey('uploads', first));
    const ids = Array.from({ length: 204 }, () => randomJobId('upd'));
    for (const [index, id] of ids.entries()) {
      await redis.hset(jobKey('uploads', id), record);
      await redis.zadd(queueKey('uploads', 'completed'), Date.now() + index, id);
      await redis.zadd(indexKey('uploads', callerIndex('kari')), Date.now(), id);
    }
    const oldest = await redis.zrange(queueKey('uploads', 'completed'), 0, 202);
    for (const id of oldest) await redis.zadd(holdersKey('uploads', id), Date.now(), `emails/${holder}`);
    expect(await janitor(204).sweep()).toBe(1);
    const left = await redis.zrange(queueKey('uploads', 'completed'), 0, -1);
    expect(left.slice(0, 203)).toEqual(oldest);
  });
});
