import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { now } from '../../../../src/clock.ts';
import { createSuppressions } from '../../../../src/suppressions/store.ts';
import { createBreaker, FAILURES_UNTIL_OPEN } from '../../../../workers/emails/delivery/health/breaker.ts';
import { callAll } from '../../../../workers/emails/delivery/health/waiting-mails.ts';
import { openScriptedSmtpServer } from '../../../support/emails/scripted-smtp-server.ts';
import { until } from '../../../support/until.ts';
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

const RELAY = { about: 'relay', sentence: 'The relay is away.' } as const;
const SENDER = { about: 'sender', sentence: 'The relay does not take this sender.' } as const;
const mailOf = (jobId: string, caller = 'kari', from = 'a@example.no') => ({ jobId, caller, from });

/** Two hosts' breakers of one relay, and how to let its open time pass. */
async function openBreakers() {
  const redis = await openLedgers();
  const relay = randomUUID();
  const [here, there] = [createBreaker(redis, relay, 5000), createBreaker(redis, relay, 5000)];
  const failTimes = async (times: number, trouble: Parameters<typeof here.fail>[1] = RELAY) => {
    let openMs = 0;
    for (let time = 0; time < times; time += 1) openMs = await here.fail(mailOf(`job ${time}`), trouble);
    return openMs;
  };
  const letTimePass = () => redis.hset(`heavylift:{emails}:own:relay:${relay}`, 'until', now() - 1);
  const openUntold = () => redis.hset(`heavylift:{emails}:own:relay:${relay}`, 'until', now() + 5000);
  return { redis, relay, here, there, failTimes, letTimePass, openUntold };
}

describe('the breaker of a relay', () => {
  it('fewer failures in a row than it takes: everybody may go on', async () => {
    const { there, failTimes } = await openBreakers();
    expect(await failTimes(FAILURES_UNTIL_OPEN - 1)).toBe(0);
    expect(await there.enter(mailOf('next'))).toBeNull();
  });

  it('one more: open for 2 s, for every host, and it says why', async () => {
    const { there, failTimes } = await openBreakers();
    expect(await failTimes(FAILURES_UNTIL_OPEN)).toBe(2000);
    const { waitMs = 0, about, why } = (await there.enter(mailOf('next'))) ?? {};
    expect([about, why, waitMs > 0, waitMs <= 2000]).toEqual(['relay', RELAY.sentence, true, true]);
  });

  it('opened by a version that kept no reason: it says so much', async () => {
    const { there, openUntold } = await openBreakers();
    await openUntold();
    expect((await there.enter(mailOf('next')))?.why).toBe('The mail relay takes no mail now.');
  });

  it('a success in between: counted from the start', async () => {
    const { here, there, failTimes } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN - 1);
    await there.succeed(mailOf('next'), ['relay']);
    expect(await here.fail(mailOf('another'), RELAY)).toBe(0);
  });

  it('the time is over: one probes, the others ask again in a moment, until it got through', async () => {
    const { here, there, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    await letTimePass();
    expect(await here.enter(mailOf('probe'))).toBeNull();
    const { waitMs = 0 } = (await there.enter(mailOf('other'))) ?? {};
    expect([waitMs > 0, waitMs <= 2000]).toEqual([true, true]);
    await here.succeed(mailOf('probe'), ['relay']);
    expect(await there.enter(mailOf('other'))).toBeNull();
  });

  it('the probe asks again, or is given back: it is let through, or another is; nobody else gives it back', async () => {
    const { here, there, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    await letTimePass();
    expect(await here.enter(mailOf('probe'))).toBeNull();
    expect([await there.look(mailOf('probe')), await there.enter(mailOf('probe'))]).toEqual([null, null]);
    await there.leave(mailOf('other'));
    expect(await there.enter(mailOf('other'))).toMatchObject({ about: 'relay' });
    await here.leave(mailOf('probe'));
    expect(await there.enter(mailOf('other'))).toBeNull();
    expect(await here.enter(mailOf('probe'))).toMatchObject({ about: 'relay' });
    expect(await there.fail(mailOf('other'), RELAY)).toBe(4000);
  });

  it('the probe fails: open for twice as long, and so on up to five minutes', async () => {
    const { here, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    const opened: number[] = [];
    for (let time = 0; time < 8; time += 1) {
      await letTimePass();
      expect(await here.enter(mailOf('probe'))).toBeNull();
      opened.push(await here.fail(mailOf('probe'), RELAY));
    }
    expect(opened).toEqual([4000, 8000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000]);
  });

  it('a look finds there what was missing: one mail tries at once, and no other look counts until its rest is over', async () => {
    const { redis, relay, here, there, failTimes } = await openBreakers();
    const key = `heavylift:{emails}:own:relay:${relay}`;
    await failTimes(FAILURES_UNTIL_OPEN + 4, RELAY);
    await there.letTry();
    // What was refused to mails alone a look does not find out.
    expect(await here.enter(mailOf('next'))).toMatchObject({ about: 'relay' });
    await redis.hset(key, 'look', '1');
    await there.letTry();
    expect(await here.enter(mailOf('next'))).toBeNull();
    expect(await there.enter(mailOf('other'))).toMatchObject({ about: 'relay' });
    expect(await here.fail(mailOf('next'), { ...RELAY, isAtLook: true })).toBe(4000);
    await there.letTry();
    expect(await here.enter(mailOf('next'))).toMatchObject({ about: 'relay' });
    await redis.hset(key, 'let', now() - 4001);
    await there.letTry();
    expect(await here.enter(mailOf('next'))).toBeNull();
  });

  it('mails that wait are called when it closes, those that matter most first, and none that waits for something else', async () => {
    const { redis, relay, here, there, failTimes } = await openBreakers();
    const delayed = 'heavylift:{emails}:emails:delayed';
    const later = (now() + 60_000) * 4096;
    const rank = (lane: number) => ({ lane, createdAt: new Date() });
    const [low, high, left, never] = ['low', 'high', 'left', 'never'].map((name) => `${name}-${relay}`) as [
      string,
      string,
      string,
      string,
    ];
    // It is not open: there is nothing to wait for.
    await here.wait(mailOf(never), 'relay', rank(1));
    await failTimes(FAILURES_UNTIL_OPEN, { ...RELAY, isAtLook: true });
    for (const [id, lane] of [
      [low, 6],
      [high, 1],
      [left, 1],
    ] as const)
      await here.wait(mailOf(id), 'relay', rank(lane));
    await redis.zadd(delayed, later, low, later, high, later, never);
    const due = async (id: string) => Number(await redis.zscore(delayed, id)) < later;
    await there.letTry();
    expect([await due(high), await due(low)]).toEqual([true, false]);
    // One that tries waits no more.
    expect(await here.enter(mailOf(left))).toBeNull();
    await redis.zadd(delayed, later, left);
    await here.succeed(mailOf(left), ['relay']);
    await until('the other is called', () => due(low));
    expect([await due(left), await due(never)]).toEqual([false, false]);
    // It opens again before all were called: the rest is left to wait.
    await failTimes(FAILURES_UNTIL_OPEN);
    await here.wait(mailOf(left), 'relay', rank(1));
    await callAll(redis, `heavylift:{emails}:own:relay:${relay}`);
    expect(await due(left)).toBe(false);
    await redis.zrem(delayed, low, high, left, never);
  });

  it('those that wait no more keep nobody from being called; where too many wait, those that matter most are called', async () => {
    const { redis, relay, here, there, failTimes } = await openBreakers();
    const [delayed, waiting] = ['heavylift:{emails}:emails:delayed', `heavylift:{emails}:own:relay:${relay}:waiting`];
    const later = (now() + 60_000) * 4096;
    const rank = (lane: number) => ({ lane, createdAt: new Date() });
    await failTimes(FAILURES_UNTIL_OPEN, { ...RELAY, isAtLook: true });
    const letters = Array.from({ length: 10_000 }, (_, index) => [6e13 + index, `letter ${index}`]).flat();
    await redis.zadd(waiting, ...letters);
    const [gone, urgent] = [`gone-${relay}`, `urgent-${relay}`];
    for (const [id, lane] of [
      ...Array.from({ length: 30 }, (_, index) => [`${gone} ${index}`, 1]),
      [urgent, 2],
    ] as const)
      await here.wait(mailOf(String(id)), 'relay', rank(Number(lane)));
    expect([await redis.zcard(waiting), await redis.zscore(waiting, 'letter 9999')]).toEqual([10_000, null]);
    await redis.zadd(delayed, later, urgent);
    await there.letTry();
    expect(Number(await redis.zscore(delayed, urgent))).toBeLessThan(later);
    // Nobody calls those that wait for a rate.
    await failTimes(FAILURES_UNTIL_OPEN, { about: 'rate', sentence: 'Too much mail.' });
    await here.wait(mailOf(urgent), 'rate', rank(1));
    expect(await redis.exists(`heavylift:{emails}:own:pace:${relay}:waiting`)).toBe(0);
    await redis.zrem(delayed, urgent);
    await redis.del(waiting);
  });

  it('callers whose mails wait try in turn, and nobody is waited for who does not come', async () => {
    const { redis, relay, here, there, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    const callers = ['kari', 'ola', 'per'] as const;
    for (const caller of callers) expect(await here.enter(mailOf(`of ${caller}`, caller))).not.toBeNull();
    const tried: string[] = [];
    for (let time = 0; time < 7; time += 1) {
      await letTimePass();
      // Kari's thousands ask first, and more often than others.
      for (const caller of ['kari', 'kari', ...callers] as const) {
        const attempt = mailOf(`${time} of ${caller}`, caller);
        if ((await there.look(attempt)) !== null || (await here.enter(attempt)) !== null) continue;
        tried.push(caller);
        await here.fail(attempt, RELAY);
        // Turns go by milliseconds.
        await sleep(2);
      }
    }
    expect(tried).toEqual(['kari', 'ola', 'per', 'kari', 'ola', 'per', 'kari']);
    await redis.hset(`heavylift:{emails}:own:relay:${relay}`, 'until', now() - 35_001);
    expect(await here.enter(mailOf('again', 'kari'))).toBeNull();
  });

  it('failures of attempts that had started before it opened: do not make it longer', async () => {
    const { here, there, failTimes } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    expect(await there.fail(mailOf('late'), RELAY)).toBe(0);
    expect((await here.enter(mailOf('next')))?.waitMs).toBeLessThanOrEqual(2000);
  });
});

describe('the breaker of a sender', () => {
  it('stops that sender of that caller alone, whatever host, and is shown until it takes mail again', async () => {
    const { here, there, failTimes } = await openBreakers();
    expect(await failTimes(FAILURES_UNTIL_OPEN, SENDER)).toBe(2000);
    expect(await there.enter(mailOf('next', 'kari', 'A@example.no'))).toMatchObject({ about: 'sender' });
    expect(await there.enter(mailOf('next', 'kari', 'b@example.no'))).toBeNull();
    expect(await there.enter(mailOf('next', 'ola'))).toBeNull();
    expect(await there.holds()).toEqual([{ about: 'sender', who: 'a@example.no', why: SENDER.sentence }]);
    await here.succeed(mailOf('next'), ['relay', 'rate', 'sender']);
    expect([await there.enter(mailOf('next')), await there.holds()]).toEqual([null, []]);
  });

  it('is shown, as the relay is, also where one caller has more senders that are refused than are shown', async () => {
    const { redis, relay, there, failTimes } = await openBreakers();
    const shown = { why: 'no', at: now(), about: 'sender', who: 'x@example.no', caller: 'noisy' };
    const senders = Array.from({ length: 100 }, (_, index) => [
      `s${index}`,
      JSON.stringify({ ...shown, at: index + now() }),
    ]);
    await redis.hset(`heavylift:{emails}:own:open:${relay}`, Object.fromEntries(senders));
    await failTimes(FAILURES_UNTIL_OPEN, SENDER);
    await failTimes(FAILURES_UNTIL_OPEN, RELAY);
    const holds = await there.holds();
    expect(holds.slice(0, 3)).toContainEqual({ about: 'sender', who: 'a@example.no', why: SENDER.sentence });
    expect(holds.slice(0, 3)).toContainEqual({ about: 'relay', who: null, why: RELAY.sentence });
    expect(holds).toHaveLength(101);
  });

  it('a mail that another breaker stops is the probe of none', async () => {
    const { here, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    await failTimes(FAILURES_UNTIL_OPEN, SENDER);
    await letTimePass();
    expect(await here.enter(mailOf('stopped'))).toMatchObject({ about: 'sender' });
    expect(await here.enter(mailOf('probe', 'ola'))).toBeNull();
  });
});

describe('mails to a relay that is away', () => {
  it('try it until the breaker opens, then wait; the relay is left alone, and no attempt is used up', async () => {
    const server = await openScriptedSmtpServer((stage) => (stage === 'greeting' ? '421 4.3.2 down' : undefined));
    closers.push(server.close);
    const { send, redis, processor } = await openMail({}, '', server.url);
    const codes: string[] = [];
    for (let time = 0; time < FAILURES_UNTIL_OPEN + 3; time += 1) codes.push((await errorOf(send(mail))).code);
    expect(codes).toEqual([
      ...Array(FAILURES_UNTIL_OPEN).fill('mail_relay_unavailable'),
      ...Array(3).fill('mail_snoozed'),
    ]);
    const waiting = await errorOf(send(mail));
    expect([waiting.waitingOn, waiting.isKept, waiting.usesAttempt]).toEqual(['relay', true, false]);
    expect(waiting.message).toContain('takes no mail now: 421 4.3.2 down. The mail waits, which uses up no attempt.');
    expect(server.reached('greeting')).toBe(FAILURES_UNTIL_OPEN);
    expect(processor.dependency?.()).toMatchObject({ ok: false, detail: expect.stringContaining('421 4.3.2 down') });

    server.script = () => undefined;
    await redis.hset(`heavylift:{emails}:own:relay:127.0.0.1:${server.port}`, 'until', now() - 1);
    expect((await send(mail)).state).toBe('sent');
    expect((await send(mail)).state).toBe('sent');
    expect(processor.dependency?.()).toMatchObject({ ok: true });
  });

  it.each(['450 4.2.0 later', '550 5.7.1 not here'] as const)(
    'the probe finds a server that answers each recipient with "%s": the next mail goes at once',
    async (refusal) => {
      const server = await openScriptedSmtpServer((stage) => (stage === 'greeting' ? '421 4.3.2 down' : undefined));
      closers.push(server.close);
      const { send, redis } = await openMail({}, '', server.url);
      for (let time = 0; time < FAILURES_UNTIL_OPEN; time += 1) await errorOf(send(mail));
      await redis.hset(`heavylift:{emails}:own:relay:127.0.0.1:${server.port}`, 'until', now() - 1);
      server.script = (stage) => (stage === 'RCPT' ? refusal : undefined);
      expect((await errorOf(send(mail))).code).toBe(refusal.startsWith('4') ? 'mail_deferred' : 'mail_refused');
      server.script = () => undefined;
      expect((await send(mail)).state).toBe('sent');
    },
  );

  it('a mail that has nobody to go to, waits for its rate, or is cancelled: keeps no other from being the one that tries', async () => {
    const server = await openScriptedSmtpServer((stage) => (stage === 'greeting' ? '421 4.3.2 down' : undefined));
    closers.push(server.close);
    const { send, redis, processor } = await openMail({}, '', server.url, {
      EMAILS_RATE_PER_DOMAIN: { count: 1, seconds: 60 },
    });
    const to = (domain: string) => ({ ...mail, to: `kari@${domain}` });
    for (let time = 0; time < FAILURES_UNTIL_OPEN; time += 1) await errorOf(send(to(`away-${time}.example`)));
    await redis.hset(`heavylift:{emails}:own:relay:127.0.0.1:${server.port}`, 'until', now() - 1);
    server.script = () => undefined;
    expect(await errorOf(send(to('away-0.example')))).toMatchObject({ code: 'mail_snoozed', waitingOn: 'rate' });
    await createSuppressions(redis, ['a secret of the tests that is long enough']).add([
      { address: 'kari@left.example', messageStream: null, reason: 'bounce', note: null, caller: null },
    ]);
    expect((await errorOf(send(to('left.example')))).code).toBe('recipient_suppressed');
    const cancelled = runningJob(to('cancelled.example'), 5000);
    await storeJob(redis, cancelled);
    await redis.hset(jobKey(cancelled.id), 'cancel', 1);
    expect((await errorOf(processor.process(cancelled, runContext()))).code).toBe('cancelled');
    expect((await send(to('new.example'))).state).toBe('sent');
  });

  it('the server refuses each recipient: it works, so the breaker stays closed', async () => {
    const server = await openScriptedSmtpServer((stage) => (stage === 'RCPT' ? '450 4.2.0 later' : undefined));
    closers.push(server.close);
    const { send } = await openMail({}, '', server.url);
    for (let time = 0; time < FAILURES_UNTIL_OPEN + 1; time += 1) {
      expect((await errorOf(send(mail))).code).toBe('mail_deferred');
    }
  });
});
