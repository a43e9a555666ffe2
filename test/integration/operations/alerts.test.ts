import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { deliver } from '../../../bin/alerts/deliver.ts';
import { alertSecrets } from '../../../bin/alerts/webhook.ts';
import { type Alerts, createAlerts } from '../../../src/alerts/alerts.ts';
import type { Message } from '../../../src/alerts/incidents.js';
import { testMessage } from '../../../src/alerts/test-message.ts';
import { createLog } from '../../../src/log.ts';
import { openProducerRedis, type Redis } from '../../../src/redis/connect.ts';
import { createCollect } from '../../../src/verdict/collect.ts';
import { createSinceStore } from '../../../src/verdict/since.ts';
import { createVerdictWatch, type VerdictWatch } from '../../../src/verdict/verdict-watch.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { openTestApp, type TestApp } from '../../support/app.ts';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { answer, type HttpSink, hang, openHttpSink } from '../../support/http/http-sink.ts';
import { startProcess } from '../../support/processes.ts';
import { until } from '../../support/until.ts';
import { verifies } from '../../support/verifies.ts';

const SECRET = 'a deployment secret of the tests that is long enough';
const MARKS = { standsMs: 200, goneMs: 500, remindMs: 86_400_000, retryMs: 300 };
const PATIENCE = { waitsMs: [0, 10, 10], tryMs: 10_000 };
/** For who never answers: others may be too slow for it on a busy machine. */
const IMPATIENCE = { ...PATIENCE, tryMs: 500 };
const patienceFor = (detail: string) => (detail.endsWith('0.5 s') ? IMPATIENCE : PATIENCE);
const log = createLog('silent', 'test');

let test: TestApp;
let sink: HttpSink;
let smtp: TestSmtpServer;
let config: AllConfig;
beforeAll(async () => {
  [sink, smtp] = await Promise.all([openHttpSink(), openSmtpServer()]);
  test = await openTestApp({
    ...{
      ALERTS_URL: `${sink.url}/hook`,
      ALERTS_EMAIL: ['Ops <ops@example.no>', 'kari@example.no'],
      SMTP_URL: smtp.url,
    },
    ...{ ALERTS_LEVEL: 'amber', DEPLOYMENT_SECRET: [SECRET], EMAILS_FROM: 'Heavylift <lift@example.no>' },
  });
  config = test.config;
});
afterAll(async () => {
  await test.close();
  await Promise.all([sink.close(), smtp.close()]);
});
afterEach(() => {
  sink.script = answer(200);
  sink.requests.length = 0;
  smtp.mails.length = 0;
  smtp.misbehaviour = {};
});

const firing: Message = { ...testMessage(Date.now()), kind: 'firing' };
const send = (changes: Partial<AllConfig> = {}, patience = PATIENCE) =>
  deliver(firing, { ...config, ...changes }, patience);
const alertsOf = ({ requests }: HttpSink) =>
  requests.map(({ headers, body }) => ({ ...JSON.parse(body), id: headers['webhook-id'] }));

describe('a message', () => {
  it('is told by a signed webhook and by mail', async () => {
    expect(await send()).toEqual([
      { by: 'webhook', to: `127.0.0.1:${sink.port}`, isTold: true, detail: 'it answered 200' },
      { by: 'mail', to: 'ops@example.no, kari@example.no', isTold: true, detail: 'the relay took it (250 queued)' },
    ]);
    const [hook] = sink.requests;
    const [secret = ''] = alertSecrets([SECRET]);
    expect(hook && verifies(hook, secret)).toBe(true);
    expect([hook?.path, JSON.parse(hook?.body ?? '')]).toEqual(['/hook', expect.objectContaining({ state: 'firing' })]);
    const [mail] = smtp.mails;
    expect([mail?.from, mail?.to]).toEqual(['lift@example.no', ['ops@example.no', 'kari@example.no']]);
    expect(mail?.parsed.text).toContain('This is a test: alerts come through.');
    expect(mail?.parsed.html).toContain('<strong>This is a test: alerts come through.</strong>');
    expect(mail?.parsed.headers.get('auto-submitted')).toBe('auto-generated');
    expect(mail?.source).toMatch(new RegExp(`^References: <${firing.incidents[0]?.id}@example.no>`, 'm'));
  });

  it.each<[string, () => void, Partial<AllConfig>, string]>([
    ['refuses', () => (sink.script = answer(500)), {}, 'it answered 500'],
    ['hangs', () => (sink.script = hang), {}, 'it did not answer within 0.5 s'],
    ['sends us elsewhere', () => (sink.script = answer(302, { location: 'http://x.example/' })), {}, 'it answered 302'],
    ['is not there', () => {}, { ALERTS_URL: 'http://127.0.0.1:9/' }, 'The connection to 127.0.0.1 failed or was cut'],
  ])('to a receiver that %s is tried three times, and mailed all the same', async (_what, spoil, changes, detail) => {
    spoil();
    const [hook, mail] = await send(changes, patienceFor(detail));
    expect(hook).toMatchObject({ by: 'webhook', isTold: false, detail });
    if (patienceFor(detail) === PATIENCE) expect(mail).toMatchObject({ by: 'mail', isTold: true });
    if (!changes.ALERTS_URL) {
      expect(sink.requests).toHaveLength(3);
      expect(new Set(alertsOf(sink).map(({ id }) => id)).size).toBe(1);
    }
  });

  it.each<[string, () => void, string]>([
    ['refuses the login', () => (smtp.misbehaviour.greeting = { code: 421, text: 'too busy' }), '421 too busy'],
    ['refuses the mail', () => (smtp.misbehaviour.data = { code: 550, text: 'no' }), '550 no'],
    ['never greets', () => (smtp.misbehaviour.greeting = 'silent'), 'it did not answer within 0.5 s'],
    ['never answers', () => (smtp.misbehaviour.data = 'silent'), 'it did not answer within 0.5 s'],
  ])('by a relay that %s is tried three times, and posted all the same', async (_what, spoil, detail) => {
    spoil();
    const before = smtp.connections;
    const [hook, mail] = await send({}, patienceFor(detail));
    expect(mail).toMatchObject({ isTold: false, detail: expect.stringContaining(detail) });
    if (patienceFor(detail) === PATIENCE) expect([hook?.isTold, smtp.connections - before]).toEqual([true, 3]);
  });

  it('one recipient that is refused does not keep it from the others', async () => {
    smtp.misbehaviour.rcpt = (address) => (address.startsWith('kari') ? { code: 550, text: 'unknown' } : undefined);
    const [, mail] = await send();
    expect(mail).toMatchObject({ isTold: true, detail: 'the relay took it (250 queued), but not for kari@example.no' });
  });

  it('is sent by a process of its own, by what is good of bad settings', async () => {
    const script = `import { sendMessage } from './src/alerts/send.js';
      console.log(JSON.stringify(await sendMessage(${JSON.stringify(firing)})));`;
    const sendWith = async (env: Record<string, string>) => {
      const sender = startProcess(process.execPath, ['--input-type=module', '-e', script], env);
      await sender.exited;
      return until('its output is there', () => JSON.parse(sender.output()));
    };
    const own = { DATA_DIR: config.DATA_DIR, IMAGES_WORKERS: 'many' };
    expect(await sendWith({ ...own, ALERTS_URL: sink.url })).toEqual([
      expect.objectContaining({ by: 'webhook', isTold: true }),
    ]);
    // Nobody is to be told.
    expect(await sendWith(own)).toEqual([]);
    expect(alertsOf(sink)).toHaveLength(1);
  });
});

/** What a web process has of the verdict and of alerts; it judges until it is closed. */
interface Judge {
  alerts: Alerts;
  verdict: VerdictWatch;
  close(): Promise<void>;
}

/** Opens one on a host that is known by its folder. */
function openJudge(host = ''): Judge {
  const own = { ...config, DATA_DIR: `${config.DATA_DIR}${host}`, ALERTS_EMAIL: undefined };
  const redis: Redis = openProducerRedis(config, log);
  const alerts = createAlerts({
    ...{ config: own, redis, log, marks: MARKS },
    send: (message) => deliver(message, { ...config, ALERTS_EMAIL: undefined }, PATIENCE),
  });
  const { contracts, storage } = test;
  const verdict = createVerdictWatch({
    collect: createCollect({ config, contracts, redis, storage, failedAlerts: alerts.failed }),
    since: createSinceStore(redis),
    keep: async () => {},
    log,
    onJudged: alerts.note,
  });
  const timer = setInterval(() => void verdict.read(), 50);
  return {
    alerts,
    verdict,
    async close() {
      clearInterval(timer);
      await verdict.read();
      await alerts.stop();
      redis.disconnect();
    },
  };
}

describe('web processes', () => {
  /** Waits until there are so many of a state and code, and answers with all that came. */
  const came = (state: string, code: string, count = 1) =>
    until(
      `${count} of ${code} ${state}`,
      () => {
        const all = alertsOf(sink).flatMap(({ id, incidents }) =>
          (incidents as { state: string; code: string; incident: string }[]).map((one) => ({ ...one, id })),
        );
        const found = all.filter((one) => one.state === state && one.code === code);
        if (found.length < count) throw new Error(JSON.stringify(all));
        return found;
      },
      { timeoutMs: 20_000 },
    );

  it('tell once, and once more when it is well: with Redis one for all, without it one of each host', async () => {
    const judges = [openJudge(), openJudge(), openJudge('-of-another-host')];
    await test.producer.setPaused('reports', true, 'ops');
    const [paused] = await came('firing', 'queue_paused');
    const knowing = () => judges.filter(({ alerts }) => alerts.incidents().some(({ id }) => id === paused?.incident));
    await until('all know of it', () => knowing().length === judges.length);
    await test.producer.setPaused('reports', false);
    const [resumed] = await came('resolved', 'queue_paused');
    expect(resumed?.incident).toBe(paused?.incident);
    expect(resumed?.id).not.toBe(paused?.id);

    await test.producer.setPaused('images', true, 'ops');
    const [, standing] = await came('firing', 'queue_paused', 2);
    expect(standing?.incident).not.toBe(paused?.incident);

    await test.redis.kill();
    const gone = await came('firing', 'redis_gone', 2);
    await test.redis.start();
    const [back] = await came('resolved', 'redis_gone');
    expect(new Set([...gone, back].map((one) => one?.incident)).size).toBe(1);
    expect(gone[0]?.id).toBe(gone[1]?.id);
    await test.producer.setPaused('images', false);
    const [, last] = await came('resolved', 'queue_paused', 2);
    expect(last?.incident).toBe(standing?.incident);
    await Promise.all(judges.map((judge) => judge.close()));
    // What could not be looked at while Redis was gone was not told again; nothing was told by all of the three.
    const counted = alertsOf(sink).flatMap(({ incidents }) =>
      (incidents as { state: string; code: string }[]).map(({ state, code }) => `${code} ${state}`),
    );
    expect(counted.filter((one) => one.startsWith('queue_paused'))).toEqual([
      'queue_paused firing',
      'queue_paused resolved',
      'queue_paused firing',
      'queue_paused resolved',
    ]);
    expect(counted.filter((one) => one === 'redis_gone firing')).toHaveLength(2);
  });

  it('tell nothing twice where one stops while it tells', async () => {
    const one = openJudge();
    let release = () => {};
    sink.script = (res, request) => {
      release = () => answer(200)(res, request);
    };
    await test.producer.setPaused('reports', true, 'ops');
    await until('it tells', () => sink.requests.length > 0);
    const other = openJudge();
    const closing = one.close();
    const knows = () => other.alerts.incidents().find(({ code }) => code === 'queue_paused');
    await until('the other one knows that something is wrong', async () => {
      await other.verdict.read();
      return knows();
    });
    release();
    await closing;
    await until('the other one knows that it was told', () => knows()?.toldAt !== null);
    sink.script = answer(200);
    await test.producer.setPaused('reports', false);
    await came('resolved', 'queue_paused');
    expect(alertsOf(sink).map(({ incidents }) => incidents[0].state)).toEqual(['firing', 'resolved']);
    await other.close();
  });

  it('hear what one told that had no Redis, also when it looks more often than who tells for all', async () => {
    let sent = 0;
    const open = (host: string) => {
      const redis = openProducerRedis(config, log);
      const own = { ...config, DATA_DIR: `${config.DATA_DIR}${host}` };
      const send = async () => {
        sent += 1;
        return [{ by: 'webhook', to: 'x', isTold: true, detail: '' }];
      };
      const alerts = createAlerts({ ...{ config: own, redis, log, send }, marks: { ...MARKS, standsMs: 0 } });
      return { redis, alerts };
    };
    const [teller, other] = [open('-teller'), open('-other')];
    const facts = await createCollect({ ...test, redis: teller.redis })();
    const since = new Date().toISOString();
    const gone = { code: 'redis_gone', level: 'red', since, text: 'Nothing is accepted', fix: '' } as const;
    let at = Date.now();
    const full = { ...gone, code: 'disk_full' } as const;
    const note = ({ alerts }: typeof teller, items: (typeof gone | typeof full)[] = []) => {
      at += 1000;
      const verdict = { level: 'green', since: null, text: '', items } as const;
      return alerts.note({ verdict, names: items.map(({ code }) => code), facts: { ...facts, at } });
    };
    await until('both are connected', () => [teller, other].every(({ redis }) => redis.status === 'ready'));
    await note(teller);
    await note(other);
    other.redis.disconnect();
    await note(other, [gone]);
    await note(other, [gone]);
    expect(other.alerts.incidents()).toMatchObject([{ code: 'redis_gone', toldAt: expect.any(Number) }]);
    await until('its connection has ended', () => other.redis.status === 'end');
    await other.redis.connect();
    await until('it has another one', () => other.redis.status === 'ready');
    for (let times = 0; times < 3; times += 1) await note(other);
    await note(teller);
    expect(teller.alerts.incidents()).toMatchObject([{ code: 'redis_gone', toldAt: expect.any(Number) }]);
    // One that stops has handed over what it was about to find.
    const before = sent;
    const late = note(teller, [full]);
    await teller.alerts.stop();
    await late;
    expect(sent).toBe(before);
    for (const { alerts, redis } of [teller, other]) {
      await alerts.stop();
      redis.disconnect();
    }
  });

  it('say in the verdict what is not told, for as long as that is so, and try it again', async () => {
    const [one, other] = [openJudge(), openJudge()];
    sink.script = answer(503);
    await test.producer.setPaused('reports', true, 'ops');
    for (const { verdict } of [one, other]) {
      const item = await until('the verdict says that it was not told', async () => {
        const { items } = (await verdict.read()).verdict;
        return items.find(({ code }) => code === 'alert_failed');
      });
      expect(item).toMatchObject({
        level: 'amber',
        text: `The last alert was not told by webhook to 127.0.0.1:${sink.port}: it answered 503`,
      });
    }
    sink.script = answer(200);
    const before = sink.requests.length;
    await until('it is told', () => sink.requests.length > before);
    await until('the verdict is well again', async () => {
      const { items } = (await other.verdict.read()).verdict;
      return !items.some(({ code }) => code === 'alert_failed');
    });
    await test.producer.setPaused('reports', false);
    await came('resolved', 'queue_paused');
    expect(
      alertsOf(sink)
        .flatMap(({ incidents }) => incidents)
        .some(({ code }) => code === 'alert_failed'),
    ).toBe(false);
    await Promise.all([one.close(), other.close()]);
  });
});
