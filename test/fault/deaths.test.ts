import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { deathsKey, jobLockKey, queueKey, restartsKey } from '../../src/redis/keys.ts';
import { openWatched, type Watched } from '../support/operations/watched.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';
import { until } from '../support/until.ts';

let queue: ProbeQueue;
let watched: Watched;

/** The pid of the worker that holds that job, as its lock says. */
async function holderOf(id: string): Promise<number> {
  const lock = await queue.redis.client().get(jobLockKey('probes', id));
  return Number(lock?.split(':')[3]);
}

const nameOf = async (pid: number) => (await watched.processes()).find((one) => one.pid === pid)?.name as string;

describe('two workers under supervisord and the watch', () => {
  beforeAll(async () => {
    queue = await openProbeQueue();
    watched = await openWatched(queue, 2);
  }, 90_000);
  afterAll(async () => {
    await watched.close();
    await queue.close();
  });
  beforeEach(async () => {
    await until('two workers are alive', async () => (await queue.producer.workers()).length === 2, {
      timeoutMs: 60_000,
    });
    await queue.redis.client().del(deathsKey(), restartsKey());
    rmSync(join(queue.dir, 'go'), { force: true });
  }, 90_000);

  it('one killed: its job runs again before its lock could have ended, without an attempt used; it is logged, noted and counted', async () => {
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    const pid = await holderOf(id);
    const name = await nameOf(pid);
    const redis = queue.redis.client();
    // Nothing but the watch and the next worker can let it go now.
    await redis.persist(jobLockKey('probes', id));
    process.kill(pid, 'SIGKILL');
    await queue.noted(id, 'started', 2);
    queue.letGo();
    expect((await queue.reaches(id, 'completed')).attemptsMade).toBe(1);
    expect(await redis.hget(queueKey('probes', id), 'crashes')).toBe('1');

    const [death] = await until('it is noted', async () => {
      const deaths = await queue.producer.deaths(10);
      return deaths.length > 0 && deaths;
    });
    expect(death).toMatchObject({ process: name, program: 'probes', how: 'SIGKILL', jobs: [id] });
    expect(await queue.producer.restarts()).toEqual({ probes: 1 });
    expect(watched.log().filter(({ job }) => job === id)).toEqual([
      expect.objectContaining({ level: 'warn', role: 'watch', process: name, how: 'SIGKILL', job: id }),
    ]);
    expect(await watched.pidOf(name)).not.toBe(pid);
  }, 90_000);

  it('one frozen: its job runs elsewhere, it is ended and started, and noted as frozen', async () => {
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    const pid = await holderOf(id);
    const name = await nameOf(pid);
    process.kill(pid, 'SIGSTOP');
    await queue.noted(id, 'started', 2);
    expect(await holderOf(id)).not.toBe(pid);
    queue.letGo();
    expect((await queue.reaches(id, 'completed')).attemptsMade).toBe(1);
    const [death] = await until('it is noted', async () => {
      const deaths = await queue.producer.deaths(10);
      return deaths.length > 0 && deaths;
    });
    expect(death).toMatchObject({ process: name, how: 'frozen', jobs: [id] });
    await until('it runs again', async () => (await watched.pidOf(name)) !== pid);
  }, 90_000);

  it('one frozen for a moment: it keeps its job', async () => {
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    const pid = await holderOf(id);
    process.kill(pid, 'SIGSTOP');
    await delay(1500);
    process.kill(pid, 'SIGCONT');
    queue.letGo();
    await queue.reaches(id, 'completed');
    expect(queue.journal(id)).toEqual(['started', 'done']);
    expect(await queue.producer.deaths(10)).toEqual([]);
  }, 90_000);

  it('one told to stop by supervisord: no death', async () => {
    const redis = queue.redis.client();
    const [first] = (await watched.processes()).filter(({ program }) => program === 'probes');
    await watched.restart(first?.name as string);
    await until('it is another process', async () => (await watched.pidOf(first?.name as string)) !== first?.pid);
    expect(await queue.producer.deaths(10)).toEqual([]);
    expect(await redis.exists(queueKey('probes', 'active'))).toBe(0);
  }, 90_000);

  it('Redis away when a worker dies: the death is noted when it is back', async () => {
    await queue.redis.kill();
    const pid = await watched.pidOf('probes-0');
    process.kill(pid, 'SIGKILL');
    await until('it is another process', async () => (await watched.pidOf('probes-0')) !== pid);
    await queue.redis.start();
    const deaths = () => queue.producer.deaths(10).catch(() => []);
    await until('it is noted', async () => (await deaths())[0]?.process === 'probes-0', { timeoutMs: 30_000 });
  }, 90_000);
});

describe('a worker that supervisord starts where another has died, without a watch', () => {
  beforeEach(async () => {
    queue = await openProbeQueue();
  });
  afterEach(() => queue.close());

  const start = (place: string) => queue.startWorker({}, ['--place', place]);

  it('takes over the jobs of the dead one; a place that is another one leaves them', async () => {
    const first = start('0a1b2c3d:probes-0');
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    await first.stop('SIGKILL');
    const redis = queue.redis.client();
    await redis.persist(jobLockKey('probes', id));
    const other = start('0a1b2c3d:probes-1');
    await until('it is ready', () => other.output().includes('worker ready'));
    await queue.reaches((await queue.add('done')).id, 'completed');
    expect(queue.journal(id)).toEqual(['started']);
    const successor = start('0a1b2c3d:probes-0');
    await queue.noted(id, 'started', 2);
    await until('its log says so', () => successor.output().includes(`"job":"${id}"`));
    queue.letGo();
    expect((await queue.reaches(id, 'completed')).attemptsMade).toBe(1);
  }, 60_000);

  it('leaves the jobs of a process in its place that still runs', async () => {
    start('0a1b2c3d:probes-0');
    const { id } = await queue.add('wait');
    await queue.noted(id, 'started');
    const second = start('0a1b2c3d:probes-0');
    await until('it is ready', () => second.output().includes('worker ready'));
    await queue.reaches((await queue.add('done')).id, 'completed');
    queue.letGo();
    await queue.reaches(id, 'completed');
    expect(queue.journal(id)).toEqual(['started', 'done']);
  }, 60_000);
});
