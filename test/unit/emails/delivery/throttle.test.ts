import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createJobFields } from '../../../../src/queue/run/job-fields.ts';
import { createConnectionLimit } from '../../../../workers/emails/delivery/connection-limit.ts';
import { createThrottle } from '../../../../workers/emails/delivery/throttle.ts';
import { errorOf, jobKey, mail, openLedgers, openMail, runContext, runningJob, storeJob } from '../open-mail.ts';

async function openThrottle(rates: { relayRate?: [number, number]; domainRate?: [number, number] }) {
  const redis = await openLedgers();
  const jobFields = createJobFields(redis, 'emails');
  const relay = randomUUID();
  const rate = (given?: [number, number]) => given && { count: given[0], seconds: given[1] };
  const open = () =>
    createThrottle({ redis, jobFields, relay, relayRate: rate(rates.relayRate), domainRate: rate(rates.domainRate) });
  const [here, there] = [open(), open()];
  const domain = `${relay}.example`;
  const job = async () => {
    const made = { id: randomUUID(), attempt: 1 };
    await storeJob(redis, made);
    return made;
  };
  const begun = Date.now();
  /** What has passed of every wait since the first question: a busy machine takes its time. */
  const lateMs = () => Date.now() - begun;
  return { redis, here, there, domain, job, lateMs };
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
  it('none set: every mail goes at once', async () => {
    const { here, job, domain } = await openThrottle({});
    expect(await here.reserve(await job(), [domain])).toBe(0);
  });

  it('6 in 60 s for a domain: ten seconds apart over all hosts, each mail has a slot of its own', async () => {
    const { here, there, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    const waits: number[] = [];
    for (const throttle of [here, there, here, there]) waits.push(await throttle.reserve(await job(), [domain]));
    const passed = lateMs();
    expect(waits[0]).toBe(0);
    for (const index of [1, 2, 3]) {
      expect(waits[index]).toBeGreaterThanOrEqual(index * 10_000 - passed);
      expect(waits[index]).toBeLessThanOrEqual(index * 10_000);
    }
  });

  it('a mail that asks again: has the slot it had, and takes no second one', async () => {
    const { here, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    await here.reserve(await job(), [domain]);
    const waiting = await job();
    const first = await here.reserve(waiting, [domain]);
    expect(await here.reserve(waiting, [domain])).toBeLessThanOrEqual(first);
    expect(await here.reserve(await job(), [domain])).toBeGreaterThanOrEqual(2 * 10_000 - lateMs());
  });

  it('a job that was erased meanwhile: nothing is left of it in Redis', async () => {
    const { redis, here, domain } = await openThrottle({ domainRate: [6, 60] });
    const erased = { id: randomUUID(), attempt: 1 };
    expect(await here.reserve(erased, [domain])).toBe(0);
    expect(await redis.exists(jobKey(erased.id))).toBe(0);
  });

  it('another attempt of the mail: has to wait for a slot of its own', async () => {
    const { here, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    const mine = await job();
    expect(await here.reserve(mine, [domain])).toBe(0);
    expect(await here.reserve({ ...mine, attempt: 2 }, [domain])).toBeGreaterThanOrEqual(10_000 - lateMs());
  });

  it('a slot that was missed by long: a new one', async () => {
    const { redis, here, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    const mine = await job();
    await here.reserve(mine, [domain]);
    await redis.hset(jobKey(mine.id), `own:turn:1:domain:${domain}`, Date.now() - 60_000);
    expect(await here.reserve(mine, [domain])).toBeGreaterThanOrEqual(10_000 - lateMs());
  });

  it('a full domain does not hold back another, nor takes slots of the relay', async () => {
    const { here, job, domain, lateMs } = await openThrottle({ domainRate: [1, 60], relayRate: [6, 60] });
    expect(await here.reserve(await job(), [domain])).toBe(0);
    expect(await here.reserve(await job(), [domain])).toBeGreaterThanOrEqual(60_000 - lateMs());
    expect(await here.reserve(await job(), [domain])).toBeGreaterThanOrEqual(120_000 - lateMs());
    const waitMs = await here.reserve(await job(), [`other.${domain}`]);
    expect(waitMs).toBeLessThanOrEqual(10_000);
  });

  it('recipients in two domains: the later slot counts', async () => {
    const { here, job, domain, lateMs } = await openThrottle({ domainRate: [6, 60] });
    await here.reserve(await job(), [domain]);
    expect(await here.reserve(await job(), [`free.${domain}`, domain])).toBeGreaterThanOrEqual(10_000 - lateMs());
  });

  it('fractions of milliseconds do not add up: 7,000 in 60 s are 60 s', async () => {
    const { redis, here, job, domain } = await openThrottle({ domainRate: [7000, 60] });
    const begun = Date.now();
    for (let count = 0; count < 700; count += 1) await here.reserve(await job(), [domain]);
    const next = Number(await redis.get(`heavylift:{emails}:own:turn:domain:${domain}`));
    const lateMs = Date.now() - begun; // slots that passed unused while we asked are not made up for
    expect(next - begun).toBeGreaterThanOrEqual(6000 - 10);
    expect(next - begun).toBeLessThanOrEqual(6000 + lateMs);
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
