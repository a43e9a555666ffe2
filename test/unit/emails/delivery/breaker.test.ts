import { randomUUID } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { createBreaker, FAILURES_UNTIL_OPEN } from '../../../../workers/emails/delivery/breaker.ts';
import { openScriptedSmtpServer } from '../../../support/scripted-smtp-server.ts';
import { closers, errorOf, mail, openLedgers, openMail } from '../open-mail.ts';

/** Two hosts' breakers of one relay, and how to let its open time pass. */
async function openBreakers() {
  const redis = await openLedgers();
  const relay = randomUUID();
  const [here, there] = [createBreaker(redis, relay, 5000), createBreaker(redis, relay, 5000)];
  const failTimes = async (times: number) => {
    let openMs = 0;
    for (let time = 0; time < times; time += 1) openMs = await here.fail(`job ${time}`);
    return openMs;
  };
  const letTimePass = () => redis.hset(`heavylift:{emails}:own:relay:${relay}`, 'until', Date.now() - 1);
  return { redis, here, there, failTimes, letTimePass };
}

describe('the breaker of a relay', () => {
  it('fewer failures in a row than it takes: everybody may go on', async () => {
    const { there, failTimes } = await openBreakers();
    expect(await failTimes(FAILURES_UNTIL_OPEN - 1)).toBe(0);
    expect(await there.enter('next')).toBe(0);
  });

  it('one more: open for 15 s, for every host', async () => {
    const { there, failTimes } = await openBreakers();
    expect(await failTimes(FAILURES_UNTIL_OPEN)).toBe(15_000);
    const waitMs = await there.enter('next');
    expect(waitMs).toBeGreaterThan(10_000);
    expect(waitMs).toBeLessThanOrEqual(15_000);
  });

  it('a success in between: counted from the start', async () => {
    const { here, there, failTimes } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN - 1);
    await there.succeed();
    expect(await here.fail('another')).toBe(0);
  });

  it('the time is over: one probes, the others still wait for it', async () => {
    const { here, there, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    await letTimePass();
    expect(await here.enter('probe')).toBe(0);
    expect(await there.enter('other')).toBeGreaterThan(4000);
    await here.succeed();
    expect(await there.enter('other')).toBe(0);
  });

  it('the probe fails: open for twice as long, and so on up to five minutes', async () => {
    const { here, failTimes, letTimePass } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    const opened: number[] = [];
    for (let time = 0; time < 6; time += 1) {
      await letTimePass();
      expect(await here.enter('probe')).toBe(0);
      opened.push(await here.fail('probe'));
    }
    expect(opened).toEqual([30_000, 60_000, 120_000, 240_000, 300_000, 300_000]);
  });

  it('failures of attempts that had started before it opened: do not make it longer', async () => {
    const { here, there, failTimes } = await openBreakers();
    await failTimes(FAILURES_UNTIL_OPEN);
    expect(await there.fail('late')).toBe(0);
    expect(await here.enter('next')).toBeLessThanOrEqual(15_000);
  });
});

describe('mails to a relay that is away', () => {
  it('use up attempts until the breaker opens, then wait without; the relay is left alone', async () => {
    const server = await openScriptedSmtpServer((stage) => (stage === 'greeting' ? '421 4.3.2 down' : undefined));
    closers.push(server.close);
    const { send, redis, processor } = await openMail({}, '', server.url);
    const codes: string[] = [];
    for (let time = 0; time < FAILURES_UNTIL_OPEN + 3; time += 1) codes.push((await errorOf(send(mail))).code);
    expect(codes).toEqual([
      ...Array(FAILURES_UNTIL_OPEN).fill('mail_relay_unavailable'),
      ...Array(3).fill('mail_snoozed'),
    ]);
    expect((await errorOf(send(mail))).waitingOn).toBe('relay');
    expect(server.reached('greeting')).toBe(FAILURES_UNTIL_OPEN);
    expect(processor.dependency?.()).toMatchObject({ ok: false, detail: expect.stringContaining('421 4.3.2 down') });

    server.script = () => undefined;
    await redis.hset(`heavylift:{emails}:own:relay:127.0.0.1:${server.port}`, 'until', Date.now() - 1);
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
      await redis.hset(`heavylift:{emails}:own:relay:127.0.0.1:${server.port}`, 'until', Date.now() - 1);
      server.script = (stage) => (stage === 'RCPT' ? refusal : undefined);
      expect((await errorOf(send(mail))).code).toBe(refusal.startsWith('4') ? 'mail_deferred' : 'mail_refused');
      server.script = () => undefined;
      expect((await send(mail)).state).toBe('sent');
    },
  );

  it('the server refuses each recipient: it works, so the breaker stays closed', async () => {
    const server = await openScriptedSmtpServer((stage) => (stage === 'RCPT' ? '450 4.2.0 later' : undefined));
    closers.push(server.close);
    const { send } = await openMail({}, '', server.url);
    for (let time = 0; time < FAILURES_UNTIL_OPEN + 1; time += 1) {
      expect((await errorOf(send(mail))).code).toBe('mail_deferred');
    }
  });
});
