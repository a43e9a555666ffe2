import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../src/errors.ts';
import type { JobView } from '../../src/jobs/job-view.ts';
import { sha256 } from '../../src/keys/keyring.ts';
import { createKeyStore } from '../../src/keys/store.ts';
import { createJobFields } from '../../src/queue/run/job-fields.ts';
import { queueKey } from '../../src/redis/keys.ts';
import { ownKey } from '../../src/redis/script.ts';
import { openSecrets } from '../../src/signing/secret.ts';
import { openStorage } from '../../src/storage/open.ts';
import { defaultConfig } from '../../workers/config.ts';
import { createInbox } from '../../workers/emails/inbox/inbox.ts';
import { createReporters } from '../../workers/emails/returns/reporters.ts';
import { SCOPES } from '../../workers/index.ts';
import {
  type Asked,
  type DocumentedApi,
  drawNoise,
  exampleOf,
  formOf,
  MAILER,
  openDocumentedApi,
} from '../support/documented-api.ts';
import { ON_DISK } from '../support/matrix/switch.ts';
import { testConfig } from '../support/matrix/test-config.ts';
import { KEYS } from '../support/product.ts';
import { mountSmallVolume } from '../support/small-volume.ts';
import { makeTempDir } from '../support/temp-dir.ts';
import { until } from '../support/until.ts';

/** Every answer that the document names, provoked and compared with it: `api.call` expects it to be as documented. */
const FILE_LIMIT = 100_000;
const TUS = { 'Tus-Resumable': '1.0.0' };
const PART_TYPE = 'application/offset+octet-stream';
const beginUpload = (length: number, headers: Record<string, string> = {}) =>
  api.call('postUpload', { headers: { ...TUS, 'Upload-Length': String(length), ...headers } });
const { path: dataDir, remove } = makeTempDir();
const volume = ON_DISK ? mountSmallVolume(join(dataDir, 'storage')) : null;

let api: DocumentedApi;
let photo: Buffer;
beforeAll(async () => {
  const limits = { IMAGES_MAX_BYTES: String(FILE_LIMIT), JSON_MAX_BYTES: String(FILE_LIMIT) };
  api = await openDocumentedApi({ ...limits, DATA_DIR: dataDir });
  photo = await drawNoise(60, 40);
});
afterAll(async () => {
  await api.close();
  volume?.unmount();
  remove();
});

const REPORT = { data: { title: 'T' } };
const delayed = (more: object = {}) => ({ ...REPORT, runAt: new Date(Date.now() + 3_600_000).toISOString(), ...more });
const postPhoto = (fields: Record<string, unknown> = {}, asked: Asked = {}, file: Uint8Array = photo) =>
  api.call('postImages', { ...asked, body: formOf({ file: '(the file)', ...fields }, file) });
/** The routes here that Kari's key does not open. */
const asOperator = (operationId: string) =>
  ['listSuppressions', 'listAudit', 'listUnknownMails'].includes(operationId) || operationId.includes('Inbox')
    ? { key: KEYS.operator }
    : {};
const operationsOf = ({ document }: DocumentedApi) =>
  Object.values(document.paths).flatMap((methods) => Object.values(methods));
/** Whether a request may come as a form. */
const isForm = ({ content }: { content: object }) => 'multipart/form-data' in content;
const statusOf = async (operationId: string, params: Record<string, string>, headers: Record<string, string> = {}) =>
  (await api.call(operationId, { params, headers })).status;

/** The address of a further sort of body is answered by what answers the kind's own. */
const isFurtherWay = (operationId: string) => /^post[A-Z][a-z]+(Batch)?(Raw|Json|Form)$/.test(operationId);

describe('accepting', () => {
  it('each sort of body at an address of its own, and no other there', async () => {
    const { id } = (await api.call('postUpload', { body: new Uint8Array(photo) })).body;
    const source = { source: { upload: id }, width: 20 };
    const once = { headers: { 'Idempotency-Key': 'one of two' } };
    const { body, status } = await api.postJson('postImagesJson', source, once);
    expect([status, body['kind']]).toEqual([202, 'images']);
    const again = await fetch(`${api.product.url}/v1/images`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${KEYS.kari}`, 'Content-Type': 'application/json', ...once.headers },
      body: JSON.stringify(source),
    });
    expect(await again.json()).toMatchObject({ id: body.id });
    const raw = { headers: { 'Content-Type': 'image/jpeg' }, body: new Uint8Array(photo), query: '?width=20' };
    expect((await api.call('postImagesRaw', raw)).status).toBe(202);
    const form = formOf({ report: REPORT }, photo);
    expect((await api.call('postReportsForm', { body: form })).status).toBe(202);
    const many = formOf({ file: '(the file)', width: 20 }, photo);
    expect((await api.call('postImagesBatchForm', { body: many })).status).toBe(202);
    const [json, bytes] = [{ headers: { 'Content-Type': 'application/json' } }, { body: new Uint8Array(photo) }];
    expect((await api.call('postImagesJson', { body: formOf({ file: '(the file)' }, photo) })).status).toBe(415);
    expect((await api.call('postImagesRaw', { ...json, body: '{}' })).status).toBe(415);
    expect((await api.call('postReportsForm', { ...json, body: '{}' })).status).toBe(415);
    expect((await api.call('postImagesJson', bytes)).status).toBe(415);
  });

  it('Prefer: wait: 200 with the finished job', async () => {
    const wait = { headers: { Prefer: 'wait=20' } };
    expect((await api.postJson('postReports', REPORT, wait)).headers.get('preference-applied')).toBe('wait=20');
    expect((await api.postJson('postEmails', exampleOf('emails'), wait)).status).toBe(200);
    expect((await api.postJson('postCalls', exampleOf('calls'), wait)).status).toBe(200);
    expect((await api.postJson('postFlows', exampleOf('flows'), wait)).status).toBe(200);
    expect((await postPhoto({}, wait)).status).toBe(200);
  });

  it('the same Idempotency-Key: replayed; with another request: 422', async () => {
    const once = { headers: { 'Idempotency-Key': '"once"' } };
    const [postEmails, postCalls, postFlows] = [exampleOf('emails'), exampleOf('calls'), exampleOf('flows')];
    const examples = { postReports: delayed(), postEmails, postCalls, postFlows };
    for (const [operationId, one] of Object.entries(examples)) {
      expect((await api.postJson(operationId, one, once)).headers.get('idempotency-replayed')).toBeNull();
      expect((await api.postJson(operationId, one, once)).headers.get('idempotency-replayed')).toBe('true');
      expect((await api.postJson(operationId, { ...one, tags: ['other'] }, once)).status).toBe(422);
    }
    await postPhoto({}, once);
    expect((await postPhoto({ width: 9 }, once)).status).toBe(422);
  });

  it('a body that hardly comes: 408 wherever one is taken', async () => {
    const slow = () => new ReadableStream({ start: (controller) => controller.enqueue(Buffer.from('{')) });
    const params = { address: 'slow@example.no', name: 'slow' };
    const headers = { 'Content-Type': 'application/json' };
    const batches = ['ImagesBatch', 'ReportsBatch', 'EmailsBatch', 'CallsBatch'];
    const kinds = ['Images', 'Reports', 'Emails', 'Calls', 'Flows', 'Upload', ...batches, 'ArchivedResults'];
    const asked = kinds.map((name) => `post${name}`);
    const answers = [
      ...asked,
      'addSuppressions',
      'putSuppression',
      'putSecret',
      'putBrand',
      'putReportsTemplate',
      'putEmailsTemplate',
    ].map((operationId) => api.call(operationId, { body: slow(), duplex: 'half', headers, params } as Asked));
    const { id } = (await beginUpload(4)).body;
    const part = { ...TUS, 'Upload-Offset': '0', 'Content-Type': PART_TYPE };
    answers.push(api.call('patchUpload', { body: slow(), duplex: 'half', headers: part, params: { id } } as Asked));
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(answers.map(() => 408));
  });

  it.each([
    ['postReports', KEYS.ola],
    ['postImagesBatch', MAILER],
    ['postReportsBatch', KEYS.ola],
    ['postEmails', KEYS.ola],
    ['postEmailsBatch', KEYS.ola],
    ['postCalls', KEYS.ola],
    ['postFlows', KEYS.ola],
    ['postCallsBatch', KEYS.ola],
    ['addSuppressions', KEYS.ola],
  ])('%s refuses: 400, 401, 403, 413, 415', async (operationId, otherKey) => {
    expect((await api.postJson(operationId, { nothing: 1 })).status).toBe(400);
    expect((await api.postJson(operationId, {}, { key: null })).status).toBe(401);
    expect((await api.postJson(operationId, {}, { key: otherKey })).status).toBe(403);
    expect((await api.postJson(operationId, { long: 'x'.repeat(FILE_LIMIT) })).status).toBe(413);
    expect((await api.call(operationId, { body: 'x', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
  });

  it('postImages refuses: 400, 401, 403, 413, 415, 422', async () => {
    expect((await postPhoto({ width: -1 })).status).toBe(400);
    expect((await postPhoto({}, { key: null })).status).toBe(401);
    expect((await postPhoto({}, { key: MAILER })).status).toBe(403);
    expect((await postPhoto({}, {}, Buffer.concat([photo, Buffer.alloc(FILE_LIMIT)]))).status).toBe(413);
    expect((await postPhoto({}, {}, Buffer.from('Only words.'))).status).toBe(415);
    expect((await postPhoto({}, {}, Buffer.from('\x89PNG\r\n\x1a\n and then nothing', 'latin1'))).status).toBe(422);
  });

  it('postUpload refuses: 400, 401, 403, 413, 415, 422', async () => {
    const upload = async (body: string | Buffer, asked: Asked = {}) =>
      (await api.call('postUpload', { body: new Uint8Array(Buffer.from(body)), ...asked })).status;
    expect(await upload('')).toBe(400);
    expect(await upload('x', { key: null })).toBe(401);
    expect(await upload('x', { key: KEYS.operator })).toBe(403);
    expect(await upload('x'.repeat(FILE_LIMIT + 1), { key: KEYS.ola })).toBe(413);
    expect((await api.call('postUpload', { body: formOf({ file: '(the file)' }, photo) })).status).toBe(415);
    const once = { headers: { 'Idempotency-Key': 'an upload' } };
    expect([await upload('x', once), await upload('x', once), await upload('y', once)]).toEqual([201, 201, 422]);
  });

  it('over the rate of the key: 429 wherever something may change', async () => {
    const key = 'key-of-a-slow-caller';
    await createKeyStore(api.product.redis.client()).add({
      name: 'slow',
      digest: createHash('sha256').update(key).digest('hex'),
      scopes: SCOPES.filter((scope) => scope !== 'admin'),
      rate: { requests: 1, seconds: 3600 },
      createdAt: new Date().toISOString(),
      lastUsedAt: null,
    });
    await until('the key is known', async () => (await api.product.request('/v1/jobs', { key })).ok);
    expect((await api.postJson('postReports', REPORT, { key })).headers.get('ratelimit')).toMatch(/r=0/);
    const params = { id: 'rep_0', subject: 'x', address: 'a@example.no', name: 'x' };
    const operations = Object.values(api.document.paths).flatMap((methods) =>
      Object.entries(methods).flatMap(([method, { operationId, security }]) =>
        method === 'get' || method === 'head' || security.length === 0 ? [] : [operationId],
      ),
    );
    for (const operationId of operations) {
      const sent = await api.postJson(operationId, REPORT, { key, params });
      expect([operationId, sent.status]).toEqual([operationId, 429]);
    }
  });

  it('its usage: 200', async () => {
    expect(await statusOf('getUsage', {})).toBe(200);
    expect((await api.call('getUsage', { key: null })).status).toBe(401);
    expect((await api.call('getVerdict', { key: KEYS.operator })).status).toBe(200);
    expect((await api.call('getVerdict', { key: KEYS.kari })).status).toBe(403);
    expect((await api.call('getVerdict', { key: null })).status).toBe(401);
    const entered = () => api.call('listAudit', { query: '?limit=1', key: KEYS.operator });
    expect((await entered()).status).toBe(200);
    expect((await api.call('listAudit', { query: '?action=burn', key: KEYS.operator })).status).toBe(400);
    expect((await api.call('listAudit', { key: KEYS.kari })).status).toBe(403);
    expect((await api.call('listAudit', { key: null })).status).toBe(401);
  });
});

describe('a completed job', () => {
  let id: string;
  beforeAll(async () => {
    id = (await postPhoto({ width: 20, format: 'png' })).body.id;
    await api.product.jobReaches(id, 'completed');
  });

  it.each(['getJob', 'getFile', 'getResult', 'eraseJob'])('%s, only while it is another: 412', async (operationId) => {
    expect(await statusOf(operationId, { id, name: 'image.png' }, { 'If-Match': '"other"' })).toBe(412);
  });

  it('its status: 200, and 304 while nothing changes', async () => {
    const { headers } = await api.call('getJob', { params: { id } });
    const asked = { 'If-None-Match': headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect(await statusOf('getJob', { id }, asked)).toBe(304);
  });

  it.each(['getFile', 'getResult'])('%s: whole, in part, unchanged, out of range', async (operationId) => {
    const params = { id, name: 'image.png' };
    const { status, headers } = await api.call(operationId, { params });
    expect(status).toBe(200);
    expect(await statusOf(operationId, params, { Range: 'bytes=0-9' })).toBe(206);
    expect(await statusOf(operationId, params, { Range: 'bytes=99999999-' })).toBe(416);
    const asked = { 'If-None-Match': headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect(await statusOf(operationId, params, asked)).toBe(304);
  });

  it('of several files: the result is the list of them', async () => {
    const renditions = [
      { name: 'a', width: 5 },
      { name: 'b', width: 6 },
    ];
    const { body } = await postPhoto({ renditions });
    await api.product.jobReaches(body.id, 'completed');
    expect(await api.call('getResult', { params: { id: body.id } })).toMatchObject({ status: 200, body: [{}, {}] });
  });

  it('its events: the end, and 204 to who has seen it', async () => {
    const stream = await (await api.product.request(`/v1/jobs/${id}/events`)).text();
    expect(await statusOf('followJob', { id })).toBe(200);
    expect(await statusOf('followJob', { id }, { 'Last-Event-ID': /^id: (.*)$/m.exec(stream)?.[1] ?? '' })).toBe(204);
  });

  it('neither cancelled nor run again: 409', async () => {
    expect(await statusOf('cancelJob', { id })).toBe(409);
    expect(await statusOf('retryJob', { id })).toBe(409);
    expect(await statusOf('sendWebhookNow', { id })).toBe(409);
  });
});

describe('an upload', () => {
  const postFile = (asked: Asked = {}) => api.call('postUpload', { body: 'some words', ...asked });

  it('told of; its file whole, in part, unchanged, out of range; erased; then nothing is there', async () => {
    const { id } = (await postFile()).body;
    expect(await statusOf('getUpload', { id })).toBe(200);
    const { headers } = await api.call('getUploadedFile', { params: { id } });
    expect(await statusOf('getUploadedFile', { id }, { Range: 'bytes=0-3' })).toBe(206);
    expect(await statusOf('getUploadedFile', { id }, { Range: 'bytes=99-' })).toBe(416);
    expect(await statusOf('getUploadedFile', { id }, { 'If-Match': '"other"' })).toBe(412);
    const unchanged = { 'If-None-Match': headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect(await statusOf('getUploadedFile', { id }, unchanged)).toBe(304);
    expect(await statusOf('deleteUpload', { id })).toBe(204);
    for (const operationId of ['getUpload', 'getUploadedFile', 'deleteUpload']) {
      expect(await statusOf(operationId, { id })).toBe(404);
      expect((await api.call(operationId, { params: { id }, key: null })).status).toBe(401);
    }
  });

  it('older than uploads are kept: 410, also by its Idempotency-Key', async () => {
    const once = { headers: { 'Idempotency-Key': 'an old upload' } };
    const { id } = (await postFile(once)).body;
    const redis = api.product.redis.client();
    const { fingerprint } = JSON.parse((await redis.hget(queueKey('uploads', id), 'data')) ?? '') as Record<
      string,
      string
    >;
    await redis.zadd(queueKey('uploads', 'completed'), Date.now() - 2 * 86_400_000, id);
    await until('it is swept', async () => (await statusOf('getUpload', { id })) === 410, { timeoutMs: 25_000 });
    expect([await statusOf('headUpload', { id }), await statusOf('patchUpload', { id })]).toEqual([410, 410]);
    expect([await statusOf('getUploadedFile', { id }), await statusOf('deleteUpload', { id })]).toEqual([410, 410]);
    const known = `${Date.now() + 3_600_000}:${fingerprint?.slice(0, 32)}`;
    await redis.hset(`${queueKey('uploads', 'expired')}:known`, id, known);
    expect((await postFile(once)).status).toBe(410);
  });

  it('in pieces: begun, continued, refused, taken over', async () => {
    const { id } = (await beginUpload(8)).body;
    const send = async (body: string | Uint8Array<ArrayBuffer>, headers: Record<string, string> = {}, upload = id) => {
      const sent = { ...TUS, 'Content-Type': PART_TYPE, 'Upload-Offset': '0', ...headers };
      return (await api.call('patchUpload', { body, headers: sent, params: { id: upload } })).status;
    };
    const ask = async (asked: Asked = {}) =>
      (await api.call('headUpload', { params: { id }, headers: TUS, ...asked })).status;
    expect([await ask(), await ask({ key: null }), await ask({ params: { id: 'upd_0' } })]).toEqual([200, 401, 404]);
    expect(await ask({ headers: { 'Tus-Resumable': '2.0.0' } })).toBe(412);
    const wrong = { 'Upload-Checksum': 'md5 AAAA' };
    expect([await send('ab', { 'Upload-Offset': 'x' }), await send('ab', { 'Upload-Offset': '1' })]).toEqual([
      400, 409,
    ]);
    expect([await send('more than eight'), await send('ab', { 'Content-Type': 'text/plain' })]).toEqual([413, 415]);
    expect([await send('ab', wrong), await statusOf('patchUpload', { id: 'upd_0' })]).toEqual([460, 404]);
    expect((await api.call('patchUpload', { params: { id }, key: null })).status).toBe(401);
    expect(await statusOf('patchUpload', { id })).toBe(412);
    const named = { upload: id };
    const table = { data: { title: 'T', blocks: [{ type: 'table', rows: named }] } };
    const mail = { ...exampleOf('emails'), attachments: [{ filename: 'a', ...named }] };
    const call = { url: 'https://api.example.com', source: named };
    for (const [name, body] of Object.entries({
      Images: { source: named },
      Reports: table,
      Emails: mail,
      Calls: call,
      Flows: { ...exampleOf('flows'), forEach: named },
    })) {
      expect([name, (await api.postJson(`post${name}`, body)).status]).toEqual([name, 409]);
    }
    expect(await statusOf('getUploadedFile', { id })).toBe(409);
    await api.product.redis.client().hset(queueKey('uploads', id), 'writer', `0 ${Date.now() + 60_000} other`);
    const turn = () => api.product.redis.client().hget(queueKey('uploads', id), 'turn');
    const before = await turn();
    const asking = ask();
    await until('it waits', async () => (await turn()) !== before);
    await api.product.redis.client().hincrby(queueKey('uploads', id), 'turn', 1);
    expect(await asking).toBe(409);
    await api.product.redis.client().hdel(queueKey('uploads', id), 'writer');
    expect(await send('12345678')).toBe(204);
    const images = { 'Upload-Metadata': `kind ${Buffer.from('images').toString('base64')}` };
    const half = new Uint8Array(Buffer.from('\x89PNG\r\n\x1a\n and then nothing', 'latin1'));
    expect(await send(half, {}, (await beginUpload(half.length, images)).body.id)).toBe(422);
    expect((await beginUpload(8, { 'Tus-Resumable': '2.0.0' })).status).toBe(412);
    const whole = { ...TUS, 'Upload-Length': '2', 'Content-Type': PART_TYPE, ...wrong };
    expect((await api.call('postUpload', { body: 'ab', headers: whole })).status).toBe(460);
  });
});

describe('a job that did not complete', () => {
  it('failed: its result is the problem, or 424; run again 409 where that can not help', async () => {
    const whole = await drawNoise(300, 300);
    const { id } = (await postPhoto({}, {}, whole.subarray(0, whole.length / 2))).body;
    await api.product.jobReaches(id, 'failed');
    expect(await statusOf('getJob', { id })).toBe(200);
    expect(await statusOf('getResult', { id })).toBe(422);
    expect(await statusOf('retryJob', { id })).toBe(409);
    const problem = toProblem(new AppError('source_unreachable', 'The host did not answer.'));
    await api.product.redis.client().hset(queueKey('images', id), 'failedReason', JSON.stringify(problem));
    expect(await statusOf('getResult', { id })).toBe(424);
  });

  it('delayed: its result 202; cancelled 200; then its result 409; run again 202', async () => {
    const { id } = (await api.postJson('postReports', delayed())).body;
    expect(await statusOf('getResult', { id })).toBe(202);
    expect(await statusOf('cancelJob', { id })).toBe(200);
    expect(await statusOf('getResult', { id })).toBe(409);
    expect(await statusOf('retryJob', { id })).toBe(202);
  });

  it('cancelled, and run again by a key that may post no such job any more: 403', async () => {
    const store = createKeyStore(api.product.redis.client());
    const facts = { name: 'shop', rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await store.add({ ...facts, digest: sha256('first-key-of-shop'), scopes: ['reports'] });
    const { id } = (await api.postJson('postReports', delayed(), { key: 'first-key-of-shop' })).body;
    await api.call('cancelJob', { params: { id }, key: 'first-key-of-shop' });
    await store.remove('shop');
    await store.add({ ...facts, digest: sha256('second-key-of-shop'), scopes: ['images'] });
    expect((await api.call('retryJob', { params: { id }, key: 'second-key-of-shop' })).status).toBe(403);
    expect((await api.call('retryJob', { params: { id }, key: KEYS.operator })).status).toBe(202);
  });

  it.each(['cancelJob', 'eraseJob'])('running, %s: 202', async (operationId) => {
    api.smtp.misbehaviour = { data: 'silent' };
    const arrived = api.smtp.nextArrival();
    const { id } = (await api.postJson('postEmails', exampleOf('emails'))).body;
    await arrived;
    expect(await statusOf(operationId, { id })).toBe(202);
    api.smtp.misbehaviour = {};
  });

  it('erased: 204, then nothing is there; without a key 401', async () => {
    const { id } = (await api.postJson('postReports', delayed())).body;
    expect(await statusOf('eraseJob', { id })).toBe(204);
    const jobRoutes = [
      'getJob',
      'getResult',
      'getFile',
      'followJob',
      'cancelJob',
      'retryJob',
      'sendWebhookNow',
      'eraseJob',
    ];
    for (const operationId of jobRoutes) {
      expect(await statusOf(operationId, { id })).toBe(404);
      expect((await api.call(operationId, { params: { id }, key: null })).status).toBe(401);
    }
  });
});

it('a job older than jobs are kept: 410 wherever it is asked for', async () => {
  const { id } = (await api.postJson('postReports', REPORT)).body;
  await api.product.jobReaches(id, 'completed');
  await api.product.redis.client().zadd(queueKey('reports', 'completed'), Date.now() - 2 * 86_400_000, id);
  await until('it is swept', async () => (await api.call('getJob', { params: { id } })).status === 410, {
    timeoutMs: 25_000,
  });
  const jobRoutes = ['getResult', 'getFile', 'followJob', 'cancelJob', 'retryJob', 'sendWebhookNow', 'eraseJob'];
  for (const operationId of jobRoutes) {
    expect(await statusOf(operationId, { id })).toBe(410);
  }
});

it('an Idempotency-Key whose job was erased early: 410', async () => {
  const key = { headers: { 'Idempotency-Key': '"early"' } };
  const mail = exampleOf('emails');
  const posts = {
    images: () => postPhoto({}, key),
    reports: () => api.postJson('postReports', REPORT, key),
    emails: () => api.postJson('postEmails', mail, key),
    calls: () => api.postJson('postCalls', exampleOf('calls'), key),
    flows: () => api.postJson('postFlows', exampleOf('flows'), key),
  };
  const redis = api.product.redis.client();
  for (const [kind, post] of Object.entries(posts)) {
    const { id } = (await post()).body;
    const { fingerprint } = JSON.parse((await redis.hget(queueKey(kind, id), 'data')) ?? '') as Record<string, string>;
    await api.product.jobReaches(id, 'completed');
    expect((await api.call('eraseJob', { params: { id } })).status).toBe(204);
    const known = `${Date.now() + 3_600_000}:${fingerprint?.slice(0, 32)}`;
    await redis.hset(`${queueKey(kind, 'expired')}:known`, id, known);
    expect(await post()).toMatchObject({ status: 410, body: { code: 'result_expired' } });
  }
});

(volume ? describe : describe.skip)('the storage is full (skipped where no volume can be mounted)', () => {
  let unfinished: string;
  beforeAll(async () => {
    unfinished = (await beginUpload(8)).body.id;
    volume?.fillUpTo(0);
  });
  afterAll(() => volume?.makeRoom());

  it('507 to a file, to a body that is too large for Redis, and to who asks whether we are ready', async () => {
    const blocks = Array.from({ length: 50 }, () => ({ type: 'text', text: 'long '.repeat(200) }));
    expect((await postPhoto()).status).toBe(507);
    expect((await api.call('postUpload', { body: 'some words' })).status).toBe(507);
    const part = { ...TUS, 'Upload-Offset': '0', 'Content-Type': PART_TYPE };
    const sent = await api.call('patchUpload', { params: { id: unfinished }, body: 'x', headers: part });
    expect(sent.status).toBe(507);
    expect((await api.postJson('postReports', { data: { title: 'T', blocks } })).status).toBe(507);
    const mail = { ...exampleOf('emails'), text: 'long '.repeat(10_000) };
    expect((await api.postJson('postEmails', mail)).status).toBe(507);
    expect((await api.postJson('postEmailsBatch', { messages: [mail] })).status).toBe(507);
    const form = formOf({ file: '(the file)' }, photo);
    expect((await api.call('postImagesBatch', { body: form })).status).toBe(507);
    expect((await api.postJson('postReportsBatch', { reports: [{ data: { title: 'T', blocks } }] })).status).toBe(507);
    const call = { url: 'https://api.example.com', body: 'long '.repeat(10_000) };
    expect((await api.postJson('postCalls', call)).status).toBe(507);
    expect((await api.postJson('postCallsBatch', { calls: [call] })).status).toBe(507);
    const steps = [{ name: 'mail', kind: 'emails', input: mail }];
    expect((await api.postJson('postFlows', { steps })).status).toBe(507);
    expect(await statusOf('getReadiness', {})).toBe(507);
  });
});

describe('a flow', () => {
  const ROUTES = ['getFlow', 'eraseFlow', 'followFlow', 'cancelFlow', 'retryFlow'];
  const MAIL = { to: 'kari@example.no', subject: 'Hello', text: 'x' };
  const flowOf = async (input: object, asked: Asked = {}) =>
    String((await api.postJson('postFlows', { steps: [{ name: 'mail', kind: 'emails', input }] }, asked)).body['id']);

  it('is told of, followed and erased as a job is, and its failed rows are listed', async () => {
    const id = await flowOf(MAIL);
    await api.product.jobReaches(id, 'completed');
    const { headers, status } = await api.call('getFlow', { params: { id } });
    expect(status).toBe(200);
    expect(await statusOf('getFlow', { id }, { 'If-None-Match': headers.get('etag') ?? '' })).toBe(304);
    const badly = { params: { id }, query: '?signed=1s' };
    expect((await api.call('getFlow', badly)).status).toBe(400);
    expect((await api.call('followFlow', badly)).status).toBe(400);
    for (const operationId of ['getFlow', 'eraseFlow']) {
      expect(await statusOf(operationId, { id }, { 'If-Match': '"other"' })).toBe(412);
    }
    const stream = await (await api.product.request(`/v1/flows/${id}/events`)).text();
    expect(await statusOf('followFlow', { id })).toBe(200);
    expect(await statusOf('followFlow', { id }, { 'Last-Event-ID': /^id: (.*)$/m.exec(stream)?.[1] ?? '' })).toBe(204);
    expect([await statusOf('cancelFlow', { id }), await statusOf('retryFlow', { id })]).toEqual([409, 409]);
    expect(await statusOf('listFlowRows', { id })).toBe(200);
    expect((await api.call('listFlowRows', { params: { id }, query: '?limit=0' })).status).toBe(400);
    expect((await api.call('listFlowRows', { params: { id }, key: null })).status).toBe(401);
    expect((await api.call('listFlowRows', { params: { id }, key: KEYS.ola })).status).toBe(403);
    expect(await statusOf('eraseFlow', { id })).toBe(204);
    expect(await statusOf('listFlowRows', { id })).toBe(404);
    for (const operationId of ROUTES) {
      expect([operationId, await statusOf(operationId, { id })]).toEqual([operationId, 404]);
      expect((await api.call(operationId, { params: { id }, key: null })).status).toBe(401);
    }
  });

  it('under way: 202 to who cancels or erases it; cancelled: 200, and run again 202', async () => {
    const later = { ...MAIL, runAt: new Date(Date.now() + 3_600_000).toISOString() };
    const id = await flowOf(later);
    expect(await statusOf('cancelFlow', { id })).toBe(202);
    await api.product.jobReaches(id, 'cancelled');
    expect(await statusOf('cancelFlow', { id })).toBe(200);
    expect((await api.call('retryFlow', { params: { id }, key: KEYS.ola })).status).toBe(404);
    expect(await statusOf('retryFlow', { id })).toBe(202);
    expect(await statusOf('eraseFlow', { id })).toBe(202);
    await until('it is gone', async () => (await statusOf('getFlow', { id })) === 404, { timeoutMs: 25_000 });
  });

  it('run again by a key that may post no flow any more: 403; older than it is kept: 410', async () => {
    const store = createKeyStore(api.product.redis.client());
    const facts = { name: 'baker', rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await store.add({ ...facts, digest: sha256('first-key-of-baker'), scopes: ['flows', 'emails'] });
    const id = await flowOf(
      { ...MAIL, runAt: new Date(Date.now() + 3_600_000).toISOString() },
      { key: 'first-key-of-baker' },
    );
    await api.call('cancelFlow', { params: { id }, key: 'first-key-of-baker' });
    await api.product.jobReaches(id, 'cancelled');
    await store.remove('baker');
    await store.add({ ...facts, digest: sha256('second-key-of-baker'), scopes: ['images'] });
    expect((await api.call('retryFlow', { params: { id }, key: 'second-key-of-baker' })).status).toBe(403);
    await api.product.redis.client().zadd(queueKey('flows', 'failed'), Date.now() - 2 * 86_400_000, id);
    await until('it is swept', async () => (await statusOf('getFlow', { id })) === 410, { timeoutMs: 25_000 });
    for (const operationId of ROUTES) expect(await statusOf(operationId, { id })).toBe(410);
  });
});

describe('many jobs', () => {
  it('the listing: filtered, page by page, refused', async () => {
    await api.postJson('postReports', delayed());
    const { body } = await api.call('listJobs', {
      query: '?kind=reports&state=delayed&limit=1&createdAfter=2026-01-01T00:00:00Z',
    });
    expect(body).toMatchObject({ jobs: [{ kind: 'reports', state: 'delayed' }] });
    await api.call('listJobs', { query: `?cursor=${String(body['cursor'])}` });
    expect((await api.call('listJobs', { query: '?state=asleep' })).status).toBe(400);
    const [{ id }] = body['jobs'] as [{ id: string }];
    for (const operationId of ['getJob', 'getResult', 'followJob']) {
      expect((await api.call(operationId, { params: { id }, query: '?signed=1s' })).status).toBe(400);
    }
    expect((await api.call('listJobs', { query: '?caller=ola' })).status).toBe(403);
    expect((await api.call('listJobs', { key: null })).status).toBe(401);
  });

  it('a subject erased: 200', async () => {
    await api.postJson('postReports', delayed({ subject: 'customer 7' }));
    const { body } = await api.call('eraseSubject', { params: { subject: 'customer%207' } });
    expect(body).toEqual({ erased: 1, stopping: 0, suppressions: 0 });
    expect((await api.call('eraseSubject', { params: { subject: 'customer%207' } })).status).toBe(404);
    expect((await api.call('eraseSubject', { key: null })).status).toBe(401);
  });

  it('an action on many: 202, then how far it is; another number 409; refused', async () => {
    const erase = { action: 'erase', filter: { tag: 'purged' }, expect: 1 };
    await api.postJson('postReports', delayed({ tags: ['purged'] }));
    expect((await api.postJson('actOnJobs', { ...erase, expect: 7 })).body).toMatchObject({ status: 409, count: 1 });
    const { body, status } = await api.postJson('actOnJobs', erase);
    expect([status, body]).toEqual([202, { id: expect.any(String), total: 1 }]);
    await until('it has ended', async () => {
      const action = await api.call('getActionOnJobs', { params: { id: body.id } });
      return action.body['state'] === 'completed';
    });
    expect((await api.postJson('actOnJobs', { ...erase, filter: { caller: 'ola' } })).status).toBe(403);
    expect((await api.postJson('actOnJobs', {})).status).toBe(400);
    expect((await api.postJson('actOnJobs', erase, { key: null })).status).toBe(401);
    expect((await api.postJson('actOnJobs', { long: 'x'.repeat(FILE_LIMIT) })).status).toBe(413);
    expect((await api.call('actOnJobs', { body: 'x', headers: { 'Content-Type': 'text/plain' } })).status).toBe(415);
    const params = { id: body.id };
    expect((await api.call('getActionOnJobs', { params, key: null })).status).toBe(401);
    expect((await api.call('getActionOnJobs', { params, key: KEYS.ola })).status).toBe(404);
  });

  describe('with callbacks', () => {
    let receiver: Server;
    const held: ServerResponse[] = [];
    beforeAll(async () => {
      receiver = createServer((req, res) => {
        if (req.url === '/held') held.push(res);
        else res.writeHead(req.url === '/broken' ? 500 : 200).end();
      });
      await once(receiver.listen(0, '127.0.0.1'), 'listening');
    });
    afterAll(() => {
      receiver.closeAllConnections();
      return new Promise((resolve) => receiver.close(resolve));
    });
    const callbackUrl = (path: string) => `http://127.0.0.1:${(receiver.address() as AddressInfo).port}${path}`;

    it('the webhook is a job like any other', async () => {
      await api.postJson('postReports', { ...REPORT, callbackUrl: callbackUrl('/') });
      await until('the webhook has completed', async () => {
        const { body } = await api.call('listJobs', { query: '?kind=webhooks&state=completed' });
        return (body['jobs'] as unknown[]).length > 0;
      });
    });

    it('one that waits: its job shows it, and it is sent now', async () => {
      const { id: job } = (await api.postJson('postReports', { ...REPORT, callbackUrl: callbackUrl('/broken') })).body;
      const id = await until('it waits', async () => {
        const { webhook } = (await api.call('getJob', { params: { id: job } })).body as unknown as JobView;
        return webhook?.state === 'delayed' && webhook.sends.length > 1 && webhook.id;
      });
      expect(await statusOf('sendWebhookNow', { id })).toBe(202);
    });

    it('a subject with a running job: 202', async () => {
      await api.postJson('postReports', { ...REPORT, subject: 'held', callbackUrl: callbackUrl('/held') });
      await until('the webhook is on its way', () => held.length > 0);
      const { status, body } = await api.call('eraseSubject', { params: { subject: 'held' } });
      expect({ status, body }).toEqual({ status: 202, body: { erased: 1, stopping: 1, suppressions: 0 } });
    });
  });
});

describe('webhook endpoints', () => {
  const params = { name: 'shop' };
  const address = { url: 'https://app.example.com/hook', events: ['job.failed'] };
  const since = new Date().toISOString();

  it('made, changed, shown, tried, sent to again, removed', async () => {
    expect((await api.postJson('putWebhookEndpoint', address, { params })).status).toBe(201);
    expect((await api.postJson('putWebhookEndpoint', address, { params })).status).toBe(200);
    expect(await statusOf('getWebhookEndpoint', params)).toBe(200);
    expect(await statusOf('getWebhookEndpointSecret', params)).toBe(200);
    expect((await api.call('listWebhookEndpoints')).body).toMatchObject({ endpoints: [{ name: 'shop' }] });
    expect(await statusOf('testWebhookEndpoint', params)).toBe(202);
    expect((await api.call('listWebhookDeliveries', { params })).body).toMatchObject({
      deliveries: [{ event: 'endpoint.test' }],
    });
    expect((await api.call('listWebhookDeliveries', { params, query: '?state=lost' })).status).toBe(400);
    expect((await api.postJson('resendWebhooks', { since }, { params })).status).toBe(202);
    for (let index = 0; index < 4; index += 1) {
      expect((await api.postJson('rotateWebhookEndpointSecret', {}, { params })).status).toBe(200);
    }
    expect((await api.postJson('rotateWebhookEndpointSecret', {}, { params })).status).toBe(409);
    await api.postJson('putWebhookEndpoint', { ...address, paused: true }, { params });
    expect((await api.postJson('resendWebhooks', { since }, { params })).status).toBe(409);
    const others = Array.from({ length: 20 }, (_, index) =>
      api.postJson('putWebhookEndpoint', address, { params: { name: `other-${index}` } }),
    );
    expect((await Promise.all(others)).filter(({ status }) => status === 409)).toHaveLength(1);
    expect(await statusOf('removeWebhookEndpoint', params)).toBe(204);
  });

  it('what is not there, or can not be: 400, 401, 404, 413, 415', async () => {
    const bodies = ['putWebhookEndpoint', 'rotateWebhookEndpointSecret', 'resendWebhooks'];
    for (const operationId of bodies) {
      expect((await api.postJson(operationId, { nothing: 1 }, { params })).status).toBe(400);
      expect((await api.postJson(operationId, { long: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
      const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
      expect((await api.call(operationId, text)).status).toBe(415);
      expect((await api.postJson(operationId, { since }, { params, key: null })).status).toBe(401);
    }
    expect((await api.call('listWebhookEndpoints', { key: null })).status).toBe(401);
    expect((await api.postJson('rotateWebhookEndpointSecret', {}, { params })).status).toBe(404);
    expect((await api.postJson('resendWebhooks', { since }, { params })).status).toBe(404);
    for (const operation of ['get', 'remove', 'test']) {
      expect(await statusOf(`${operation}WebhookEndpoint`, params)).toBe(404);
      expect((await api.call(`${operation}WebhookEndpoint`, { params, key: null })).status).toBe(401);
    }
    for (const operationId of ['getWebhookEndpointSecret', 'listWebhookDeliveries']) {
      expect(await statusOf(operationId, params)).toBe(404);
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
    }
  });
});

describe.each([
  ['Brand', 'Brands', 100, { senderName: 'Fjordkaffe AS' }],
  ['ReportsTemplate', 'ReportsTemplates', 100, { data: { title: 'T' } }],
  ['EmailsTemplate', 'EmailsTemplates', 100, { subject: 'S', text: 'T' }],
] as const)("one's own: %s", (one, all, most, body) => {
  const params = { name: 'own' };

  it('made, changed, shown, listed, removed', async () => {
    expect((await api.postJson(`put${one}`, body, { params })).status).toBe(201);
    const { status, headers } = await api.postJson(`put${one}`, body, { params });
    expect(status).toBe(200);
    expect(await statusOf(`get${one}`, params)).toBe(200);
    expect(await statusOf(`get${one}`, params, { 'If-None-Match': headers.get('etag') ?? '' })).toBe(304);
    expect(await statusOf(`list${all}`, params)).toBe(200);
    for (const operationId of [`get${one}`, `remove${one}`]) {
      expect(await statusOf(operationId, params, { 'If-Match': '"9"' })).toBe(412);
    }
    expect((await api.postJson(`put${one}`, body, { params, headers: { 'If-Match': '"9"' } })).status).toBe(412);
    const others = Array.from({ length: most }, (_, index) =>
      until('Redis has answered in time', async () => {
        const put = await api.postJson(`put${one}`, body, { params: { name: `other-${index}` } });
        return put.status === 503 ? null : put.status;
      }),
    );
    expect((await Promise.all(others)).filter((status) => status === 409)).toHaveLength(1);
    expect(await statusOf(`remove${one}`, params)).toBe(204);
  });

  it('what is not there, or can not be: 400, 401, 403, 404, 413, 415', async () => {
    expect((await api.postJson(`put${one}`, { nothing: 1 }, { params })).status).toBe(400);
    expect((await api.postJson(`put${one}`, { long: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call(`put${one}`, text)).status).toBe(415);
    for (const operationId of [`list${all}`, `put${one}`, `get${one}`, `remove${one}`]) {
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
      expect((await api.call(operationId, { params, key: KEYS.ola })).status).toBe(403);
    }
    for (const operationId of [`get${one}`, `remove${one}`]) expect(await statusOf(operationId, params)).toBe(404);
  });
});

it.each([
  ['Reports', { data: { title: 'T' } }, 'invoice'],
  ['Emails', { text: 'T' }, 'notification'],
])('the versions of a template of %s: 200, 401, 403, 404; no template is called so: 400', async (kind, body, taken) => {
  const params = { name: 'versions' };
  const operationId = `list${kind}TemplateVersions`;
  await api.postJson(`put${kind}Template`, body, { params, key: KEYS.operator });
  expect((await api.call(operationId, { params, key: KEYS.operator })).status).toBe(200);
  expect(await statusOf(operationId, params)).toBe(404);
  for (const key of [null, KEYS.ola])
    expect((await api.call(operationId, { params, key })).status).toBe(key ? 403 : 401);
  expect(await statusOf(`remove${kind}Template`, { name: taken })).toBe(400);
});

describe('pictures and reports', () => {
  it('a batch: a verdict for each, how far it is, and its results as a zip', async () => {
    const items = [{ width: 20 }, { width: 'wide' }];
    const form = formOf({ items }, photo);
    for (const name of ['a.jpg', 'b.jpg']) form.append('file', new Blob([new Uint8Array(photo)]), name);
    const { body } = await api.call('postImagesBatch', { body: form });
    const [picture] = body['items'] as { status: number; job: { id: string } }[];
    expect((body['items'] as { status: number }[]).map(({ status }) => status)).toEqual([202, 400]);
    const { status } = await api.postJson('postReportsBatch', { reports: [exampleOf('reports')] });
    expect(status).toBe(202);
    const params = { id: body.id };
    expect((await api.call('getBatch', { params })).body['total']).toBe(1);
    expect((await api.call('getBatch', { params, key: null })).status).toBe(401);
    expect((await api.call('getBatch', { params, key: KEYS.ola })).status).toBe(404);
    await api.product.jobReaches(String(picture?.job.id), 'completed');
    const query = `?batch=${body.id}`;
    const later = (await api.postJson('postReports', delayed())).body.id;
    for (const [asked, wanted] of [
      [{ query }, 200],
      [{ query: '' }, 400],
      [{ query, key: null }, 401],
      [{ query, key: KEYS.ola }, 404],
      [{ query: `?ids=${later}` }, 409],
    ] as const) {
      expect((await api.call('getArchivedResults', asked)).status).toBe(wanted);
    }
    for (const [asked, wanted] of [
      [{ batch: body.id }, 200],
      [{ ids: [] }, 400],
      [{ ids: [later] }, 409],
      [{ ids: [`img_${'0'.repeat(26)}`] }, 404],
      [{ ids: 'x'.repeat(FILE_LIMIT) }, 413],
    ] as const) {
      expect((await api.postJson('postArchivedResults', asked)).status).toBe(wanted);
    }
    expect((await api.postJson('postArchivedResults', { batch: body.id }, { key: null })).status).toBe(401);
    const text = { body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call('postArchivedResults', text)).status).toBe(415);
  });
});

describe('mails', () => {
  it('a batch: a verdict for each', async () => {
    const once = { headers: { 'Idempotency-Key': 'a batch' } };
    const batch = { messages: [exampleOf('emails'), { to: 'nobody' }] };
    const { status, body } = await api.postJson('postEmailsBatch', batch, once);
    expect([status, (body['items'] as { status: number }[]).map((item) => item.status)]).toEqual([202, [202, 400]]);
    await api.postJson('postEmailsBatch', batch, once);
  });

  it('an address: entered, asked for, listed, lifted; refused', async () => {
    const params = { address: 'gone@example.no' };
    const operator = { params, key: KEYS.operator };
    expect((await api.postJson('putSuppression', { reason: 'bounce' }, { params })).status).toBe(200);
    expect(await statusOf('getSuppression', params)).toBe(200);
    expect((await api.call('listSuppressions', { key: KEYS.operator })).status).toBe(200);
    expect((await api.call('listSuppressions', { key: KEYS.operator, query: '?limit=x' })).status).toBe(400);
    expect(await statusOf('listSuppressions', {})).toBe(403);
    expect(await statusOf('liftSuppression', params)).toBe(204);
    expect((await api.postJson('putSuppression', {}, { params, key: KEYS.operator })).status).toBe(200);
    expect(await statusOf('liftSuppression', params)).toBe(403);
    expect((await api.call('liftSuppression', operator)).status).toBe(204);
    expect(await statusOf('liftSuppression', params)).toBe(404);
    expect(await statusOf('getSuppression', params)).toBe(404);
    for (const operationId of ['getSuppression', 'putSuppression', 'liftSuppression']) {
      expect(await statusOf(operationId, { address: 'x' })).toBe(400);
      expect((await api.call(operationId, { params, key: KEYS.ola })).status).toBe(403);
    }
    for (const operationId of ['listSuppressions', 'getSuppression', 'putSuppression', 'liftSuppression']) {
      expect((await api.call(operationId, { params, key: null })).status).toBe(401);
    }
    const long = { note: 'x'.repeat(FILE_LIMIT) };
    expect((await api.postJson('putSuppression', long, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call('putSuppression', text)).status).toBe(415);
    expect((await api.postJson('addSuppressions', { suppressions: [{ ...params, reason: 'complaint' }] })).status).toBe(
      200,
    );
  });
});

describe('a mail that came back', () => {
  it('read, and refused', async () => {
    const [headers, body] = [{ 'Content-Type': 'message/rfc822' }, 'From: kari@example.no\r\n\r\nHei!\r\n'];
    const post = async (asked: object) => (await api.call('postReturnedMail', { body, headers, ...asked })).status;
    expect(await post({})).toBe(200);
    expect(await post({ body: '' })).toBe(400);
    expect(await post({ key: null })).toBe(401);
    expect(await post({ key: KEYS.ola })).toBe(403);
    expect(await post({ body: new Uint8Array(10_000_001) })).toBe(413);
  });

  it('reported by a provider, and refused', async () => {
    const reporters = createReporters(
      api.product.redis.client(),
      openSecrets({ ...defaultConfig(), DATA_DIR: dataDir }),
    );
    const token = String(await reporters.create({ name: 'one', provider: 'postmark', caller: 'kari' }, null));
    const other = String(await reporters.create({ name: 'two', provider: 'sendgrid', caller: 'kari' }, 'x'));
    const post = async (provider: string, given: string, body: string | Uint8Array<ArrayBuffer>) =>
      (await api.call('postMailEvents', { params: { provider, token: given }, body, key: null })).status;
    expect(await post('postmark', token, '{"RecordType":"Open"}')).toBe(204);
    expect(await post('postmark', token, 'no JSON')).toBe(400);
    expect(await post('postmark', token, new Uint8Array(2_000_001))).toBe(413);
    expect(await post('postmark', other, '{}')).toBe(404);
    expect(await post('sendgrid', other, '[]')).toBe(403);
  });
});

describe('calls', () => {
  it('a batch: a verdict for each', async () => {
    const calls = [exampleOf('calls'), { url: 'http://10.0.0.1/' }];
    const { status, body } = await api.postJson('postCallsBatch', { calls });
    expect([status, (body['items'] as { status: number }[]).map((item) => item.status)]).toEqual([202, [202, 400]]);
  });

  it('a secret: kept, kept anew, listed, removed; refused', async () => {
    const params = { name: 'shop' };
    expect((await api.postJson('putSecret', { value: 'first' }, { params })).status).toBe(201);
    expect((await api.postJson('putSecret', { value: 'second' }, { params })).status).toBe(200);
    expect(await statusOf('listSecrets', {})).toBe(200);
    expect(await statusOf('deleteSecret', params)).toBe(204);
    expect(await statusOf('deleteSecret', params)).toBe(404);
    expect(await statusOf('deleteSecret', { name: 'a.b' })).toBe(400);
    for (const [operationId, body] of Object.entries({
      putSecret: { value: 'x' },
      listSecrets: {},
      deleteSecret: {},
    })) {
      const asked = operationId === 'putSecret' ? { body: JSON.stringify(body) } : {};
      const headers = { 'Content-Type': 'application/json' };
      expect((await api.call(operationId, { ...asked, params, headers, key: null })).status).toBe(401);
      expect((await api.call(operationId, { ...asked, params, headers, key: KEYS.ola })).status).toBe(403);
    }
    expect((await api.postJson('putSecret', {}, { params })).status).toBe(400);
    expect((await api.postJson('putSecret', { value: 'x'.repeat(FILE_LIMIT) }, { params })).status).toBe(413);
    const text = { params, body: 'x', headers: { 'Content-Type': 'text/plain' } };
    expect((await api.call('putSecret', text)).status).toBe(415);
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`s${index}`, 'x']));
    await api.product.redis.client().hset(ownKey('calls', 'secrets:kari'), many);
    expect((await api.postJson('putSecret', { value: 'x' }, { params })).status).toBe(409);
  });
});

describe('the inbox', () => {
  /** Keeps a mail as a worker without a relay does; the product here has one. */
  async function keep(source: string) {
    const redis = api.product.redis.client();
    const storage = await openStorage(testConfig(api.product.redis.url, dataDir));
    const inbox = createInbox({
      config: defaultConfig(),
      redis,
      jobFields: createJobFields(redis, 'emails'),
      storage,
    });
    const job = (await api.postJson('postEmails', exampleOf('emails'))).body.id;
    const facts = { caller: 'kari', from: 'a@example.no', to: ['kari@example.no'], subject: 'Hei' };
    return inbox.add(
      job,
      { ...facts, messageId: '<1@example.no>', attachmentCount: 1 },
      Readable.from([Buffer.from(source)]),
    );
  }
  const part = 'Content-Disposition: attachment; filename=a.txt\r\n\r\nHei';

  it('a list, a mail, its parts; what can not be read; emptying it', async () => {
    const { id } = await keep(`Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n${part}\r\n--b--\r\n`);
    const deep = Array.from(
      { length: 300 },
      (_, n) => `Content-Type: multipart/mixed; boundary=b${n}\r\n\r\n--b${n}\r\n`,
    );
    const unreadable = await keep(deep.join(''));
    const asked = { params: { id, number: '1' }, key: KEYS.operator };
    const waiting = { ...asked, headers: { Prefer: 'wait=10' }, query: `?job=${unreadable.job}` };
    expect((await api.call('listInbox', waiting)).headers.get('preference-applied')).toBe('wait=10');
    expect((await api.call('listInbox', { ...asked, query: '?after=then' })).status).toBe(400);
    expect((await api.call('emptyInbox', { ...asked, query: '?limit=1' })).status).toBe(400);
    for (const operationId of ['getInboxMail', 'getInboxSource', 'getInboxAttachment']) {
      expect([operationId, (await api.call(operationId, asked)).status]).toEqual([operationId, 200]);
    }
    const unread = { ...asked, params: { id: unreadable.id, number: '1' } };
    expect((await api.call('getInboxMail', unread)).body['unread']).toContain('can not be read');
    expect((await api.call('getInboxAttachment', unread)).status).toBe(413);
    expect((await api.call('deleteInboxMail', asked)).status).toBe(204);
    for (const operationId of ['getInboxMail', 'getInboxSource', 'getInboxAttachment', 'deleteInboxMail']) {
      expect([operationId, (await api.call(operationId, asked)).status]).toEqual([operationId, 404]);
    }
    for (const operationId of [
      'listInbox',
      'emptyInbox',
      'getInboxMail',
      'getInboxSource',
      'getInboxAttachment',
      'deleteInboxMail',
    ]) {
      expect((await api.call(operationId, { ...asked, key: KEYS.kari })).status).toBe(403);
      expect((await api.call(operationId, { ...asked, key: null })).status).toBe(401);
    }
    expect((await api.call('emptyInbox', asked)).body).toEqual({ deleted: 1 });
  });
});

describe('mails that may have arrived', () => {
  it('listed, sent again and said to have arrived; what is known, or not there; without the key for it', async () => {
    const operator = { key: KEYS.operator };
    api.smtp.misbehaviour.data = 'cut';
    const lose = async () => {
      const { id } = (await api.postJson('postEmails', exampleOf('emails'))).body;
      await api.product.jobReaches(id, 'completed');
      return { params: { id } };
    };
    const [sent, arrived] = [await lose(), await lose()];
    delete api.smtp.misbehaviour.data;
    expect((await api.call('listUnknownMails', operator)).body['mails']).toEqual(
      expect.arrayContaining([arrived, sent].map((one) => expect.objectContaining(one.params))),
    );
    expect((await api.call('listUnknownMails', { ...operator, query: '?limit=0' })).status).toBe(400);
    for (const [operationId, asked, status] of [
      ['sendUnknownMailAgain', sent, 202],
      ['sayUnknownMailArrived', arrived, 200],
    ] as const) {
      const answers = [status, 409, 404, 401, 403];
      const ways = [asked, asked, { params: { id: 'eml_none' } }, { ...asked, key: null }, { ...asked, key: KEYS.ola }];
      for (const [index, way] of ways.entries()) {
        expect((await api.call(operationId, way)).status).toBe(answers[index]);
      }
    }
    expect((await api.call('listUnknownMails', { key: null })).status).toBe(401);
    expect((await api.call('listUnknownMails')).status).toBe(403);
  });
});

describe('upload tokens', () => {
  const kind = { kind: 'images' };

  it('made, shown, ended; refused', async () => {
    const { status, body } = await api.postJson('createUploadToken', { ...kind, origins: ['https://shop.example'] });
    expect(status).toBe(201);
    const key = String(body['token']);
    expect((await api.call('getUploadToken', { key })).status).toBe(200);
    expect((await api.call('getUploadToken', { key: null })).status).toBe(401);
    expect((await api.call('endUploadToken', { key: null })).status).toBe(401);
    expect((await api.call('endUploadToken')).status).toBe(403);
    expect((await api.call('endUploadToken', { key })).status).toBe(204);
    expect((await api.postJson('createUploadToken', { kind: 'videos' })).status).toBe(400);
    expect((await api.postJson('createUploadToken', kind, { key: null })).status).toBe(401);
    expect((await api.postJson('createUploadToken', kind, { key: MAILER })).status).toBe(403);
    expect((await api.postJson('createUploadToken', { options: 'x'.repeat(70_000) })).status).toBe(413);
    expect(
      (await api.call('createUploadToken', { body: 'images', headers: { 'Content-Type': 'text/plain' } })).status,
    ).toBe(415);
  });

  it('used by a page that it does not name: 403; over its rate: 429, wherever tokens serve', async () => {
    const { body } = await api.postJson('createUploadToken', { ...kind, origins: ['https://shop.example'] });
    const asked = { key: String(body['token']), params: { id: `img_${'0'.repeat(26)}`, name: 'x' } };
    const served = operationsOf(api).filter(({ security }) => security.some((one) => 'uploadToken' in one));
    expect(served.map(({ operationId }) => operationId)).toContain('followJob');
    const headers = { Origin: 'https://other.example' };
    for (const { operationId } of served) {
      const { status, body: problem } = await api.call(operationId, { ...asked, headers });
      // An answer to HEAD has no body.
      expect([operationId, status, problem['code'] ?? 'origin_refused']).toEqual([operationId, 403, 'origin_refused']);
    }
    const observer = api.product.redis.client();
    const [counter = ''] = await observer.keys(`heavylift:{rates}:600/60:token:${body['id']}`);
    await observer.incrby(counter, 600);
    for (const { operationId, tags } of served.filter(
      (one) => !one.operationId.startsWith('post') || one.operationId === 'postImages',
    )) {
      expect([tags, operationId, (await api.call(operationId, asked)).status]).toEqual([tags, operationId, 429]);
    }
  });
});

/** What routes are asked that have no example, since only the caller knows which jobs are there. */
const archivedBody = (operationId: string, id: string) =>
  operationId === 'postArchivedResults' ? { ids: [id] } : null;
const archivedQuery = (operationId: string, id: string) =>
  operationId === 'getArchivedResults' ? { query: `?ids=${id}` } : {};

describe('in the end', () => {
  it('Redis is away: every route that needs it answers 503', async () => {
    expect(await statusOf('getLiveness', {})).toBe(200);
    expect(await statusOf('getReadiness', {})).toBe(200);
    const token = String((await api.postJson('createUploadToken', { kind: 'images' })).body['token']);
    await api.product.redis.kill();
    const id = `img_${'0'.repeat(26)}`;
    const params = { id, name: 'x', subject: 'x', address: 'a@example.no', number: '1', provider: 'ses' };
    for (const { operationId, requestBody, responses, security } of operationsOf(api)) {
      if (!responses['503'] || isFurtherWay(operationId)) continue;
      const shown = requestBody?.content['application/json']?.examples?.['example']?.value;
      const example = shown ?? archivedBody(operationId, id);
      const sending = example
        ? api.postJson(operationId, example, { params })
        : api.call(operationId, {
            params,
            ...archivedQuery(operationId, id),
            ...asOperator(operationId),
            ...(security.every((one) => 'uploadToken' in one) && security.length > 0 ? { key: token } : {}),
            ...(requestBody && {
              body: isForm(requestBody) ? formOf({ file: '(the file)' }, photo) : `words about eml_${'0'.repeat(26)}`,
            }),
          });
      expect([operationId, (await sending).status]).toEqual([operationId, 503]);
    }
    await api.product.redis.start();
  });

  it('every documented answer was seen', () => {
    const documented = operationsOf(api).flatMap(({ operationId, responses }) =>
      Object.keys(responses).flatMap((status) =>
        status === 'default' || isFurtherWay(operationId) ? [] : [`${operationId} ${status}`],
      ),
    );
    // What wants files in a bucket is seen by test/long/storage/s3-storage.test.ts.
    const unseen = documented.filter((one) => !api.seen.has(one) && !one.endsWith(' 307'));
    expect(volume ? unseen : unseen.filter((one) => !one.endsWith(' 507'))).toEqual([]);
  });
});
