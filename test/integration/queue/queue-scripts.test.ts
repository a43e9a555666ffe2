import { afterEach, beforeEach, expect, it } from '@jest/globals';
import Bull from 'bull';
import { createBulkStore } from '../../../src/queue/bulk/bulk-store.ts';
import { BULL_JOB_OPTIONS, BULL_PRIORITY } from '../../../src/queue/bull-options.ts';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { takeJobsScript } from '../../../src/queue/scripts/line/take-jobs.ts';
import { completeJobsScript } from '../../../src/queue/scripts/runs/complete-jobs.ts';
import { createJanitorLock } from '../../../src/queue/upkeep/janitor-lock.ts';
import { jobKey, jobLockKey, queueKey, queueKeys, queuePrefix, usageKey } from '../../../src/redis/keys.ts';
import { createReplicas } from '../../../src/redis/replicas.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;

beforeEach(async () => {
  queue = await openProbeQueue([], {});
});
afterEach(() => queue.close());

const PREFIX = queueKey('probes', '');

/** Accepts and takes so many jobs, as a worker named `worker` does; answers their ids. */
async function takeSome(count: number): Promise<string[]> {
  const ids: string[] = [];
  for (let left = count; left > 0; left -= 1) ids.push((await until('it is added', () => queue.add('done'))).id);
  const keys = queueKeys('probes', 'active', 'wait', 'meta-paused');
  const args = [PREFIX, 'worker', 60_000, 100, count, count, 'worker/1', 1];
  expect(await takeJobsScript(queue.redis.client(), keys, args)).toHaveLength(count);
  return ids;
}

const complete = (ids: readonly string[]) => {
  const keys = [...queueKeys('probes', 'active', 'completed', 'stalled'), usageKey('probes')];
  const jobs = ids.flatMap((id) => [id, '{"result":{},"files":[]}', '', 100]);
  return completeJobsScript(queue.redis.client(), keys, [PREFIX, 'worker', 'probes-0@host', ...jobs]);
};

/** Jobs that wait or run, and bytes in storage, of all callers. */
async function usage(): Promise<[jobs: number, stored: number]> {
  const [sums = ''] = await queue.redis.client().hvals(usageKey('probes'));
  const [jobs, , , stored] = sums.split(' ').map(Number);
  return [jobs as number, stored as number];
}

it('jobs whose end is sent again, since the answer was lost, are completed and counted once', async () => {
  const [first = '', second = ''] = await takeSome(3);
  expect(await complete([first, second])).toEqual([0, 0]);
  const counted = await usage();
  expect(counted).toEqual([1, 200]);
  expect(await complete([first, second])).toEqual([0, 0]);
  expect(await usage()).toEqual(counted);
  expect((await until('it is found', () => queue.producer.find(first)))?.state).toBe('completed');
});

it("of jobs that end together, each that is not the worker's any more is refused for itself", async () => {
  const ids = await takeSome(5);
  const redis = queue.redis.client();
  const [gone = '', unlocked = '', taken = '', damaged = '', own = ''] = ids;
  await redis.del(jobKey('probes', gone), jobLockKey('probes', unlocked), jobKey('probes', damaged));
  await redis.set(jobKey('probes', damaged), 'no record');
  await redis.set(jobLockKey('probes', taken), 'another');
  expect(await complete(ids)).toEqual([-1, -2, -6, -1, 0]);
  expect(await redis.zrange(queueKey('probes', 'completed'), 0, -1)).toEqual([own]);
  expect(await redis.get(jobLockKey('probes', taken))).toBe('another');
});

it('a job that is accepted, waiting or delayed, has all that Bull gives a job of its own', async () => {
  const redis = queue.redis.client();
  const bull = new Bull('probes', { prefix: queuePrefix('probes'), createClient: () => queue.redis.client() });
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  for (const options of [{}, { runAt }]) {
    const { id } = await until('it is added', () => queue.add('done', options));
    const delay = 'runAt' in options ? Date.parse(runAt) - Date.now() : 0;
    const own = await bull.add(
      {},
      { ...BULL_JOB_OPTIONS, priority: BULL_PRIORITY.normal, jobId: `bull${delay}`, delay },
    );
    const [ours, bulls] = await Promise.all([id, String(own.id)].map((name) => redis.hgetall(jobKey('probes', name))));
    expect(Object.keys(ours ?? {})).toEqual(expect.arrayContaining(Object.keys(bulls ?? {})));
    expect(ours).toMatchObject({ name: bulls?.name, priority: bulls?.priority });
    expect(Object.keys(JSON.parse(ours?.opts ?? ''))).toEqual(expect.arrayContaining(Object.keys(BULL_JOB_OPTIONS)));
    const [due, bullsDue] = await Promise.all(
      [id, String(own.id)].map((name) => redis.zscore(queueKey('probes', 'delayed'), name)),
    );
    // Milliseconds times 4096, and an order below that.
    if (delay > 0) expect(Math.abs(Number(due) - Number(bullsDue))).toBeLessThan(1000 * 4096);
    else
      expect((await redis.lrange(queueKey('probes', 'wait'), 0, -1)).toSorted()).toEqual(
        [String(own.id), id].toSorted(),
      );
  }
  await bull.close();
});

it('jobs of one turn are added together, each judged by itself: a full queue, an id that comes twice', async () => {
  const { id } = await until('it is added', () => queue.add('done'));
  const envelope = {
    v: 1,
    caller: 'test',
    input: { act: 'done' },
    uploads: {},
    options: {},
    nonce: 'n',
    fingerprint: 'f',
  };
  const same = 'prb_00000000000000000000000000';
  const posted = [
    same,
    same,
    ...Array.from({ length: 120 }, (_, index) => `prb_${String(index + 1).padStart(26, '0')}`),
  ];
  const outcomes = await Promise.allSettled(
    posted.map((name, index) => queue.producer.enqueue('probes', name, { ...envelope, nonce: `n${index}` })),
  );
  const told = outcomes.map((one) =>
    one.status === 'rejected' ? (one.reason as { code: string }).code : one.value.replayed ? 'replayed' : 'added',
  );
  expect(told.slice(0, 3)).toEqual(['added', 'replayed', 'added']);
  expect(told.filter((word) => word === 'added')).toHaveLength(99);
  expect(told.slice(-22)).toEqual(Array.from({ length: 22 }, () => 'queue_full'));
  const positions = outcomes.flatMap((one) =>
    one.status === 'fulfilled' && !one.value.replayed ? [one.value.job.position] : [],
  );
  expect(positions).toEqual(Array.from({ length: 99 }, (_, index) => index + 2));
  expect((await queue.producer.find(id))?.position).toBe(1);
});

it('a process that ends after the first command of a bulk action leaves none that is half noted', async () => {
  const redis = queue.redis.client();
  const store = createBulkStore(redis);
  const filter = { kinds: ['probes'], caller: null, states: [], createdTo: 1 };
  const make = (id: string) => {
    const verb = 'erase' as const;
    return { id, caller: id, verb, filter, total: 9, done: 0, position: null, createdAt: 1, finishedAt: null };
  };
  const position = { kind: 0, key: 'k', score: 1, id: 'x' };
  const all = async (id: string) => {
    await store.add(make(id));
    await store.advance(make(id), 7, position);
    await store.advance(make(id), 7, null);
  };
  await all('known');
  expect(await store.find('known')).toEqual({ ...make('known'), done: 9, position });
  await store.finish('known');
  for (const step of ['add', 'advance', 'finish'] as const) {
    if (step !== 'add') await store.add(make(step));
    const dying = redis.duplicate();
    const their = createBulkStore(dying);
    // What is sent before the end of a connection is done; what would follow an answer is not.
    const steps = { add: () => their.add(make(step)), advance: () => their.advance(make(step), 1, position) };
    await dying.ping();
    const noted = step === 'finish' ? their.finish(step) : steps[step]();
    await Promise.allSettled([noted, dying.quit()]);
    const found = await store.find(step);
    if (step === 'advance') expect(found).toMatchObject({ done: 1, position });
    expect(await store.running()).toEqual(step === 'finish' ? ['add', 'advance'] : expect.arrayContaining([step]));
    expect((await store.findRunning(step))?.id).toBe(step === 'finish' ? undefined : step);
  }
});

it('a lock of the background that another process has taken is neither renewed nor released', async () => {
  const redis = queue.redis.client();
  const LOCK = 'heavylift:{test}:lock';
  const [ours, theirs] = [createJanitorLock(redis, LOCK, 60_000), createJanitorLock(redis, LOCK, 60_000)];
  expect([await ours.acquire(), await ours.acquire(), await theirs.acquire()]).toEqual([true, true, false]);
  await ours.renew();
  await redis.del(LOCK);
  expect(await theirs.acquire()).toBe(true);
  await expect(ours.renew()).rejects.toThrow('another process has the lock by now');
  await ours.release();
  expect(await ours.acquire()).toBe(false);
  await theirs.release();
  expect(await ours.acquire()).toBe(true);
  // So with what counts a caller's jobs, of which one took longer than its claim holds.
  const store = createBulkStore(redis);
  expect(await store.claim('kari', 'theirs')).toBe(true);
  await store.letGo('kari', 'ours');
  expect(await store.claim('kari', 'third')).toBe(false);
  await store.letGo('kari', 'theirs');
  expect(await store.claim('kari', 'third')).toBe(true);
});

it('a change before an effect counts on the master that has it, and not on one that came since and has the job alone', async () => {
  const [id = ''] = await takeSome(1);
  const old = queue.redis.client();
  const promoted = old.duplicate({ db: 1 });
  const assured = createReplicas(promoted, 0);
  const change = { expected: { flight: null }, set: { flight: 'one' }, beforeEffect: true };
  try {
    await old.copy(jobKey('probes', id), jobKey('probes', id), 'DB', 1);
    await expect(createJobFields(old, 'probes', assured).change(id, change)).rejects.toMatchObject({
      code: 'interrupted',
    });
    expect(await createJobFields(old, 'probes').read(id, ['flight'])).toEqual([null]);
    expect(await createJobFields(promoted, 'probes', assured).change(id, change)).toBe('done');
  } finally {
    assured.close();
  }
});
