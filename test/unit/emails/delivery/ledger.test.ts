import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Redis } from 'ioredis';
import { AppError } from '../../../../src/errors.ts';
import { createJobFields } from '../../../../src/queue/run/job-fields.ts';
import { fieldsToSendAgain, openLedger } from '../../../../workers/emails/delivery/ledger.ts';
import type { EmailResult } from '../../../../workers/emails/job.ts';
import { openScriptedSmtpServer, type Script } from '../../../support/emails/scripted-smtp-server.ts';
import { openLyingProxy } from '../../../support/http/lying-proxy.ts';
import { makeTempDir } from '../../../support/temp-dir.ts';
import { until } from '../../../support/until.ts';
import {
  closers,
  errorOf,
  jobKey,
  mail,
  openLedgers,
  openMail,
  reportId,
  runContext,
  runningJob,
  storedFile,
  storeJob,
} from '../open-mail.ts';

let serial = 1000;

/** A job in Redis and its ledger's opener; each call is another run. */
async function openJob(input: Record<string, unknown> = mail) {
  const redis = await openLedgers();
  serial += 1;
  const job = runningJob(input, serial);
  await storeJob(redis, job);
  return { redis, job, key: jobKey(job.id), open: () => openLedger(createJobFields(redis, 'emails'), job) };
}

const taken = { state: 'accepted', code: 250, response: '250 ok' } as const;

describe('the ledger', () => {
  it('the fields that a waiting job has from an earlier version: read as they are', async () => {
    const { open, redis, key } = await openJob();
    const attempt = { token: 'a', at: '2026-10-31T08:00:00.000Z', to: ['ola@example.no'] };
    await redis.hset(key, 'own:answers', JSON.stringify({ 'kari@example.no': taken }));
    await redis.hset(key, 'own:flight', JSON.stringify(attempt));
    expect((await open()).record).toEqual({ answers: { 'kari@example.no': taken }, inFlight: attempt });
  });

  it('an attempt that was claimed and settled: the next run reads its answers, and none is in flight', async () => {
    const { open } = await openJob();
    const ledger = await open();
    await ledger.claim(['kari@example.no']);
    expect((await open()).record).toMatchObject({ answers: {}, inFlight: { to: ['kari@example.no'] } });
    await ledger.settle({ 'kari@example.no': taken });
    expect((await open()).record).toEqual({ answers: { 'kari@example.no': taken }, inFlight: null });
  });

  it('those who may have it: kept over any retry, and left out after the one by which a person sends it again', async () => {
    const { redis, job, key } = await openJob();
    const fields = createJobFields(redis, 'emails');
    const lost = { state: 'unknown', code: null, response: '' } as const;
    const openAt = (retries: number) => openLedger(fields, { ...job, retries });
    const first = await openAt(0);
    await first.claim(['kari@example.no', 'ola@example.no']);
    await first.settle({ 'kari@example.no': lost, 'ola@example.no': taken });
    await (await openAt(1)).claim(['per@example.no']);
    expect((await openAt(2)).record).toMatchObject({ answers: { 'kari@example.no': lost }, inFlight: { retries: 1 } });
    await redis.hset(key, 'own:again', fieldsToSendAgain({ retries: 2 })['again'] ?? '');
    const again = await openAt(3);
    expect(again.record).toEqual({ answers: { 'ola@example.no': taken }, inFlight: null });
    await again.claim(['kari@example.no', 'per@example.no']);
    expect((await openAt(3)).record.inFlight).toMatchObject({ to: ['kari@example.no', 'per@example.no'], retries: 3 });
    await again.settle({ 'kari@example.no': lost });
    // What had no answer since is held as before.
    expect((await openAt(4)).record).toMatchObject({ answers: { 'kari@example.no': lost }, inFlight: null });
  });

  it('a claim whose answer was lost is sent again: it is the same claim, and the mail may be sent', async () => {
    const { redis, job } = await openJob();
    const temp = makeTempDir();
    const proxy = await openLyingProxy(join(temp.path, 'proxy.sock'), () => redis.options.path);
    const client = new Redis(proxy.url.replace('unix:', ''), { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => {});
    const ledger = await openLedger(createJobFields(client, 'emails'), job);
    proxy.answers.hold();
    const claimed = ledger.claim(['kari@example.no']);
    await until('it is written', () => redis.hget(jobKey(job.id), 'own:flight'));
    proxy.cut();
    await claimed;
    await ledger.settle({ 'kari@example.no': taken });
    expect((await openLedger(createJobFields(redis, 'emails'), job)).record.inFlight).toBeNull();
    client.disconnect();
    await proxy.close();
    temp.remove();
  });

  it('two runs that both read an empty ledger: one may send, the other may not', async () => {
    const { open } = await openJob();
    const [first, second] = [await open(), await open()];
    const claims = await Promise.allSettled([first.claim(['kari@example.no']), second.claim(['kari@example.no'])]);
    expect(claims.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    expect((await errorOf(second.claim(['kari@example.no']))).code).toBe('interrupted');
  });

  it('a run that was held up while another sent the mail: may not send', async () => {
    const { open } = await openJob();
    const [late, quick] = [await open(), await open()];
    await quick.claim(['kari@example.no']);
    await quick.settle({ 'kari@example.no': taken });
    expect((await errorOf(late.claim(['kari@example.no']))).code).toBe('interrupted');
  });

  it('an attempt that another run has taken over: its late end changes nothing', async () => {
    const { open } = await openJob();
    const first = await open();
    await first.claim(['kari@example.no']);
    const second = await open();
    await second.claim(['kari@example.no']);
    await first.settle({ 'kari@example.no': { ...taken, response: '250 first' } });
    expect((await open()).record).toMatchObject({ answers: {}, inFlight: { to: ['kari@example.no'] } });
  });

  it.each([
    ['cancelled', 'cancel'],
    ['erased', 'gone'],
  ])('a job that was %s while its mail was composed: is not sent', async (_name, what) => {
    const { open, redis, key } = await openJob();
    const ledger = await open();
    if (what === 'gone') await redis.del(key);
    else await redis.hset(key, 'cancel', 1);
    expect((await errorOf(ledger.claim(['kari@example.no']))).code).toBe('cancelled');
    expect(await redis.hget(key, 'own:flight')).toBeNull();
  });

  it('answers without a claimed attempt: kept, and not for a job that is gone', async () => {
    const { open, redis, key } = await openJob();
    const ledger = await open();
    await ledger.settle({ 'kari@example.no': taken });
    expect((await open()).record.answers).toEqual({ 'kari@example.no': taken });
    await redis.del(key);
    await ledger.settle({});
    expect(await redis.exists(key)).toBe(0);
  });
});

/** Kari is accepted, Ola deferred, Per refused. */
const differently: Script = (stage, line) => {
  if (stage !== 'RCPT') return undefined;
  if (line.includes('ola@')) return '450 4.2.0 later';
  return line.includes('per@') ? '550 5.1.1 unknown' : undefined;
};
const three = { to: ['kari@example.no', 'ola@example.no', 'per@example.no'], subject: 'Hei', text: 'Hei!' };

const statesOf = ({ recipients }: EmailResult) =>
  Object.fromEntries(recipients.map(({ address, state }) => [address, state]));

/** A scripted server, and runs of one job against it. */
async function openRuns(script: Script, input: Record<string, unknown> = three) {
  const server = await openScriptedSmtpServer(script);
  closers.push(server.close);
  const { processor, redis } = await openMail({}, '', `${server.url}?socketTimeout=300`);
  const { job, key, open } = await openJob(input);
  const run = async (changes: Partial<typeof job> = {}, context = runContext()) =>
    (await processor.process({ ...job, ...changes }, context)).result;
  return { server, redis, job, key, open, run };
}

describe('runs of one job', () => {
  it.each<[string, Script, code: string, about: string]>([
    [
      'no relay rights',
      (stage) => (stage === 'RCPT' ? '554 5.7.1 Relay access denied' : undefined),
      'mail_relay_unavailable',
      'relay',
    ],
    [
      'a sender that is refused',
      (stage) => (stage === 'MAIL' ? '553 5.7.1 not yours' : undefined),
      'mail_sender_refused',
      'sender',
    ],
    [
      'a daily limit',
      (stage) => (stage === 'MAIL' ? '550 5.4.5 Daily user sending limit exceeded' : undefined),
      'mail_snoozed',
      'rate',
    ],
  ])(
    '%s: no attempt, whatever the code, until it expires; then each recipient is told',
    async (_, script, code, about) => {
      const { server, run } = await openRuns(script, { ...mail, from: `${about}@firma.no` });
      const expiresAt = new Date(Date.now() + 40_000);
      const error = await errorOf(run({ attempt: 100, expiresAt }));
      expect([error.code, error.usesAttempt, error.retryable, error.isKept]).toEqual([code, false, true, true]);
      expect(error.retryAfterSeconds).toBeLessThanOrEqual(40);
      const over = await errorOf(run({ attempt: 100, expiresAt: new Date() }));
      expect([over.code, over.recipients]).toMatchObject(['expired', [{ state: 'deferred', class: about }]]);
      server.script = () => undefined;
      expect((await run({ attempt: 100 })).state).toBe('sent');
    },
  );

  it('accepted, deferred and refused recipients: the deferred are tried again, and the result has all', async () => {
    const { server, run } = await openRuns(differently);
    const error = await errorOf(run());
    expect(error.code).toBe('mail_deferred');
    expect(error.message).toBe(
      'The mail server put the mail off: ola@example.no (450 4.2.0 later). It is tried again.',
    );
    expect(error.retryAfterSeconds).toBeGreaterThanOrEqual(48);
    expect(error.retryAfterSeconds).toBeLessThanOrEqual(72);
    server.script = () => undefined;
    const result = await run({ attempt: 2 });
    expect(server.taken.map(({ to }) => to)).toEqual([['kari@example.no'], ['ola@example.no']]);
    expect(result).toMatchObject({
      messageId: expect.stringMatching(/^<eml_/),
      delivery: 'smtp',
      state: 'partly',
      recipients: [
        { address: 'kari@example.no', state: 'accepted', status: '2.0.0', response: '250 2.0.0 taken' },
        { address: 'ola@example.no', state: 'accepted', status: '2.0.0', response: '250 2.0.0 taken' },
        { address: 'per@example.no', state: 'refused', code: 550, response: '550 5.1.1 unknown' },
      ],
    });
  });

  it('an attachment that is gone after the first attempt: the error says who has the mail, and who may have it', async () => {
    const attachments = [{ filename: 'a.pdf', job: reportId }];
    const { server, run, key, redis } = await openRuns(differently, { ...three, attachments });
    const file = storedFile('a.pdf');
    const found = { id: reportId, state: 'completed' as const, files: [file] };
    await errorOf(run({}, runContext({ files: { [file.key]: Buffer.from('%PDF') }, found })));
    const gone = await errorOf(run({ attempt: 2 }));
    expect([gone.code, gone.retryable]).toEqual(['source_unavailable', false]);
    const recipients = [
      { address: 'kari@example.no', state: 'accepted' },
      { address: 'ola@example.no', state: 'deferred', response: '450 4.2.0 later' },
      { address: 'per@example.no', state: 'refused', code: 550 },
    ];
    expect(gone.recipients).toMatchObject(recipients);
    await redis.hset(key, 'own:flight', JSON.stringify({ token: 'a', at: '2026-10-31T08:00:00.000Z', to: [] }));
    const states = (await errorOf(run({ attempt: 2 }))).recipients?.map(({ address, state }) => [address, state]);
    expect(Object.fromEntries(states ?? [])).toMatchObject({
      'kari@example.no': 'accepted',
      'ola@example.no': 'unknown',
    });
    await redis.hdel(key, 'own:flight', 'own:answers');
    expect((await errorOf(run())).recipients).toBeUndefined();
    expect(server.reached('MAIL')).toBe(1);
  });

  it('the time is over with one still deferred: partly, with its last answer; the server is not asked again', async () => {
    const { server, run } = await openRuns(differently);
    await errorOf(run());
    const result = await run({ attempt: 2, expiresAt: new Date(Date.now() - 1) });
    expect(result.state).toBe('partly');
    expect(result.recipients.find(({ address }) => address === 'ola@example.no')).toMatchObject({
      state: 'deferred',
      code: 450,
      response: '450 4.2.0 later',
    });
    expect(server.reached('MAIL')).toBe(1);
  });

  it('the next attempt would come too late: the run is the last, and says so', async () => {
    const { run } = await openRuns((stage) => (stage === 'RCPT' ? '450 4.2.0 later' : undefined), mail);
    const error = await errorOf(run({ expiresAt: new Date(Date.now() + 30_000) }));
    expect([error.code, error.retryable]).toEqual(['expired', false]);
    expect(error.message).toContain('The mail was not delivered in time.');
    expect(error.recipients).toMatchObject([{ address: 'kari@example.no', state: 'deferred', code: 450 }]);
  });

  it('refused, then run again by hand: the refused are tried again, once; the accepted are not', async () => {
    const { server, run, open } = await openRuns((stage, line) =>
      stage === 'RCPT' && line.includes('ola@') ? '550 5.7.1 not from you' : undefined,
    );
    expect((await run()).state).toBe('partly');
    const redis = await openLedgers();
    await redis.del('heavylift:{emails}:own:suppressions', 'heavylift:{emails}:own:suppressions:by-time');
    const again = await run({ retries: 1 });
    expect([again.state, statesOf(again)['ola@example.no']]).toEqual(['partly', 'refused']);
    expect((await open()).record.answers).toMatchObject({ 'ola@example.no': { state: 'refused', retries: 1 } });
    expect(server.reached('MAIL')).toBe(2);
    await run({ retries: 1, attempt: 2 });
    expect(server.reached('MAIL')).toBe(2);
    expect(server.taken.map(({ to }) => to)).toEqual([['kari@example.no', 'per@example.no']]);
  });

  it('a job that was sent and runs again: answers the same, and the server hears nothing', async () => {
    const { server, run } = await openRuns(() => undefined);
    const first = await run();
    expect(await run()).toEqual(first);
    expect([server.taken.length, server.reached('MAIL')]).toEqual([1, 1]);
  });

  it('a run that died between the mail and its answer: the next says unknown, and sends nothing', async () => {
    const { server, run, open } = await openRuns(() => undefined);
    await (await open()).claim(three.to);
    expect(await run()).toMatchObject({
      state: 'unknown',
      unknown: three.to,
      recipients: three.to.map((address) => ({ address, state: 'unknown' })),
    });
    expect(server.reached('greeting')).toBe(0);
  });

  it('the same with onUnknown resend: it is sent once more, with the same Message-ID', async () => {
    const { server, run, open } = await openRuns(() => undefined, { ...mail, onUnknown: 'resend' });
    await (await open()).claim(['kari@example.no']);
    const { state, messageId } = await run();
    expect([state, server.taken.length]).toEqual(['sent', 1]);
    expect(server.taken[0]?.source).toContain(`Message-ID: ${messageId}`);
  });

  it('no answer after the mail, with onUnknown resend: tried again by the schedule', async () => {
    const { server, run } = await openRuns((stage) => (stage === 'dot' ? 'drop' : undefined), {
      ...mail,
      onUnknown: 'resend',
    });
    const error = await errorOf(run());
    expect([error.code, error.retryable]).toEqual(['mail_deferred', true]);
    server.script = () => undefined;
    expect((await run({ attempt: 2 })).state).toBe('sent');
    expect(server.reached('dot')).toBe(2);
  });

  it('no answer after the mail, of whose recipients some were refused before: these keep their answers', async () => {
    const lost: Script = (stage, line) => (stage === 'dot' ? 'drop' : differently(stage, line));
    // The server has no SMTPUTF8, so that the last is not even asked for.
    const to = ['kari@example.no', 'per@example.no', 'kåre@example.no'];
    const { run, open } = await openRuns(lost, { ...three, to });
    const result = await run();
    expect([result.state, result.unknown]).toEqual(['unknown', ['kari@example.no']]);
    expect(statesOf(result)).toEqual({
      'kari@example.no': 'unknown',
      'per@example.no': 'refused',
      'kåre@example.no': 'refused',
    });
    expect(result.recipients.find(({ state }) => state === 'refused')).toMatchObject({ stage: 'rcpt', code: 550 });
    expect((await open()).record).toMatchObject({
      answers: { 'per@example.no': { state: 'refused' } },
      inFlight: { to },
    });
  });

  it('no answer after the mail, of whose recipients one was put off before: that one is tried again, and it alone', async () => {
    const lost: Script = (stage, line) => (stage === 'dot' ? 'drop' : differently(stage, line));
    const { server, run, open } = await openRuns(lost);
    const put = await errorOf(run());
    const states = { 'kari@example.no': 'unknown', 'per@example.no': 'refused', 'ola@example.no': 'deferred' };
    expect([put.code, put.retryable]).toEqual(['mail_deferred', true]);
    expect(put.message).toBe('The mail server put the mail off: ola@example.no (450 4.2.0 later). It is tried again.');
    expect(statesOf({ recipients: put.recipients } as EmailResult)).toEqual(states);
    expect((await open()).record.inFlight).toBeNull();
    const late = await run({ attempt: 2, expiresAt: new Date() });
    expect([late.state, late.unknown, statesOf(late)]).toEqual(['unknown', ['kari@example.no'], states]);
    server.script = () => undefined;
    const result = await run({ attempt: 2 });
    expect(server.taken.map(({ to }) => to)).toEqual([['ola@example.no']]);
    expect([result.state, result.unknown]).toEqual(['unknown', ['kari@example.no']]);
    expect(statesOf(result)).toEqual({ ...states, 'ola@example.no': 'accepted' });
    expect(result.recipients.find(({ state }) => state === 'unknown')).toMatchObject({ code: null, response: null });
    const again = await openRuns(lost, { ...three, onUnknown: 'resend' });
    const error = await errorOf(again.run());
    expect(error.recipients?.map(({ address, state }) => [address, state]).toSorted()).toEqual([
      ['ola@example.no', 'deferred'],
      ['per@example.no', 'refused'],
    ]);
    again.server.script = () => undefined;
    await again.run({ attempt: 2 });
    expect(again.server.taken.map(({ to }) => to)).toEqual([['kari@example.no', 'ola@example.no']]);
  });

  it('one was taken before, the rest is unknown: both are said', async () => {
    const { server, run } = await openRuns(differently);
    await errorOf(run());
    server.script = (stage) => (stage === 'dot' ? 'drop' : undefined);
    const result = await run({ attempt: 2 });
    expect([result.state, result.unknown]).toEqual(['unknown', ['ola@example.no']]);
    expect(statesOf(result)).toEqual({
      'kari@example.no': 'accepted',
      'per@example.no': 'refused',
      'ola@example.no': 'unknown',
    });
  });

  it('a run stopped while the mail was leaving: no attempt is in flight, and the next run sends it', async () => {
    const { server, run, open } = await openRuns((stage) => (stage === 'MAIL' ? 'hang' : undefined));
    const controller = new AbortController();
    const stopped = new AppError('interrupted', 'The worker is shutting down.');
    const first = errorOf(run({}, runContext({ signal: controller.signal })));
    await until('the server was given the sender', () => server.reached('MAIL') > 0);
    controller.abort(stopped);
    expect(await first).toBe(stopped);
    expect((await open()).record.inFlight).toBeNull();
    server.script = () => undefined;
    expect((await run()).state).toBe('sent');
  });
});
