import { expect } from '@jest/globals';
import fc from 'fast-check';
import request, { type Response } from 'supertest';
import { bearer, openTestApp, type TestApp } from '../app.ts';
import { until } from '../until.ts';

/** One request: who posts what where under which key. */
interface Post {
  caller: 'kari' | 'ola';
  route: '/v1/reports' | '/v1/emails';
  key: string;
  payload: number;
}

/** Whether Redis is killed (kill -9) and started again between two halves of the posts, or while they are under way. */
type Outage = 'none' | 'between' | 'during';

const anyPost: fc.Arbitrary<Post> = fc.record({
  caller: fc.constantFrom('kari', 'ola'),
  route: fc.constantFrom('/v1/reports', '/v1/emails'),
  key: fc.constantFrom('"a"', 'b'),
  payload: fc.integer({ min: 0, max: 1 }),
});

/** Checks random interleavings of posts over the real app and Redis; answers with how many posts there were. */
export async function checkIdempotency({ maxPosts, rounds }: { maxPosts: number; rounds: number }): Promise<number> {
  const test = await openTestApp();
  let posted = 0;
  const plans = fc.tuple(
    fc.array(anyPost, { minLength: 2, maxLength: maxPosts, size: 'max' }),
    fc.constantFrom<Outage>('none', 'none', 'between', 'during'),
  );
  const property = fc.asyncProperty(plans, async ([posts, outage]) => {
    await test.clear();
    posted += posts.length;
    await checkPosts(test, posts, outage);
  });
  try {
    await fc.assert(property, { numRuns: rounds, endOnFailure: true });
    return posted;
  } finally {
    await test.close();
  }
}

async function checkPosts(test: TestApp, posts: Post[], outage: Outage): Promise<void> {
  const send = async (some: Post[]) => Promise.all(some.map((one) => sendPost(test, one)));
  const answers: Response[] = [];
  if (outage === 'between') {
    const half = Math.ceil(posts.length / 2);
    answers.push(...(await send(posts.slice(0, half))));
    await restartRedis(test);
    answers.push(...(await send(posts.slice(half))));
  } else if (outage === 'during') {
    const [first] = await Promise.all([send(posts), restartRedis(test)]);
    answers.push(...first);
  } else answers.push(...(await send(posts)));

  // Whoever got no answer asks again, as a client does.
  const final: Response[] = [];
  for (const [index, answer] of answers.entries()) {
    let last = answer;
    while (last.status === 503) last = await sendPost(test, posts[index] as Post);
    final.push(last);
  }
  const groups = Map.groupBy(posts.keys(), (index) => slotOf(posts[index] as Post));
  for (const indexes of groups.values()) checkGroup(indexes, posts, final, answers);
  expect(await test.waiting()).toBe(groups.size);
}

const slotOf = ({ caller, route, key }: Post): string => `${caller} ${route} ${key}`;

/** All posts of one caller under one key of one route: one job, told apart from its replays and mismatches. */
function checkGroup(indexes: number[], posts: Post[], final: Response[], first: Response[]): void {
  const accepted = indexes.filter((index) => final[index]?.status === 202);
  const mismatched = indexes.filter((index) => final[index]?.status === 422);
  expect([...accepted, ...mismatched].sort((a, b) => a - b)).toEqual(indexes);
  expect(new Set(accepted.map((index) => final[index]?.body.id)).size).toBe(1);
  const payloads = new Set(accepted.map((index) => posts[index]?.payload));
  expect(payloads.size).toBe(1);
  expect(mismatched.filter((index) => payloads.has(posts[index]?.payload))).toEqual([]);
  for (const index of mismatched) expect(final[index]?.body.code).toBe('idempotency_mismatch');

  const originals = accepted.filter((index) => final[index]?.headers['idempotency-replayed'] !== 'true');
  // The original's answer may be the one that was lost; then every answer is a replay.
  const lost = indexes.filter((index) => first[index]?.status === 503).length;
  expect(originals.length).toBeLessThanOrEqual(1);
  if (lost === 0) expect(originals).toHaveLength(1);
}

function sendPost({ app }: TestApp, { caller, route, key, payload }: Post): Promise<Response> {
  const body =
    route === '/v1/emails'
      ? { to: 'kari@example.no', subject: `letter ${payload}`, text: 'x' }
      : { template: 'document', data: { title: `report ${payload}`, blocks: [] } };
  return request(app)
    .post(route)
    .set('Authorization', bearer(caller))
    .set('Idempotency-Key', key)
    .send(body)
    .then((response) => response);
}

async function restartRedis({ redis, producer }: TestApp): Promise<void> {
  await redis.kill();
  await redis.start();
  await until('the app is connected again', () => producer.check().then(() => true));
}
