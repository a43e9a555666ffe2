import { execFileSync } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { isSignedBy, readRendition, readSignedPath } from '../../../src/http/api/renditions/rendition-address.ts';
import { createDerivedFiles, dropDerivedOf } from '../../../src/queue/derived-files.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { runCli } from '../../support/cli.ts';
import { answer, type HttpSink, openHttpSink } from '../../support/http/http-sink.ts';
import { testConfig } from '../../support/matrix/test-config.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const dir = makeTempDir();
let product: Product;
let elsewhere: HttpSink;
let secret: string;
let picture: Buffer;
let source: string;

beforeAll(async () => {
  const presets = join(dir.path, 'presets.json');
  writeFileSync(presets, JSON.stringify({ thumb: { width: 20, format: 'png' }, card: { width: 30, format: 'webp' } }));
  picture = await sharp({ create: { width: 80, height: 60, channels: 3, background: '#27507c' } })
    .png()
    .toBuffer();
  elsewhere = await openHttpSink((res) => res.writeHead(200, { 'content-type': 'image/png' }).end(picture));
  const env = { IMAGES_PRESETS: presets, FETCH_ALLOW: '127.0.0.1' };
  product = await startProduct({ kinds: ['images'], env });
  secret = (await runCli(settings(), 'address-secret', 'kari', '--rotate')).stdout.trim();
  source = await postPhoto(product, { format: 'jpeg' });
  await product.jobReaches(source, 'completed');
}, 90_000);
afterAll(async () => {
  await product.close();
  await elsewhere.close();
  dir.remove();
});

const settings = () => ({ REDIS_URL: product.redis.url, DATA_DIR: product.dir, API_KEYS: `kari:${KEYS.kari}` });
const sign = (rest: string, by = secret) => createHmac('sha256', by).update(rest).digest('base64url');
const addressOf = (rest: string, key = 'kari', by = secret) => `${product.url}/i/${key}/${sign(rest, by)}${rest}`;
const ofJob = (preset: string, job = source) => `/${preset}/${job}/image.jpg`;
const ofUrl = (preset: string, url: string) => `/${preset}/url/${Buffer.from(url).toString('base64url')}`;
/** Another text of the same bytes in base64url: of its last sign two bits mean nothing. */
const otherWriting = (text: string) => {
  const signs = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return `${text.slice(0, -1)}${signs[signs.indexOf(text.slice(-1)) ^ 1]}`;
};
/** The jobs that were made of the images kind. */
const jobs = async () => {
  const answered = await product.request('/v1/jobs?kind=images&limit=100', { key: KEYS.operator });
  return ((await answered.json()) as { jobs: { id: string; priority: string; state: string }[] }).jobs;
};

describe('a signed address of a rendition', () => {
  it('asked for by 200 at once: one job makes it; then it is a file for everybody, as files are', async () => {
    const before = (await jobs()).length;
    const address = addressOf(ofJob('thumb'));
    const [worker] = product.workers;
    worker?.signal('SIGSTOP');
    const all = Array.from({ length: 200 }, () => fetch(address));
    // As many wait as may; the others are told to come again.
    const put = await Promise.any(all);
    worker?.signal('SIGCONT');
    expect([put.status, put.headers.get('retry-after'), put.headers.get('cache-control')]).toEqual([
      503,
      // 1 where Redis was slow.
      expect.stringMatching(/^[12]$/),
      'no-store',
    ]);
    const statuses = (await Promise.all(all)).map(({ status }) => status);
    expect(statuses.filter((status) => status !== 200 && status !== 503)).toEqual([]);
    await until('it is made', async () => (await fetch(address)).status === 200);
    const made = await jobs();
    expect(made.length).toBe(before + 1);
    expect(made[0]).toMatchObject({ priority: 'high', state: 'completed' });
    const file = await fetch(address, { headers: { Origin: 'https://shop.example' } });
    const content = Buffer.from(await file.arrayBuffer());
    expect(await sharp(content).metadata()).toMatchObject({ width: 20, format: 'png' });
    expect(Object.fromEntries(file.headers)).toMatchObject({
      'cache-control': 'public, immutable, max-age=31536000, no-transform',
      'content-type': 'image/png',
      'access-control-allow-origin': '*',
      'cross-origin-resource-policy': 'cross-origin',
      etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
    });
    const part = await fetch(address, { headers: { Range: 'bytes=0-3' } });
    expect([part.status, (await part.arrayBuffer()).byteLength]).toEqual([206, 4]);
    const same = { 'If-None-Match': file.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect((await fetch(address, { headers: same })).status).toBe(304);
    const head = await fetch(address, { method: 'HEAD' });
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(content.length)]);
  });

  it('of a file elsewhere: fetched once, whatever is asked for afterwards', async () => {
    const address = addressOf(ofUrl('card', `${elsewhere.url}/photo.png`));
    elsewhere.requests.length = 0;
    for (let asked = 0; asked < 3; asked += 1) {
      const file = await fetch(address);
      expect([file.status, file.headers.get('content-type')]).toEqual([200, 'image/webp']);
    }
    expect(elsewhere.requests).toHaveLength(1);
  });

  it('what can not be made: the reason, which may be kept for a minute, and no job for each who asks', async () => {
    const script = elsewhere.script;
    elsewhere.script = answer(404);
    elsewhere.requests.length = 0;
    const address = addressOf(ofUrl('thumb', `${elsewhere.url}/missing.png`));
    for (let asked = 0; asked < 3; asked += 1) {
      const refused = await fetch(address);
      expect([refused.status, refused.headers.get('cache-control')]).toEqual([422, 'public, max-age=60']);
      expect(await refused.json()).toMatchObject({ code: 'source_unavailable' });
    }
    expect(elsewhere.requests).toHaveLength(1);
    elsewhere.script = script;
  });

  it('changed, signed by another, of another key, of nobody’s job or preset: 404 or 400, and nothing is made', async () => {
    const before = (await jobs()).length;
    const rest = ofJob('thumb');
    const foreign = await postPhoto(product, { key: KEYS.ola });
    await product.jobReaches(foreign, 'completed');
    const wrong = [
      addressOf(rest).replace('/thumb/', '/card/'),
      addressOf(rest, 'kari', 'another secret'),
      addressOf(rest, 'ola'),
      addressOf(rest, 'nobody'),
      addressOf(`${rest}/more`),
      // Another writing of the same name or signature: caches would keep the file once for each.
      addressOf(rest, '%6bari'),
      addressOf(rest).replace(sign(rest), otherWriting(sign(rest))),
      addressOf(ofJob('thumb', foreign)),
      addressOf(ofJob('thumb', `img_${'0'.repeat(26)}`)),
      addressOf('/thumb/url/*not-base64'),
      `${product.url}/i/kari/short${rest}`,
    ];
    for (const address of wrong) {
      const { status, headers } = await fetch(address);
      expect([address, status, headers.get('cache-control')]).toEqual([address, 404, 'no-store']);
    }
    const bad = [
      addressOf(ofJob('none')),
      addressOf(ofUrl('thumb', 'ftp://a.example/')),
      addressOf(ofUrl('thumb', 'x')),
    ];
    for (const address of bad) expect((await fetch(address)).status).toBe(400);
    // Of one who is not told, one foreign photo was made.
    expect((await jobs()).length).toBe(before + 1);
  });

  it('its source is erased: it is gone too', async () => {
    const before = (await jobs()).map(({ id }) => id);
    const own = await postPhoto(product, { format: 'jpeg' });
    await product.jobReaches(own, 'completed');
    const address = addressOf(ofJob('thumb', own));
    await until('it is made', async () => (await fetch(address)).status === 200);
    expect((await product.request(`/v1/jobs/${own}`, { method: 'DELETE' })).status).toBe(204);
    expect((await fetch(address)).status).toBe(404);
    expect(await product.redis.client().keys(`*derived:from:${own}`)).toEqual([]);
    expect((await jobs()).map(({ id }) => id)).toEqual(before);
  });

  it('its source is erased before anybody has come for it: what was made of it is gone too', async () => {
    const before = (await jobs()).map(({ id }) => id);
    const own = await postPhoto(product, { format: 'jpeg' });
    await product.jobReaches(own, 'completed');
    const [worker] = product.workers;
    worker?.signal('SIGSTOP');
    const leaving = new AbortController();
    const asked = fetch(addressOf(ofJob('thumb', own)), { signal: leaving.signal });
    const made = await until('its job is there', async () => {
      const [newest] = await jobs();
      return newest?.id !== own && newest?.id;
    });
    leaving.abort();
    await expect(asked).rejects.toThrow();
    worker?.signal('SIGCONT');
    await product.jobReaches(made, 'completed');
    expect((await product.request(`/v1/jobs/${own}`, { method: 'DELETE' })).status).toBe(204);
    expect((await jobs()).map(({ id }) => id)).toEqual(before);
    expect(await product.redis.client().keys(`*derived:from:${own}`)).toEqual([]);
  });

  it('the job that made it is gone by age: the file stays; its key is revoked: nobody gets it any more', async () => {
    const address = addressOf(ofJob('card'));
    await until('it is made', async () => (await fetch(address)).status === 200);
    const [made] = await jobs();
    const storage = await openStorage(testConfig(product.redis.url, product.dir));
    await storage.remove(`results/${made?.id}`);
    expect((await fetch(address)).status).toBe(200);
    const key = (await runCli(settings(), 'keys', 'create', 'shop', '--scopes', 'images')).stdout.trim();
    const own = (await runCli(settings(), 'address-secret', 'shop', '--rotate')).stdout.trim();
    const ofShop = await postPhoto(product, { format: 'jpeg', key });
    await product.jobReaches(ofShop, 'completed');
    const shown = addressOf(ofJob('thumb', ofShop), 'shop', own);
    await until('it is made', async () => (await fetch(shown)).status === 200);
    await runCli(settings(), 'keys', 'revoke', 'shop');
    await until('it is over', async () => (await fetch(shown)).status === 404);
  });
});

describe('docs/renditions.md', () => {
  const text = readFileSync(join(import.meta.dirname, '../../../docs/renditions.md'), 'utf8');
  const given = {
    preset: 'thumb',
    job: `img_${'1'.repeat(26)}`,
    file: 'Fjord & fjell (2).jpg',
    key: 'shop',
    base: 'https://a.example',
  };
  const facts = (): Record<string, string> => ({ ...given, secret });
  /** How each language is run, and how a text is set in it. */
  const LANGUAGES = {
    js: {
      program: process.execPath,
      args: (code: string) => ['--input-type=module', '-e', `${code}\nconsole.log(address);`],
      set: (name: string, value: string) => `const ${name} = ${JSON.stringify(value)};`,
    },
    php: {
      program: '/usr/bin/php',
      args: (code: string) => ['-r', `${code}\necho $address;`],
      set: (name: string, value: string) => `$${name} = ${JSON.stringify(value)};`,
    },
    python: {
      program: '/usr/bin/python3',
      args: (code: string) => ['-c', `${code}\nprint(address)`],
      set: (name: string, value: string) => `${name} = ${JSON.stringify(value)}`,
    },
  };

  it.each(Object.entries(LANGUAGES))('what it shows in %s signs as the product verifies', (name, language) => {
    if (!existsSync(language.program)) {
      process.stdout.write(`skipped: ${language.program} is not installed\n`);
      return;
    }
    const [, code = ''] = new RegExp(`\`\`\`${name}\\n([\\s\\S]*?)\`\`\``).exec(text) ?? [];
    expect(code).toContain('address');
    const lines = Object.entries(facts()).map(([fact, value]) => language.set(fact, value));
    const printed = execFileSync(language.program, language.args([...lines, code].join('\n')), { encoding: 'utf8' });
    const { pathname } = new URL(printed.trim());
    const signed = readSignedPath(pathname);
    expect(signed && [signed.name, isSignedBy(signed, ['older', secret]), isSignedBy(signed, ['older'])]).toEqual([
      'shop',
      true,
      false,
    ]);
    expect(readRendition(String(signed?.rest), 'img')).toEqual({
      preset: 'thumb',
      source: { job: given.job, file: given.file },
    });
  });
});

describe('files that addresses lead to', () => {
  it('all of them within a limit: those used longest ago of who has most make way, and their bytes go', async () => {
    const redis = product.redis.client();
    await redis.flushall();
    const storage = await openDiskStorage(join(dir.path, 'derived'));
    let at = 1_000_000;
    const files = createDerivedFiles({ redis, storage, maxBytes: 1000, now: () => at });
    const keep = async (id: string, caller: string, bytes: number, from: string | null = null) => {
      at += 100_000;
      const key = `results/${id}/a.png`;
      const written = await storage.put(key, Readable.from([Buffer.alloc(bytes, id)]));
      await files.keep(id, { key, name: 'a.png', type: 'image/png', ...written, caller, source: from });
      await storage.remove(`results/${id}`);
    };
    const left = async () => (await redis.keys('*derived:file:*')).map((key) => key.split(':').at(-1)).sort();
    await keep('k1', 'kari', 300);
    await keep('k2', 'kari', 300);
    await keep('o1', 'ola', 300);
    at += 100_000;
    // Used again: the other one is the oldest by now.
    expect((await files.find('k1'))?.bytes).toBe(300);
    await keep('o2', 'ola', 100);
    expect(await left()).toEqual(['k1', 'k2', 'o1', 'o2']);
    await keep('k3', 'kari', 200, 'img_source');
    expect(await left()).toEqual(['k1', 'k3', 'o1', 'o2']);
    expect((await storage.read('derived/k3/file')).length).toBe(200);
    await expect(storage.read('derived/k2/file')).rejects.toMatchObject({ code: 'not_found' });
    // Kept twice it counts once; larger than all may be it is not kept.
    await keep('k3', 'kari', 200, 'img_source');
    await keep('k2', 'kari', 1001);
    expect(await left()).toEqual(['k1', 'k3', 'o1', 'o2']);
    expect(await dropDerivedOf(redis, storage, { kind: 'images', id: 'img_source' }, true)).toEqual(['k3']);
    await files.drop('o1');
    await files.drop('o1');
    expect(await left()).toEqual(['k1', 'o2']);

    // While its bytes are on their way it is not there yet, and it may go meanwhile.
    let meanwhile = async (): Promise<unknown> => undefined;
    const link = async (from: string, to: string) => {
      expect(await meanwhile()).toBeFalsy();
      await storage.link(from, to);
    };
    const slow = createDerivedFiles({ redis, storage: { ...storage, link }, maxBytes: 1000, now: () => at });
    const keepSlowly = async (id: string) => {
      const written = await storage.put(`results/${id}/a.png`, Readable.from([Buffer.alloc(10)]));
      const file = { key: `results/${id}/a.png`, name: 'a.png', type: 'image/png', ...written };
      await slow.keep(id, { ...file, caller: 'ola', source: 'img_source' });
    };
    meanwhile = () => slow.find('o3');
    await keepSlowly('o3');
    expect((await slow.find('o3'))?.bytes).toBe(10);
    meanwhile = () => dropDerivedOf(redis, storage, { kind: 'images', id: 'img_source' }, true).then(() => null);
    await keepSlowly('o4');
    expect(await left()).toEqual(['k1', 'o2']);
    await expect(storage.read('derived/o4/file')).rejects.toMatchObject({ code: 'not_found' });
    // Its process has died in between.
    meanwhile = () => Promise.reject(new Error('killed'));
    await expect(keepSlowly('o5')).rejects.toThrow('killed');
    expect(await redis.hgetall((await redis.keys('*derived:bytes'))[0] ?? '')).toEqual({ kari: '300', ola: '100' });
  });
});
