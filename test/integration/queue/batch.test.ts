import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import type { JobView } from '../../../src/jobs/job-view.ts';
import type { Envelope } from '../../../src/jobs/options/options.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor } from '../../../src/queue/upkeep/janitor.ts';
import { readInput } from '../../../src/storage/read-input.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

interface Item {
  status: number;
  job: JobView;
  replayed?: true;
  problem: { detail: string; code: string; errors: { pointer: string }[] };
}

const mailTo = (name: string | number, more: object = {}) => ({
  to: `${name}@example.no`,
  subject: `Hei ${name}`,
  text: `Hei ${name}!`,
  ...more,
});
const mails = (count: number) => Array.from({ length: count }, (_, index) => mailTo(`p${index}`));
const post = (messages: unknown, headers: Record<string, string> = {}, { app } = test) =>
  request(app).post('/v1/emails/batch').set('Authorization', bearer('kari')).set(headers).send({ messages });
const itemsOf = ({ body }: { body: { items: Item[] } }): Item[] => body.items;

describe('a batch of mails', () => {
  it('500: each is a job of its own, in order, and queued when the answer comes', async () => {
    const items = await until('a busy Redis has taken all of them', async () => {
      const answer = itemsOf(await post(mails(500), { 'Idempotency-Key': 'all of them' }));
      return answer.every(({ status }) => status !== 503) && answer;
    });
    expect(items.map(({ status }) => status)).toEqual(Array(500).fill(202));
    expect(new Set(items.map(({ job }) => job.id)).size).toBe(500);
    const picked = [0, 99, 100, 499];
    const stored = await Promise.all(picked.map((index) => test.producer.find(items[index]?.job.id ?? '')));
    expect(stored.map((job) => job?.envelope.input)).toMatchObject(
      picked.map((index) => ({ subject: `Hei p${index}` })),
    );
    expect(await test.waiting()).toBe(500);
  });

  it('a mail that can not be taken: its place says why, the others are queued', async () => {
    const items = itemsOf(
      await post([
        mailTo('a'),
        mailTo('b', { to: 'nobody' }),
        'a text',
        mailTo('c', { template: 'no-such' }),
        mailTo('d', { attachments: [{ filename: 'a.pdf', job: `rep_${'0'.repeat(26)}` }] }),
        mailTo('e', { tags: ['last'] }),
      ]),
    );
    expect(items.map(({ status }) => status)).toEqual([202, 400, 400, 400, 400, 202]);
    expect(items[1]?.problem).toMatchObject({ code: 'invalid_request', errors: [{ pointer: '/messages/1/to' }] });
    expect(items[2]?.problem.errors[0]?.pointer).toBe('/messages/2');
    expect(items[3]?.problem.errors.map(({ pointer }) => pointer)).toContain('/messages/3/template');
    expect(items[4]?.problem.detail).toMatch(/^attachments\.0\.job names no job of yours: rep_0+\.$/);
    expect(items[5]?.job).toMatchObject({ kind: 'emails', tags: ['last'] });
    expect(await test.waiting()).toBe(2);
  });

  it('only mails that can not be taken: 202 all the same, and nothing is queued', async () => {
    const response = await post([{}, {}]);
    expect([response.status, itemsOf(response).map(({ status }) => status)]).toEqual([202, [400, 400]]);
    expect(await test.waiting()).toBe(0);
  });

  it('sent again with its Idempotency-Key: the same jobs; a changed mail is told at its place', async () => {
    const once = { 'Idempotency-Key': '"letter 7"' };
    const first = itemsOf(await post(mails(3), once));
    const again = await post(mails(3), once);
    expect(again.headers['idempotency-replayed']).toBe('true');
    expect(itemsOf(again)).toEqual(first.map((item) => ({ ...item, replayed: true })));
    const changed = await post([...mails(2), mailTo('other'), mailTo('more')], once);
    expect(changed.headers['idempotency-replayed']).toBeUndefined();
    expect(itemsOf(changed).map(({ status, replayed = false }) => [status, replayed])).toEqual([
      [202, true],
      [202, true],
      [422, false],
      [202, false],
    ]);
    expect(itemsOf(changed)[2]?.problem.code).toBe('idempotency_mismatch');
    const alone = await request(test.app)
      .post('/v1/emails')
      .set('Authorization', bearer('kari'))
      .set(once)
      .send(mailTo('p0'));
    expect([alone.status, alone.headers['idempotency-replayed']]).toEqual([202, undefined]);
    expect(await test.waiting()).toBe(5);
  });

  describe('with mails over 4 KB', () => {
    const text = (letter: string, length = 5000) => letter.repeat(length);
    const large = ['å', 'b', 'c'].map((letter) => mailTo(letter.charCodeAt(0), { text: text(letter) }));
    const envelopes = async (items: Item[]) =>
      Promise.all(items.map(async ({ job }) => (await test.producer.find(job.id))?.envelope as Envelope));
    const erase = (item: Item | undefined) =>
      request(test.app).delete(`/v1/jobs/${item?.job.id}`).set('Authorization', bearer('kari')).expect(204);

    it('they lie in one file, each in its place; the small ones stay in Redis', async () => {
      const items = itemsOf(await post([large[0], mailTo('small'), large[1], large[2]]));
      expect(await test.storedFiles()).toHaveLength(1);
      const all = await envelopes(items);
      expect(all.map(({ inputFile }) => inputFile !== undefined)).toEqual([true, false, true, true]);
      const inputs = await Promise.all(all.map((envelope) => readInput(envelope, test.storage)));
      expect(inputs).toMatchObject([
        { text: text('å') },
        { subject: 'Hei small' },
        { text: text('b') },
        { text: text('c') },
      ]);
    });

    it('the file goes with its last job, and not before', async () => {
      const [one, two, three] = itemsOf(await post(large));
      await erase(two);
      await erase(one);
      expect(await test.storedFiles()).toHaveLength(1);
      const [envelope] = await envelopes([three as Item]);
      expect(await readInput(envelope as Envelope, test.storage)).toMatchObject({ text: text('c') });
      await erase(three);
      expect(await test.storedFiles()).toEqual([]);
      expect(await test.redis.client().keys('*shared*')).toEqual([]);
    });

    it('sent again, with other mails or with none that can be taken: no file is left for nothing', async () => {
      const once = { 'Idempotency-Key': 'large' };
      await post(large, once);
      await post(large, once);
      await post([mailTo('b', { text: text('z') })], once);
      expect(await test.storedFiles()).toHaveLength(1);
      await post([mailTo('a', { text: text('y'), template: 'no-such' })]);
      expect(await test.storedFiles()).toHaveLength(1);
    });

    it('the janitor knows whose file it is: it takes one that no job shares', async () => {
      const janitor = createJanitor({
        ...{ redis: test.redis.client(), contracts: test.contracts, storage: test.storage },
        ...{ resultTtlMs: 3_600_000, maxRecords: 1000, log: createLog('silent', 'test') },
      });
      const [item] = itemsOf(await post(large));
      await test.storage.put('uploads/batch-deadbeef/inputs.json', Readable.from([Buffer.from('{}')]));
      await janitor.sweepOrphans(-1000);
      const [envelope] = await envelopes([item as Item]);
      expect(await test.storedFiles()).toEqual([envelope?.inputFile?.key]);
    });
  });

  it.each([
    [{}, '/messages'],
    [{ messages: {} }, '/messages'],
    [{ messages: [] }, '/messages'],
    [{ messages: mails(501) }, '/messages'],
    [{ messages: mails(1), subject: 'x' }, '/subject'],
    [[], ''],
  ])('%# a body that is no batch: 400 for the whole', async (body, pointer) => {
    const response = await request(test.app)
      .post('/v1/emails/batch')
      .set('Authorization', bearer('kari'))
      .send(body as object);
    expect([response.status, response.body.errors[0].pointer]).toEqual([400, pointer]);
    expect(await test.waiting()).toBe(0);
  });

  it('no JSON, no key, no scope: 415, 401, 403', async () => {
    const to = () => request(test.app).post('/v1/emails/batch');
    expect((await to().set('Authorization', bearer('kari')).type('text').send('x')).status).toBe(415);
    expect((await to().send({ messages: mails(1) })).status).toBe(401);
    expect(
      (
        await to()
          .set('Authorization', bearer('printer'))
          .send({ messages: mails(1) })
      ).status,
    ).toBe(403);
  });
});

describe('a batch that can not be queued', () => {
  it('the queue has no room for all of it: 503 as a whole, and none of it is queued', async () => {
    const small = await openTestApp({ MAX_QUEUE_DEPTH: 60 });
    try {
      await post(mails(40), {}, small);
      const response = await post(mails(30), {}, small);
      expect([response.status, response.body.code]).toEqual([503, 'queue_full']);
      expect(response.body.detail).toBe(
        'The emails queue has no room for 30 more jobs: 40 jobs are waiting and 60 is the limit. Try again later.',
      );
      expect(Number(response.headers['retry-after'])).toBeGreaterThan(0);
      expect((await post(mails(20), {}, small)).status).toBe(202);
      expect(await small.waiting()).toBe(60);
    } finally {
      await small.close();
    }
  });

  it('Redis is away: 503 as a whole, at once', async () => {
    await test.redis.kill();
    const response = await post(mails(250));
    expect([response.status, response.body.code]).toEqual([503, 'queue_unavailable']);
    await test.redis.start();
    await until('the app has found Redis again', () => test.producer.check().then(() => true));
  });
});
