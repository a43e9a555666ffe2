import { beforeEach, describe, expect, it } from '@jest/globals';
import { createLog } from '../../../../src/log.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { type Breaker, NO_BREAKER } from '../../../../workers/emails/delivery/health/breaker.ts';
import { greet } from '../../../../workers/emails/delivery/health/greet.ts';
import { createRelayHealth, type RelayHealth } from '../../../../workers/emails/delivery/health/relay-health.ts';
import { createRelayWatch } from '../../../../workers/emails/delivery/health/relay-watch.ts';
import { openTransport } from '../../../../workers/emails/delivery/transport.ts';
import { openScriptedSmtpServer, type ScriptedSmtpServer } from '../../../support/emails/scripted-smtp-server.ts';
import { findFreePort } from '../../../support/product.ts';

const closed: Breaker = NO_BREAKER;
const refused = Object.assign(new Error('connect ECONNREFUSED'), { code: 'ESOCKET', originalCode: 'ECONNREFUSED' });
const shut = Object.assign(new Error('421'), {
  code: 'EPROTOCOL',
  command: 'CONN',
  responseCode: 421,
  response: '421 no',
});

const locked = Object.assign(new Error('535'), {
  code: 'EAUTH',
  command: 'AUTH PLAIN',
  responseCode: 535,
  response: '535 5.7.8 Authentication failed',
});

/** A watch over a relay that answers `fault` (null: well), with a clock of its own. */
function open() {
  const state = { fault: null as Error | null, now: 0, looks: 0, let: 0 };
  const letTry = async () => {
    state.let += 1;
  };
  const health: RelayHealth = createRelayHealth({ ...closed, letTry });
  const verify = async () => {
    state.looks += 1;
    if (state.fault) throw state.fault;
  };
  const greet = async () => {
    if (state.fault) throw state.fault;
  };
  const look = createRelayWatch({
    verify,
    greet,
    health,
    relay: 'r',
    log: createLog('silent', 'test'),
    now: () => state.now,
  });
  /** Asks every second, as a worker does. */
  const pass = async (seconds: number) => {
    for (const end = state.now + seconds * 1000; state.now < end; state.now += 1000) await look();
  };
  return { state, health, pass };
}

let watch: ReturnType<typeof open>;
beforeEach(() => {
  watch = open();
});

describe('a relay that starts with the worker', () => {
  it('refuses connections for some seconds: not known meanwhile, well as soon as it listens', async () => {
    watch.state.fault = refused;
    await watch.pass(5);
    expect(watch.health.lastSeen()).toBeNull();
    watch.state.fault = null;
    await watch.pass(5);
    expect(watch.health.lastSeen()).toMatchObject({ ok: true });
  });

  it('refuses connections for longer: away', async () => {
    watch.state.fault = refused;
    await watch.pass(20);
    expect(watch.health.lastSeen()).toMatchObject({ ok: false, detail: 'The mail relay accepts no connections.' });
  });

  it('answers that it takes no mail: away at once', async () => {
    watch.state.fault = shut;
    await watch.pass(1);
    expect(watch.health.lastSeen()).toMatchObject({ ok: false });
  });
});

describe('an idle worker', () => {
  it('sees within half a minute that the relay has gone, and that it has come back', async () => {
    await watch.pass(1);
    expect(watch.health.lastSeen()).toMatchObject({ ok: true });
    const trouble = { about: 'relay', sentence: 'a mail found it away', isAtLook: true, cause: null } as const;
    await watch.health.fail({ jobId: 'job', caller: 'kari', from: 'a@example.no' }, trouble);
    watch.state.fault = refused;
    await watch.pass(3);
    expect(watch.health.lastSeen()).toMatchObject({ ok: false, detail: 'The mail relay accepts no connections.' });
    expect(watch.state.let).toBe(1);
    watch.state.fault = null;
    await watch.pass(2);
    expect([watch.health.lastSeen(), watch.state.let]).toEqual([expect.objectContaining({ ok: true }), 2]);
  });

  it('sees within a second that a relay is back that was away for a moment, and half a minute after long', async () => {
    await watch.pass(1);
    watch.state.fault = refused;
    await watch.pass(30);
    const looks = watch.state.looks;
    await watch.pass(60);
    // Whether anybody is there is asked without a login.
    expect(watch.state.looks - looks).toBeLessThanOrEqual(3);
    watch.state.fault = null;
    await watch.pass(4);
    expect(watch.health.lastSeen()).toMatchObject({ ok: true });
  });

  it('sees within seconds that nobody is there any more', async () => {
    await watch.pass(5);
    watch.state.fault = refused;
    await watch.pass(7);
    expect(watch.health.lastSeen()).toMatchObject({ ok: false, fault: 'away' });
  });

  it('looks twice a minute at most, and less than ten times in the first minute of an outage', async () => {
    watch.state.fault = shut;
    await watch.pass(60);
    expect(watch.state.looks).toBeLessThan(10);
    const before = watch.state.looks;
    await watch.pass(120);
    expect(watch.state.looks - before).toBeLessThanOrEqual(4);
  });

  it('tries a login that is refused every five minutes in the end: an account is not locked by it', async () => {
    watch.state.fault = locked;
    await watch.pass(600);
    expect(watch.state.looks).toBeLessThanOrEqual(10);
    const before = watch.state.looks;
    await watch.pass(3600);
    expect(watch.state.looks - before).toBeLessThanOrEqual(12);
    // A mail gets through, and then the relay is away for a while: what is mended makes nobody wait.
    const mail = { jobId: 'job', caller: 'kari', from: 'a@example.no' };
    await watch.health.succeed(mail, ['relay']);
    await watch.pass(1);
    watch.state.fault = refused;
    await watch.health.fail(mail, { about: 'relay', sentence: 'away', isAtLook: true, cause: null });
    await watch.pass(10);
    watch.state.fault = null;
    const lets = watch.state.let;
    await watch.pass(31);
    expect(watch.state.let).toBeGreaterThan(lets);
    watch.state.fault = locked;
    await watch.pass(1000);
    watch.state.fault = null;
    await watch.pass(301);
    expect(watch.health.lastSeen()).toMatchObject({ ok: true });
  });
});

it('what callers have brought about hides neither the relay nor the sender of mails that name none', async () => {
  const senders = Array.from({ length: 20 }, (_, index) => `${index}@example.no`);
  const open = [...senders, 'Me@example.no'].map((who) => ({ about: 'sender' as const, who, why: 'no' }));
  const holds = async () => [...open, { about: 'relay' as const, who: null, why: 'no' }];
  const health = createRelayHealth({ ...closed, holds }, { sender: 'me@example.no' });
  health.observe(null);
  await health.refresh();
  const shown = health.lastSeen()?.holds ?? [];
  expect(shown).toHaveLength(10);
  expect(shown.slice(0, 2)).toMatchObject([{ who: 'Me@example.no', isOwn: true }, { about: 'relay' }]);
  expect(shown.some(({ who, isOwn }) => isOwn && who !== 'Me@example.no')).toBe(false);
});

it('a relay that mails show well is not looked at', async () => {
  watch.health.observe(null);
  await watch.pass(20);
  expect(watch.state.looks).toBe(0);
});

describe('a real relay', () => {
  it('away, then there', async () => {
    const port = await findFreePort();
    const config = { ...defaultConfig(), SMTP_URL: `smtp://127.0.0.1:${port}` };
    const transport = openTransport(config, () => []);
    const health = createRelayHealth(closed);
    let now = 0;
    const look = createRelayWatch({
      ...{
        verify: transport.verify,
        greet: () => greet(config.SMTP_URL),
        health,
        relay: 'r',
        log: createLog('silent', 'test'),
      },
      now: () => now,
    });
    now = 60_000;
    await look();
    expect(health.lastSeen()).toMatchObject({ ok: false, detail: 'The mail relay accepts no connections.' });
    let relay: ScriptedSmtpServer | undefined;
    try {
      relay = await openScriptedSmtpServer(undefined, port);
      now += 60_000;
      await look();
      expect(health.lastSeen()).toMatchObject({ ok: true });
    } finally {
      await relay?.close();
      transport.close();
    }
  });
});
