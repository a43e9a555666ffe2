import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { Webhook } from 'standardwebhooks';
import { AppError } from '../../../src/errors.ts';
import { DELIVER_PURPOSE, writeTargets } from '../../../src/jobs/options/deliver-to.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import type { Redis } from '../../../src/redis/script.ts';
import { createSealedTokens } from '../../../src/signing/sealed-token.ts';
import { openSecrets } from '../../../src/signing/secret.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { defaultConfig } from '../../../workers/config.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { type WebhookInput, webhooks } from '../../../workers/webhooks/job.ts';
import { createProcessor } from '../../../workers/webhooks/processor.ts';
import { answer, createSinks, hang, hangUp, type Script, stall } from '../../support/http/http-sink.ts';
import { startRedis, type TestRedis } from '../../support/redis/redis.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const log = pino({ level: 'silent' });
const SECRETS = ['n', 'o'].map((letter) => `whsec_${Buffer.from(letter.repeat(32)).toString('base64')}`);
const body = '{"type":"job.failed","timestamp":"2026-11-23T08:00:00.000Z","data":{"name":"Kåre Ødegård 🎈"}}';

const dir = makeTempDir();
let server: TestRedis;
let redis: Redis;
let storage: Storage;
beforeAll(async () => {
  storage = await openDiskStorage(dir.path);
  server = await startRedis(dir.path);
  redis = server.client();
});
afterAll(async () => {
  await server.stop();
  dir.remove();
});

const sinks = createSinks();
afterEach(async () => {
  await sinks.close();
  await redis.flushall();
});

/** A receiver on loopback, a worker's processor that may reach it, and what its runs recorded. */
async function openWebhooks(script: Script = answer(204), settings: Partial<AllConfig> = {}) {
  const sink = await sinks.open(script);
  const config = {
    ...defaultConfig(),
    DATA_DIR: dir.path,
    WEBHOOKS_SECRETS: SECRETS,
    WEBHOOKS_ALLOW: ['127.0.0.1'],
    ...settings,
  };
  const processor = createProcessor({
    ...{ config, log, redis, storage, jobFields: createJobFields(redis, 'webhooks') },
    findJob: async () => null,
  });
  const records: Record<string, unknown>[] = [];
  const appendLog = async (entry: Record<string, unknown>) => {
    records.push(entry);
  };
  const send = async (attempt = 1, changes: Partial<RunContext> = {}, url = `${sink.url}/hook`) => {
    const input = webhooks.input.parse({ ...webhooks.example, event: 'job.failed', url, body });
    const { result, files } = await processor.process(
      runningJob(input, attempt),
      runContext({ appendLog, ...changes }),
    );
    expect(files).toEqual([]);
    return webhooks.result.parse(result);
  };
  return { sink, records, send };
}

const runningJob = (input: WebhookInput, attempt: number): RunningJob<WebhookInput> => ({
  id: `whk_${'7'.repeat(26)}`,
  caller: 'test',
  attempt,
  createdAt: new Date('2026-11-23T08:00:00Z'),
  input,
  uploads: {},
});

function runContext(changes: Partial<RunContext>): RunContext {
  const none = async () => Promise.reject(new Error('a webhook has no files'));
  return {
    signal: new AbortController().signal,
    progress: () => {},
    storage: { open: none, read: none, write: none },
    jobs: { find: async (id) => ({ id, state: 'missing', files: [] }) },
    appendLog: async () => {},
    log,
    ...changes,
  };
}

/** A job that is to send a file to a host on loopback, and what runs it. */
async function openDelivery(script: Script, open = (key: string) => storage.open(key)) {
  const JOB = `img_${'7'.repeat(26)}`;
  const sink = await sinks.open(script);
  const secrets = openSecrets({ ...defaultConfig(), DATA_DIR: dir.path });
  const target = { url: `${sink.url}/x`, headers: { authorization: 'Bearer t' } };
  const sealed = createSealedTokens(secrets, DELIVER_PURPOSE).seal(writeTargets(JOB, target));
  const { sha256, bytes } = await storage.put(`results/${JOB}/a.txt`, [Buffer.from('content')] as never);
  const file = { key: `results/${JOB}/a.txt`, name: 'a.txt', type: 'text/plain', bytes, sha256 };
  const envelope = { deliverTo: { files: [{ file: null, origin: sink.url }], sealed } };
  const processor = createProcessor({
    ...{ log, redis, storage, jobFields: createJobFields(redis, 'webhooks') },
    config: { ...defaultConfig(), DATA_DIR: dir.path, DELIVER_ALLOW: ['127.0.0.1'] },
    findJob: async () => ({ envelope }) as never,
  });
  const context = runContext({
    storage: { ...runContext({}).storage, open },
    jobs: { find: async (id) => ({ id, state: 'completed', files: [file], createdAt: 1, retries: 0 }) },
  });
  const input = webhooks.input.parse({
    ...{
      url: sink.url,
      event: 'file.delivery',
      job: JOB,
      end: { createdAt: 1, retries: 0 },
      deliver: { file: null },
    },
  });
  const job = runningJob(input, 1);
  // Fields are those of a job that is there.
  await redis.hset(queueKey('webhooks', job.id), 'data', '{}');
  const run = (changes: Partial<RunningJob<WebhookInput>> = {}) => processor.process({ ...job, ...changes }, context);
  return { sink, run };
}

describe('a file that is sent', () => {
  it('is not sent again when its worker died before the run was done; run again by hand it is', async () => {
    const { sink, run } = await openDelivery(answer(201));
    const first = await run();
    expect(await run({ attempt: 2 })).toEqual(first);
    expect(sink.requests.map(({ body: sent, headers }) => [sent, headers.authorization])).toEqual([
      ['content', 'Bearer t'],
    ]);
    await run({ retries: 1 });
    expect(sink.requests).toHaveLength(2);
  });

  it('a host that fails for one caller rests from that one alone', async () => {
    const { sink, run } = await openDelivery(answer(503));
    const codes: string[] = [];
    for (let sent = 0; sent < 6; sent += 1) codes.push((await errorOf(run())).code);
    expect(codes).toEqual([...Array(5).fill('delivery_failed'), 'slots_full']);
    sink.script = answer(200);
    expect((await run({ caller: 'another' })).result).toMatchObject({ status: 200 });
  });

  it('that can not be read is no fault of its host', async () => {
    const unreadable = () => Readable.from(failing());
    const { sink, run } = await openDelivery(answer(200), async () => unreadable());
    for (let sent = 0; sent < 6; sent += 1) await expect(run()).rejects.toMatchObject({ code: 'internal' });
    expect(sink.requests).toEqual([]);
  });
});

/** A content that breaks off, as a disk's does. */
async function* failing() {
  yield Buffer.from('con');
  throw Object.assign(new Error('EIO: i/o error, read'), { code: 'EIO' });
}

/** The AppError that a run rejects with. */
async function errorOf(run: Promise<unknown>): Promise<AppError> {
  const thrown = await run.then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof AppError)) throw new Error(`expected an AppError, got ${String(thrown)}`);
  return thrown;
}

describe('a webhook that is taken', () => {
  it('one POST: the body byte for byte, signed with every secret as the reference library verifies it', async () => {
    const { sink, send } = await openWebhooks();
    expect(await send()).toMatchObject({ status: 204, attempts: 1 });
    const [request] = sink.requests;
    expect(sink.requests).toHaveLength(1);
    expect(request).toMatchObject({ method: 'POST', path: '/hook', body });
    expect(request?.headers).toMatchObject({
      'content-type': 'application/json',
      'user-agent': 'Heavylift-Webhooks',
      'webhook-id': `whk_${'7'.repeat(26)}`,
    });
    const headers = request?.headers as Record<string, string>;
    for (const secret of SECRETS) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(body));
  });

  it('a second attempt: the same id and body, the time and the signature of now', async () => {
    const { sink, send, records } = await openWebhooks();
    await send(1);
    const before = Math.floor(Date.now() / 1000);
    expect(await send(2)).toMatchObject({ attempts: 2 });
    const [first, second] = sink.requests;
    expect([second?.body, second?.headers['webhook-id']]).toEqual([first?.body, first?.headers['webhook-id']]);
    expect(Number(second?.headers['webhook-timestamp'])).toBeGreaterThanOrEqual(before);
    expect(records).toMatchObject([
      { attempt: 1, status: 204, at: expect.stringMatching(/^\d{4}-.*Z$/), ms: expect.any(Number) },
      { attempt: 2, status: 204 },
    ]);
  });

  it('an answer whose body never ends: taken', async () => {
    const { send } = await openWebhooks(stall);
    expect(await send()).toMatchObject({ status: 200 });
  });

  it('the attempt can not be recorded: it was sent all the same, and is not sent again', async () => {
    const { sink, send } = await openWebhooks();
    const appendLog = async () => Promise.reject(new Error('Redis is away'));
    expect(await send(1, { appendLog })).toMatchObject({ status: 204 });
    expect(sink.requests).toHaveLength(1);
  });
});

describe('a webhook that is not taken', () => {
  it('500: webhook_failed, recorded with its status; what an inner receiver said is marked as operators’ alone', async () => {
    const { send, records } = await openWebhooks(answer(500, {}, `stack trace of an inner host${'.'.repeat(1100)}`));
    const error = await errorOf(send(3));
    expect([error.code, error.retryable]).toEqual(['webhook_failed', true]);
    expect(records).toMatchObject([{ attempt: 3, status: 500, isInner: true }]);
    expect(String(records[0]?.['text'])).toHaveLength(1000);
    expect(error.message).not.toContain('inner host');
  });

  it('302 to loopback: a failure, and not followed', async () => {
    const other = await openWebhooks();
    const { send, sink, records } = await openWebhooks(answer(302, { location: other.sink.url }));
    const error = await errorOf(send());
    expect([error.code, error.message.includes('Redirects are not followed')]).toEqual(['webhook_failed', true]);
    expect([sink.requests.length, other.sink.connections]).toEqual([1, 0]);
    expect(records).toMatchObject([{ status: 302 }]);
  });

  it('410: webhook_gone, the end of it', async () => {
    const { send, records } = await openWebhooks(answer(410));
    const error = await errorOf(send());
    expect([error.code, error.retryable]).toEqual(['webhook_gone', false]);
    expect(records).toMatchObject([{ status: 410 }]);
  });

  it('503 with Retry-After: the next attempt is put off by it', async () => {
    const { send } = await openWebhooks(answer(503, { 'retry-after': '120' }));
    expect((await errorOf(send())).retryAfterSeconds).toBe(120);
  });

  it('no answer in time: webhook_failed, recorded with the sentence', async () => {
    const { send, records } = await openWebhooks(hang, { WEBHOOKS_TIMEOUT_SECONDS: 0.2 });
    const error = await errorOf(send());
    expect(error.code).toBe('webhook_failed');
    expect(error.message).toBe('127.0.0.1 took longer than the limit of 0.2 seconds.');
    expect(records).toMatchObject([{ attempt: 1, error: error.message }]);
  });

  it('a connection that is cut, or none at all: webhook_failed', async () => {
    const { send, sink, records } = await openWebhooks(hangUp);
    expect((await errorOf(send())).code).toBe('webhook_failed');
    await sink.close();
    expect((await errorOf(send())).code).toBe('webhook_failed');
    expect(records).toHaveLength(2);
  });

  it('a name that is not found: webhook_failed', async () => {
    const { send } = await openWebhooks();
    const error = await errorOf(send(1, {}, 'http://nowhere.invalid/hook'));
    expect(error.code).toBe('webhook_failed');
    expect(error.message).toMatch(/^The name nowhere\.invalid /);
  });
});

describe('an address that is not public', () => {
  it.each(['http://127.0.0.1', 'http://localhost', 'http://[::1]', 'http://169.254.169.254', 'http://0x7f.1'])(
    '%s: refused for good, with a sentence in the send log',
    async (url) => {
      const { send, records } = await openWebhooks(answer(204), { WEBHOOKS_ALLOW: [] });
      const error = await errorOf(send(1, {}, url));
      expect([error.code, error.retryable]).toEqual(['webhook_refused', false]);
      expect(error.message).toMatch(
        /^The address can not be sent to: .* has no public address, and this installation does not allow it\.$/,
      );
      expect(records).toMatchObject([{ error: error.message }]);
    },
  );

  it('its port is not the one that WEBHOOKS_ALLOW names: refused, and not connected to', async () => {
    const { send, sink } = await openWebhooks(answer(204), { WEBHOOKS_ALLOW: ['127.0.0.1:1'] });
    expect((await errorOf(send())).code).toBe('webhook_refused');
    expect(sink.connections).toBe(0);
  });
});

it('a run that is stopped: its reason, nothing recorded, the connection closed', async () => {
  const { send, sink, records } = await openWebhooks(hang);
  const abort = new AbortController();
  const run = errorOf(send(1, { signal: abort.signal }));
  await until('the webhook has come', () => sink.requests.length === 1);
  abort.abort(new AppError('interrupted', 'The worker is shutting down.'));
  expect((await run).code).toBe('interrupted');
  expect(records).toEqual([]);
  await until('the connection is closed', () => sink.open === 0);
});
