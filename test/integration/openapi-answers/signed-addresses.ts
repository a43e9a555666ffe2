import { createHmac } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { AppError, toProblem } from '../../../src/errors.ts';
import { sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { createLinks } from '../../../src/signing/links.ts';
import { runCli } from '../../support/cli.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { KEYS } from '../../support/product.ts';
import { api, dataDir, delayed, photo, postPhoto, secretOf, statusOf } from './answers.ts';

let elsewhere: HttpSink;
let source: string;
const secrets = new Map<string, string>();

beforeAll(async () => {
  elsewhere = await openHttpSink((res) => res.writeHead(200, { 'content-type': 'image/jpeg' }).end(photo));
  source = (await postPhoto({ width: 30, format: 'jpeg' })).body.id;
  await api.product.jobReaches(source, 'completed');
  await makeSecret('kari');
});
afterAll(() => elsewhere.close());

async function makeSecret(caller: string): Promise<void> {
  const settings = { REDIS_URL: api.product.redis.url, DATA_DIR: dataDir, API_KEYS: `kari:${KEYS.kari}` };
  secrets.set(caller, (await runCli(settings, 'address-secret', caller, '--rotate')).stdout.trim());
}

/** The parts of a signed address: of a file of a job's, or of one elsewhere. */
function signed(preset: string, from: { job: string; file: string } | { url: string }, caller = 'kari') {
  const parts: Record<string, string> = 'job' in from ? from : { address: Buffer.from(from.url).toString('base64url') };
  const rest = ['', preset, ...('job' in from ? [] : ['url']), ...Object.values(parts)].join('/');
  const signature = createHmac('sha256', String(secrets.get(caller)))
    .update(rest)
    .digest('base64url');
  return { caller, signature, preset, ...parts };
}

/** Asks for all that a file at an address answers. */
async function expectFile(operationId: string, params: Record<string, string>): Promise<void> {
  const { status, headers } = await api.call(operationId, { params, key: null });
  expect(status).toBe(200);
  const unchanged = { 'If-None-Match': headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
  expect(await statusOf(operationId, params, { Range: 'bytes=0-3' })).toBe(206);
  expect(await statusOf(operationId, params, unchanged)).toBe(304);
  expect(await statusOf(operationId, params, { 'If-Match': '"other"' })).toBe(412);
  expect(await statusOf(operationId, params, { Range: 'bytes=99999999-' })).toBe(416);
}

describe('a rendition on demand', () => {
  const ofJob = () => ({ job: source, file: 'image.jpg' });
  const ofUrl = (name: string) => ({ url: `${elsewhere.url}/${name}` });

  it('of a file of a job, and of one elsewhere: made, and then a file', async () => {
    await expectFile('getRendition', signed('thumb', ofJob()));
    await expectFile('getRenditionOfUrl', signed('thumb', ofUrl('photo.jpg')));
  });

  it('not signed, and of no preset: 404 and 400', async () => {
    for (const [operationId, from] of [
      ['getRendition', ofJob()],
      ['getRenditionOfUrl', ofUrl('photo.jpg')],
    ] as const) {
      expect(await statusOf(operationId, { ...signed('thumb', from), signature: 'short' })).toBe(404);
      expect(await statusOf(operationId, signed('none', from))).toBe(400);
    }
  });

  it('that could not be made: its reason, or 424', async () => {
    elsewhere.script = answer(404);
    const problem = toProblem(new AppError('source_unreachable', 'The host did not answer.'));
    for (const [operationId, from] of [
      ['getRendition', { job: source, file: 'missing.jpg' }],
      ['getRenditionOfUrl', ofUrl('missing.jpg')],
    ] as const) {
      const params = signed('thumb', from);
      expect([operationId, await statusOf(operationId, params)]).toEqual([operationId, 422]);
      const { body } = await api.call('listJobs', { query: '?kind=images&state=failed&limit=1' });
      const [{ id }] = body['jobs'] as [{ id: string }];
      await api.product.redis.client().hset(queueKey('images', id), 'failedReason', JSON.stringify(problem));
      expect(await statusOf(operationId, params)).toBe(424);
    }
  });

  it('by a key that is over its rate: 429', async () => {
    const name = 'gallery';
    const key = 'key-of-a-gallery-with-a-rate';
    const facts = { name, rate: { requests: 1, seconds: 600 }, createdAt: new Date().toISOString(), lastUsedAt: null };
    await createKeyStore(api.product.redis.client()).add({ ...facts, digest: sha256(key), scopes: ['images'] });
    await makeSecret(name);
    const { id } = (await postPhoto({ format: 'jpeg' }, { key })).body;
    await api.product.jobReaches(id, 'completed');
    expect(await statusOf('getRendition', signed('thumb', { job: id, file: 'image.jpg' }, name))).toBe(429);
    expect(await statusOf('getRenditionOfUrl', signed('thumb', ofUrl('other.jpg'), name))).toBe(429);
  });
});

describe('a link to a result', () => {
  /** The token of a link, as `signed` and mails have it. */
  const tokenTo = (job: string, untilMs = Date.now() + 600_000) =>
    createLinks([secretOf()], '').resultUrl({ job, file: null }, untilMs).slice('/r/'.length);

  it('its one file, and by its name: whole, in part, unchanged, out of range', async () => {
    const params = { token: tokenTo(source), name: 'image.jpg' };
    await expectFile('getLinkedResult', params);
    await expectFile('getLinkedFile', params);
  });

  it('of several files: a list; of a job that is pending: 202; of one that was cancelled: its problem', async () => {
    const renditions = ['a', 'b'].map((name) => ({ name, width: 5 }));
    const several = (await postPhoto({ renditions })).body.id;
    await api.product.jobReaches(several, 'completed');
    expect(await api.call('getLinkedResult', { params: { token: tokenTo(several) } })).toMatchObject({
      status: 200,
      body: [{ name: expect.stringMatching(/^a\./) }, {}],
    });
    const { id } = (await api.postJson('postReports', delayed())).body;
    const params = { token: tokenTo(id), name: 'report.pdf' };
    for (const operationId of ['getLinkedResult', 'getLinkedFile']) {
      expect(await statusOf(operationId, params)).toBe(202);
    }
    await statusOf('cancelJob', { id });
    for (const operationId of ['getLinkedResult', 'getLinkedFile']) {
      expect(await statusOf(operationId, params)).toBe(409);
    }
  });

  it.each(['getLinkedResult', 'getLinkedFile'])(
    '%s, that leads nowhere: 404, or 410 where it once did',
    async (one) => {
      expect(await statusOf(one, { token: 'none', name: 'image.jpg' })).toBe(404);
      expect(await statusOf(one, { token: tokenTo(source, Date.now() - 1), name: 'image.jpg' })).toBe(410);
    },
  );
});
