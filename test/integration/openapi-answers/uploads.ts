import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { queueKey } from '../../../src/redis/keys.ts';
import { type Asked, exampleOf, formOf, MAILER } from '../../support/documented-api.ts';
import { until } from '../../support/until.ts';
import { api, beginUpload, operationsOf, PART_TYPE, photo, postPhoto, statusOf, TUS, volume } from './answers.ts';

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
