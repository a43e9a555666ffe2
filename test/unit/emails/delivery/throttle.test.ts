import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createConnectionLimit } from '../../../../workers/emails/delivery/connection-limit.ts';
import { createPace, type Pace } from '../../../../workers/emails/delivery/slots/pace.ts';
import {
  createSlotWatch,
  createThrottle,
  type ThrottledMail,
} from '../../../../workers/emails/delivery/slots/throttle.ts';
import {
  closers,
  errorOf,
  jobKey,
  mail,
  openLedgers,
  openMail,
  runContext,
  runningJob,
  storeJob,
} from '../open-mail.ts';

interface Asked {
  caller?: string;
  stream?: string;
  priority?: 'high' | 'low';
  /** Its place by age; what is asked for later is younger otherwise. */
  age?: number;
}

/** Throttles of two hosts, mails that ask them, and the queue as far as it concerns them: a mail that waits is delayed. */
async function openThrottle(rates: { relayRate?: [number, number]; domainRate?: [number, number] }) {
  const redis = await openLedgers();
  const relay = randomUUID();
  const rate = (given?: [number, number]) => given && { count: given[0], seconds: given[1] };
  const open = () =>
    createThrottle({ redis, relay, relayRate: rate(rates.relayRate), domainRate: rate(rates.domainRate) });
  const [here, there] = [open(), open()];
  const domain = `${relay}.example`;
  let made = 0;
  const job = async ({ caller = 'kari', stream, priority, age }: Asked = {}): Promise<ThrottledMail> => {
    made += 1;
    const createdAt = new Date(1_764_000_000_000 + (age ?? made));
    const one = { id: `${relay}-${made}`, attempt: 1, caller, createdAt, input: { messageStream: stream } };
    await storeJob(redis, one);
    return priority ? { ...one, priority } : one;
  };
  const delayed = 'heavylift:{emails}:emails:delayed';
  const wait = async (mail: ThrottledMail, domains = [domain]) => {
    const answer = await here.reserve(mail, domains);
    expect(answer.isTaken).toBe(false);
    await redis.zadd(delayed, (Date.now() + answer.waitMs) * 4096, mail.id);
    return answer.waitMs;
  };
  const watch = createSlotWatch(redis, (error) => {
    throw error;
  });
  // It looks when it is told to, and not by itself.
  watch.close();
  const due = 'heavylift:{emails}:own:rates:due';
  /** Lets the time of the next slots come, of all rates or of one. */
  const passTime = async (name = `domain:${domain}`) => {
    const key = `heavylift:{emails}:own:rate:${name}`;
    if ((await redis.hlen(key)) > 0) await redis.hset(key, { next: 0, others: 0 });
    await redis.zadd(due, 'XX', 0, name);
  };
  /** The mails that are called now, in the order of their ids; they are delayed no more. */
  const called = async () => {
    await watch.look();
    const ids = await redis.zrange(delayed, '-inf', (Date.now() + 1000) * 4096, 'BYSCORE');
    if (ids.length > 0) await redis.zrem(delayed, ...ids);
    return ids;
  };
  closers.push(async () => {
    await redis.del(delayed, due);
  });
  const begun = Date.now();
  /** What has passed of every wait since the first question: a busy machine takes its time. */
  const lateMs = () => Date.now() - begun;
  return { redis, here, there, domain, relay, job, wait, passTime, called, lateMs };
}

describe('the connections of a process', () => {
  const never = () => new AbortController().signal;

  it('a relay that refuses one too many: as many as it has, one after the other; one more a minute later', async () => {
    let now = 0;
    const limit = createConnectionLimit(3, () => now);
    const releases = await Promise.all([1, 2, 3].map(() => limit.acquire(never)));
    expect(limit.lower()).toBe(true);
    releases[0]?.();
    const order: string[] = [];
    const [first, second] = ['first', 'second'].map(async (name) => {
      const release = await limit.acquire(never);
      order.push(name);
      return release;
    });
    await expect(limit.acquire(() => AbortSignal.abort(new Error('stopped')))).rejects.toThrow('stopped');
    expect(order).toEqual([]);
    releases[1]?.();
    const release = await first;
    expect(order).toEqual(['first']);
    now = 60_000;
    release?.();
    releases[2]?.();
    (await second)?.();
    expect(await Promise.all([1, 2, 3].map(() => limit.acquire(never)))).toHaveLength(3);
  });

  it('the only connection is refused: there are no fewer', async () => {
    const limit = createConnectionLimit(3);
    (await limit.acquire(never))();
    expect(limit.lower()).toBe(false);
  });
});

describe('a rate', () => {
  const taken = (waitMs: unknown = 0) => ({ isTaken: true, waitMs });

  it('none set: every mail goes at once', async () => {
    const { here, job, domain } = await openThrottle({});
    expect(await here.reserve(await job(), [domain])).toEqual(taken());
  });

  it('6 in 60 s for a domain: ten seconds apart over all hosts; a mail without a slot comes by itself after those before it', async () => {
    const { here, there, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    expect(await here.reserve(await job(), [domain])).toEqual(taken());
    for (const [index, throttle] of [here, there, here].entries()) {
      const { isTaken, waitMs } = await throttle.reserve(await job(), [domain]);
      expect(isTaken).toBe(false);
      expect(waitMs).toBeGreaterThanOrEqual((index + 1) * 10_000 - lateMs());
      expect(waitMs).toBeLessThanOrEqual((index + 1) * 10_000 + 2000);
    }
  });

  it('who is called next: streams, priorities, turns of callers, age; each comes and gets its slot', async () => {
    const { here, job, wait, domain, passTime, called } = await openThrottle({ domainRate: [6, 60] });
    await here.reserve(await job(), [domain]);
    const sorts: Asked[] = [
      { stream: 'tips', priority: 'low' },
      { stream: 'newsletter' },
      { caller: 'ola', stream: 'newsletter' },
      { stream: 'newsletter', age: 0 },
      { stream: 'newsletter', priority: 'high' },
      { priority: 'low' },
      {},
      {},
      {},
      { caller: 'ola' },
      { caller: 'ola' },
      { priority: 'high', stream: 'transactional' },
    ];
    const mails: ThrottledMail[] = [];
    for (const sort of sorts) {
      mails.push(await job(sort));
      await wait(mails.at(-1) as ThrottledMail);
    }
    const order: number[] = [];
    while (order.length < sorts.length) {
      await passTime();
      const ids = await called();
      expect(ids).toHaveLength(1);
      const index = mails.findIndex(({ id }) => id === ids[0]);
      order.push(index);
      expect(await here.reserve(mails[index] as ThrottledMail, [domain])).toMatchObject(taken(expect.any(Number)));
    }
    expect(order).toEqual([11, 6, 9, 7, 10, 8, 5, 4, 3, 2, 1, 0]);
    await passTime();
    expect(await called()).toEqual([]);
  });

  it('a fifth is for transactional mail alone: others keep more distance; a newcomer that matters more goes first', async () => {
    const { redis, here, job, wait, domain, passTime, called } = await openThrottle({ domainRate: [8, 60] });
    const key = `heavylift:{emails}:own:rate:domain:${domain}`;
    const newsletter = () => job({ stream: 'newsletter' });
    expect(await here.reserve(await newsletter(), [domain])).toEqual(taken());
    const [next, others] = (await redis.hmget(key, 'next', 'others')).map(Number) as [number, number];
    expect(others - next).toBeCloseTo(60_000 / (0.8 * 8) - 60_000 / 8, 0);
    await wait(await newsletter());
    // The next slot has come, and is not for newsletters.
    await redis.hset(key, 'next', 0);
    expect(await called()).toEqual([]);
    expect(await here.reserve(await job(), [domain])).toEqual(taken());
    await passTime();
    expect(await called()).toHaveLength(1);
    // It has not come yet: one that matters more has not to wait for it.
    expect(await here.reserve(await job(), [domain])).toEqual(taken());
  });

  it("cancelled, or gone: its turn is the next one's, and nothing is left of it", async () => {
    const { redis, here, job, wait, domain, passTime, called } = await openThrottle({ domainRate: [6, 60] });
    await here.reserve(await job(), [domain]);
    const mails = await Promise.all(Array.from({ length: 60 }, () => job()));
    for (const mail of mails) await wait(mail);
    await passTime();
    const [first] = await called();
    expect(first).toBe(mails[0]?.id);
    for (const [index, { id }] of mails.slice(0, -1).entries()) {
      await (index % 2 === 0 ? redis.hset(jobKey(id), 'finishedOn', 1) : redis.del(jobKey(id)));
    }
    await passTime();
    expect(await called()).toEqual([mails.at(-1)?.id]);
    const erased = await job();
    await redis.del(jobKey(erased.id));
    await here.reserve(erased, [domain]);
    expect(await redis.exists(jobKey(erased.id))).toBe(0);
    await here.reserve(mails.at(-1) as ThrottledMail, [domain]);
    await called();
    expect(await redis.keys(`heavylift:*${domain}*`)).toEqual([`heavylift:{emails}:own:rate:domain:${domain}`]);
    expect(await redis.ttl(`heavylift:{emails}:own:rate:domain:${domain}`)).toBeLessThanOrEqual(60);
  });

  it('a mail that was called and does not come: is called again while it is put off, and waits again in the end', async () => {
    const { redis, here, job, wait, domain, passTime, called } = await openThrottle({ domainRate: [6, 60] });
    await here.reserve(await job(), [domain]);
    const lost = await job();
    const waitMs = await wait(lost);
    await passTime();
    expect(await called()).toEqual([lost.id]);
    // Its run that asked had not yet put it off.
    await redis.zadd('heavylift:{emails}:emails:delayed', (Date.now() + waitMs) * 4096, lost.id);
    await passTime();
    expect(await called()).toEqual([lost.id]);
    await redis.zadd(`heavylift:{emails}:own:rate:domain:${domain}:called`, 1, `2:${lost.id}`);
    await redis.zadd('heavylift:{emails}:emails:delayed', (Date.now() + waitMs) * 4096, lost.id);
    await passTime();
    expect(await called()).toEqual([lost.id]);
    expect(await here.reserve(lost, [domain])).toEqual(taken());
  });

  it('an attempt that asks again has the slot it had; another attempt, or one that missed it by long, needs one', async () => {
    const { redis, here, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    const mine = await job();
    expect(await here.reserve(mine, [domain])).toEqual(taken());
    expect(await here.reserve(mine, [domain])).toEqual(taken());
    expect((await here.reserve({ ...mine, attempt: 2 }, [domain])).waitMs).toBeGreaterThanOrEqual(10_000 - lateMs());
    expect((await here.reserve({ ...mine, retries: 1 }, [domain])).isTaken).toBe(false);
    const slots = { attempt: '0.1', of: { [`domain:${domain}`]: Date.now() - 60_000 } };
    await redis.hset(jobKey(mine.id), 'own:slots', JSON.stringify(slots));
    expect((await here.reserve(mine, [domain])).waitMs).toBeGreaterThanOrEqual(10_000 - lateMs());
  });

  it("a full domain holds back no other, and takes none of the relay's slots; a mail takes all of its slots or none", async () => {
    const { here, job, wait, domain, relay, passTime, called } = await openThrottle({
      domainRate: [1, 60],
      relayRate: [6, 60],
    });
    expect(await here.reserve(await job(), [domain])).toEqual(taken());
    const mine = await job();
    expect(await wait(mine, [`free.${domain}`, domain])).toBeGreaterThan(10_000);
    await passTime(`relay:${relay}`);
    expect(await here.reserve(await job(), [`free.${domain}`])).toEqual(taken());
    // Its domain has a slot now, the relay has none: it waits there, and is called when both have.
    await passTime();
    await passTime(`domain:free.${domain}`);
    expect(await called()).toEqual([]);
    await passTime(`relay:${relay}`);
    expect(await called()).toEqual([mine.id]);
    expect(await here.reserve(mine, [`free.${domain}`, domain])).toEqual(taken());
  });

  it('fractions of milliseconds do not add up: the next slot after a mail has them', async () => {
    const { redis, here, job, domain } = await openThrottle({ domainRate: [7000, 60] });
    await here.reserve(await job(), [domain]);
    const next = Number(await redis.hget(`heavylift:{emails}:own:rate:domain:${domain}`, 'next'));
    expect(next % 1).toBeCloseTo((60_000 / 7000) % 1, 2);
  });
});

describe('mails over their rate', () => {
  it('the second to a domain: snoozed until its slot, without an attempt; one elsewhere goes at once', async () => {
    const { server, send } = await openMail({}, '', undefined, { EMAILS_RATE_PER_DOMAIN: { count: 6, seconds: 60 } });
    const to = (domain: string) => ({ ...mail, to: `kari@${domain}` });
    expect((await send(to('a-rate.example'))).state).toBe('sent');
    const error = await errorOf(send(to('A-rate.example')));
    expect(error).toMatchObject({ code: 'mail_snoozed', waitingOn: 'rate' });
    expect(error.retryAfterSeconds).toBeGreaterThan(9);
    expect((await send(to('b-rate.example'))).state).toBe('sent');
    expect(server.mails).toHaveLength(2);
  });

  it('a mail that expires before its slot: comes then, to be ended', async () => {
    const { processor, redis } = await openMail({}, '', undefined, { EMAILS_RATE: { count: 1, seconds: 3600 } });
    const run = async (serial: number) => {
      const job = { ...runningJob(mail, serial), expiresAt: new Date(Date.now() + 60_000) };
      await storeJob(redis, job);
      return processor.process(job, runContext());
    };
    await run(2001);
    expect((await errorOf(run(2002))).retryAfterSeconds).toBeLessThanOrEqual(60);
  });
});

describe('the pace that a relay bears', () => {
  const key = (relay: string) => `heavylift:{emails}:own:learned:${relay}`;
  const perMinute = (pace: Pace) => Math.round(60_000 / pace.intervalMs());
  const send = (pace: Pace, mails: number) => {
    for (let sent = 0; sent < mails; sent += 1) pace.took();
  };

  it('is half of what all processes sent within the minute, once for refusals that come together, and comes back', async () => {
    const redis = await openLedgers();
    const relay = randomUUID();
    const [here, there] = [createPace(redis, relay), createPace(redis, relay)];
    send(here, 30);
    send(there, 10);
    expect([here.intervalMs(), here.note()]).toEqual([0, null]);
    await there.refresh();
    await Promise.all([here.slow(), there.slow(), here.slow()]);
    expect([perMinute(here), perMinute(there)]).toEqual([20, 20]);
    expect(here.note()).toBe('The mail relay wanted less mail: at most 20 a minute leave now, and more each minute.');
    const pass = async (minutes: number) => {
      const learned = JSON.parse((await redis.get(key(relay))) ?? '') as { at: number };
      await redis.set(key(relay), JSON.stringify({ ...learned, at: learned.at - minutes * 60_000 }), 'KEEPTTL');
      const later = createPace(redis, relay);
      await later.refresh();
      return later;
    };
    expect(perMinute(await pass(2))).toBe(28);
    const back = await pass(3);
    expect(perMinute(back)).toBe(40);
    await back.slow();
    expect(perMinute(back)).toBe(20);
    expect(await redis.pttl(key(relay))).toBeGreaterThan(3_500_000);
    await redis.del(key(relay));
    const forgotten = createPace(redis, relay);
    await forgotten.refresh();
    expect(forgotten.intervalMs()).toBe(0);
  });

  it('begins below the rate that is set, is never nothing, and is not learned of a single mail', async () => {
    const redis = await openLedgers();
    const [set, few, one] = [
      createPace(redis, randomUUID(), 12),
      createPace(redis, randomUUID()),
      createPace(redis, randomUUID()),
    ];
    send(set, 500);
    send(few, 3);
    send(one, 1);
    for (const pace of [set, few, one]) await pace.slow();
    expect([perMinute(set), perMinute(few), one.intervalMs()]).toEqual([6, 2, 0]);
  });

  it('gives slots as a rate that is set does: to transactional mail first', async () => {
    const { here, relay, job, passTime, wait, called } = await openThrottle({});
    const news = [await job({ stream: 'news' }), await job({ stream: 'news' }), await job({ stream: 'news' })] as const;
    expect(await here.reserve(news[0], ['a.example'])).toEqual({ isTaken: true, waitMs: 0 });
    send(here.pace, 30);
    await here.pace.slow();
    expect((await here.reserve(news[1], ['a.example'])).isTaken).toBe(true);
    await wait(news[2], ['a.example']);
    const reset = await job();
    await wait(reset, ['a.example']);
    await passTime(`relay:${relay}`);
    expect(await called()).toEqual([reset.id]);
  });
});
