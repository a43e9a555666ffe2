import { crc32 } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { brandHolderId, createBrands } from '../../../src/brands/store.ts';
import { loadBrands } from '../../../src/http/api/brands/load-brands.ts';
import { sha256 } from '../../../src/keys/keyring.ts';
import { createKeyStore } from '../../../src/keys/store.ts';
import { envelopeToKeep } from '../../../src/queue/run/kept-input.ts';
import { withTrueHolders } from '../../../src/queue/upkeep/holds.ts';
import { NO_GUARDS } from '../../../src/redis/guards.ts';
import { holdersKey, ownedPastKey } from '../../../src/redis/keys.ts';
import { bearer, openTestApp, type TEST_KEYS, type TestApp } from '../../support/app.ts';

type Name = keyof typeof TEST_KEYS;

let test: TestApp;
let png: Buffer;
beforeAll(async () => {
  test = await openTestApp();
  png = await sharp({ create: { width: 40, height: 20, channels: 3, background: '#0a5f38' } })
    .png()
    .toBuffer();
});
afterAll(() => test.close());

const ask = (method: 'get' | 'put' | 'delete' | 'post', path: string, name: Name = 'kari') =>
  request(test.app)[method](path).set('Authorization', bearer(name));
const put = (brand: string, body: object, name: Name = 'kari') => ask('put', `/v1/brands/${brand}`, name).send(body);
const upload = async (content: Buffer | string, name: Name = 'kari'): Promise<string> => {
  const asked = ask('post', '/v1/uploads?name=logo', name).serialize((given) => given as string);
  return (await asked.send(content as string)).body.id;
};
const post = (brand: string, name: Name = 'kari') =>
  ask('post', '/v1/reports', name).send({ brand, data: { title: 'T' } });
const envelopeOf = async (id: string) => (await test.producer.find(id))?.envelope;
const errorsOf = (body: { errors: { pointer: string; detail: string }[] }) =>
  body.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);

it("of a key that has become an operator's serves all, put again as it is", async () => {
  const redis = test.redis.client();
  const brands = createBrands(redis, { guards: NO_GUARDS, isOperator: (caller) => caller === 'boss' });
  const body = { senderName: 'Of the boss' };
  await brands.put('boss', 'late', { body, isForAll: false });
  expect(await brands.resolve('kari', 'late')).toBeNull();
  await brands.put('boss', 'late', { body, isForAll: true });
  expect(await brands.resolve('kari', 'late')).toMatchObject({ version: 1, body });
});

describe('a name that was removed', () => {
  it('goes on counting its versions, however many others were removed since', async () => {
    const brands = createBrands(test.redis.client(), { guards: NO_GUARDS, isOperator: () => false });
    const put = (name: string, text: string) =>
      brands.put('counter', name, { body: { senderName: text }, isForAll: false });
    const make = async (name: string, text: string) => {
      const { facts, isNew } = await put(name, text);
      return [facts.versions.at(-1)?.version, isNew];
    };
    expect([await make('a', '1'), await make('a', '2'), await make('a', '3')]).toEqual([
      [1, true],
      [2, false],
      [3, false],
    ]);
    expect([await brands.remove('counter', 'a'), await brands.remove('counter', 'a')]).toEqual([true, false]);
    expect(await brands.find('counter', 'a', 1)).toBeNull();
    expect([await make('a', '1'), await make('other', '1')]).toEqual([
      [4, true],
      [1, true],
    ]);
    await brands.remove('counter', 'a');
    for (let index = 0; index <= 1000; index += 1) {
      await put(`n${index}`, '1');
      await brands.remove('counter', `n${index}`);
    }
    expect(await test.redis.client().hlen(ownedPastKey('brands', 'counter'))).toBeLessThan(1000);
    expect((await make('a', '1'))[0]).toBeGreaterThan(4);
    expect((await put('b', '2')).facts.versions.at(-1)?.version).toBeGreaterThan(1);
  });
});

describe('a brand', () => {
  it('is made, read, changed and removed by its key alone, in step with its ETag', async () => {
    const made = await put('acme', { colours: { accent: '#0A5F38' }, senderName: 'Acme AS', postalAddress: null });
    expect([made.status, made.headers['location'], made.headers['etag']]).toEqual([
      201,
      '/v1/brands/acme',
      expect.stringMatching(/^"1-/),
    ]);
    expect(made.body).toMatchObject({
      name: 'acme',
      version: 1,
      colours: { accent: '#0a5f38' },
      senderName: 'Acme AS',
    });
    expect((await put('acme', { colours: { accent: '#0a5f38' }, senderName: 'Acme AS' })).body.version).toBe(1);
    const first = made.headers['etag'] ?? '';
    const changed = await put('acme', { senderName: 'Acme ASA' }).set('If-Match', first);
    expect([changed.status, changed.body.version, changed.body.colours]).toEqual([200, 2, undefined]);
    expect((await put('acme', {}).set('If-Match', first)).status).toBe(412);
    expect((await put('acme', {}).set('If-None-Match', '*')).status).toBe(412);
    expect((await put('none', {}).set('If-Match', first)).status).toBe(412);
    expect((await ask('get', '/v1/brands/acme').set('If-None-Match', changed.headers['etag'] ?? '')).status).toBe(304);
    expect((await ask('get', '/v1/brands/acme')).body).toEqual(changed.body);
    expect((await ask('get', '/v1/brands')).body.brands).toMatchObject([{ name: 'acme', version: 2 }]);
    for (const name of ['ola', 'operator'] as const) {
      expect((await ask('get', '/v1/brands', name)).body.brands ?? []).toEqual([]);
      expect((await ask('delete', '/v1/brands/acme', name)).status).toBe(404);
    }
    expect((await ask('get', '/v1/brands', 'printer')).status).toBe(403);
    expect((await ask('delete', '/v1/brands/acme').set('If-Match', first)).status).toBe(412);
    expect((await ask('delete', '/v1/brands/acme')).status).toBe(204);
    expect((await ask('get', '/v1/brands/acme')).status).toBe(404);
  });

  it.each<[string, object, string]>([
    [
      'a colour that can not be read',
      { colours: { accent: '#99cc99' } },
      '/colours/accent must have a contrast of 5:1',
    ],
    ['a colour of another form', { colours: { text: 'red' } }, '/colours/text must be a colour such as'],
    ['an unknown field', { logos: {} }, '/logos is not a known field (did you mean logo?)'],
    ['an upload that is not there', { logo: { upload: `upd_${'0'.repeat(26)}` } }, '/logo/upload names no upload'],
    ['too many lines', { postalAddress: Array(7).fill('a') }, '/postalAddress must be a list of at most 6 entries'],
  ])('%s: 400 that names the field', async (_what, body, said) => {
    const answer = await put('acme', body);
    expect([answer.status, errorsOf(answer.body)[0]]).toEqual([400, expect.stringContaining(said)]);
  });

  it('a name, a size and a logo that can not be are refused, and nothing is kept', async () => {
    expect((await put('Acme', {})).status).toBe(400);
    const lines = Array(6).fill('日'.repeat(200));
    expect((await put('acme', { postalAddress: lines, letterhead: { head: lines } })).status).toBe(413);
    expect((await put('acme', { logo: { upload: await upload('a;b\n1;2\n') } })).status).toBe(415);
    const large = await upload(Buffer.concat([png, Buffer.alloc(1_000_000)]));
    expect((await put('acme', { logo: { upload: large } })).body.errors).toMatchObject([{ pointer: '/logo/upload' }]);
    expect((await put('acme', { logo: { upload: await upload(png, 'ola') } })).status).toBe(400);
    expect((await ask('get', '/v1/brands/acme')).status).toBe(404);
  });
});

describe('a key with a brand of its own', () => {
  it('has it in all jobs that name none; null asks for none; one that is not there is named', async () => {
    const redis = test.redis.client();
    const facts = { scopes: ['reports', 'emails'], rate: null, createdAt: new Date().toISOString(), lastUsedAt: null };
    await createKeyStore(redis).add({ name: 'shop', digest: sha256('key-of-shop'), brand: 'usual', ...facts });
    const ask = (method: 'put' | 'post', path: string) =>
      request(test.app)[method](path).set('Authorization', 'Bearer key-of-shop');
    const post = (body: object) => ask('post', '/v1/reports').send({ data: { title: 'T' }, ...body });
    const refused = await post({});
    expect([refused.status, errorsOf(refused.body)]).toEqual([
      400,
      [
        '/brand must be given: the brand "usual", which your key has without it, is not there; PUT /v1/brands/usual makes it, null asks for none',
      ],
    ]);
    for (const name of ['usual', 'other']) await ask('put', `/v1/brands/${name}`).send({ senderName: name });
    for (const [name, brand] of [
      ['plain', undefined],
      ['own', 'other'],
      ['bare', null],
    ] as const) {
      const body = { data: { title: 'T', blocks: [] }, ...(brand === undefined ? {} : { brand }) };
      expect((await ask('put', `/v1/templates/reports/${name}`).send(body)).status).toBe(201);
    }
    const brandOf = async (body: object) => (await envelopeOf((await post(body)).body.id))?.brand?.name;
    const asked = [
      {},
      { brand: null },
      { brand: 'other' },
      { template: 'plain' },
      { template: 'own' },
      { template: 'bare' },
      { template: 'own', brand: null },
    ];
    expect(await Promise.all(asked.map(brandOf))).toEqual([
      'usual',
      undefined,
      'other',
      'usual',
      'other',
      undefined,
      undefined,
    ]);
  });
});

describe('the letterhead of a brand', () => {
  it('is a PDF or a picture, which the brand holds as its logo; what is neither is refused', async () => {
    const [paper, picture] = [await upload('%PDF-1.7\nmade of nothing'), await upload(png)];
    const letterhead = { page: { upload: paper }, following: { upload: picture }, top: '40mm', bottom: '0mm' };
    const fonts = { heading: 'Source Code Pro' };
    expect((await put('paper', { letterhead, fonts, logo: { upload: picture } })).body).toMatchObject({
      letterhead,
      fonts,
    });
    for (const id of [paper, picture]) expect((await ask('delete', `/v1/uploads/${id}`)).status).toBe(409);
    const { id } = (await post('paper')).body;
    expect((await envelopeOf(id))?.brand).toMatchObject({ letterhead });
    await put('paper', { letterhead: { page: { upload: picture } } });
    const freed = await ask('get', `/v1/uploads/${paper}`);
    expect(freed.body.heldBy).toEqual([id]);
    for (const [body, status, pointer] of [
      [{ letterhead: { page: { upload: await upload('a;b\n1;2\n') } } }, 415, '/letterhead/page/upload'],
      [
        { letterhead: { following: { upload: await upload(png.subarray(0, 60)) } } },
        400,
        '/letterhead/following/upload',
      ],
      [{ letterhead: { top: '151mm' } }, 400, '/letterhead/top'],
      [{ fonts: { body: '' } }, 400, '/fonts/body'],
    ] as const) {
      const refused = await put('paper', body);
      expect([refused.status, refused.body.errors[0].pointer]).toEqual([status, pointer]);
    }
  });
});

describe('a report with a brand', () => {
  it('has it as it stood at accept; the same key again finds the same job', async () => {
    await put('shop', { senderName: 'Before' });
    const first = await post('shop').set('Idempotency-Key', '"a"');
    await put('shop', { senderName: 'After' });
    const again = await post('shop').set('Idempotency-Key', '"a"');
    expect([again.status, again.body.id]).toEqual([202, first.body.id]);
    const envelope = await envelopeOf(first.body.id);
    expect(envelope?.brand).toEqual({ name: 'shop', version: 1, senderName: 'Before' });
    const contract = test.contracts.find(({ kind }) => kind === 'reports');
    const long = { ...envelope, input: { data: 'a'.repeat(600) } } as Parameters<typeof envelopeToKeep>[0];
    expect(contract && envelopeToKeep(long, contract)).not.toHaveProperty('brand');
    expect((await envelopeOf((await post('shop')).body.id))?.brand).toMatchObject({ version: 2, senderName: 'After' });
  });

  it("names its caller's, else an operator's", async () => {
    const refused = await post('house');
    expect([refused.status, errorsOf(refused.body)]).toEqual([
      400,
      ['/brand names no brand of yours: "house"; PUT /v1/brands/house makes it'],
    ]);
    await put('house', { senderName: "Ola's" }, 'ola');
    expect((await post('house')).status).toBe(400);
    await put('house', { senderName: 'Of the house' }, 'operator').expect(201);
    expect((await envelopeOf((await post('house')).body.id))?.brand).toMatchObject({ senderName: 'Of the house' });
    expect((await envelopeOf((await post('house', 'ola')).body.id))?.brand).toMatchObject({ senderName: "Ola's" });
  });

  it('of a large body has it too', async () => {
    await put('acme', { senderName: 'Acme AS' });
    const rows = Array.from({ length: 20_000 }, (_, index) => ({
      name: `${index} and a text that makes it long enough`,
    }));
    const blocks = [{ type: 'table', columns: [{ key: 'name' }], rows }];
    const posted = await ask('post', '/v1/reports').send({ brand: 'acme', data: { title: 'T', blocks } });
    expect((await envelopeOf(posted.body.id))?.brand).toMatchObject({ senderName: 'Acme AS' });
  });
});

describe('a logo', () => {
  it('that is cut off, damaged or too large to be drawn is refused at its field, and a whole one is not', async () => {
    const picture = sharp(png);
    const jpeg = await picture.clone().jpeg().toBuffer();
    const changed = (content: Buffer, at: number) => Buffer.from(content).fill(content[at] === 0 ? 1 : 0, at, at + 1);
    const broken = [
      ...[png.subarray(0, 40), png.subarray(0, -12), changed(png, 30), changed(png, 60)],
      ...[jpeg.subarray(0, 160), jpeg.subarray(0, 240), jpeg.subarray(0, -2)],
    ];
    for (const content of broken) {
      const answer = await put('broken', { logo: { upload: await upload(content) } });
      expect([answer.status, errorsOf(answer.body)]).toEqual([
        400,
        ['/logo/upload must be a whole PNG or JPEG; it is damaged or cut off'],
      ]);
    }
    const header = Buffer.from(png);
    header.writeUInt32BE(1_250_001, 16);
    header.writeUInt32BE(crc32(header.subarray(12, 29)), 29);
    const large = await put('broken', { logo: { upload: await upload(header) } });
    expect([large.status, errorsOf(large.body)]).toEqual([
      400,
      ['/logo/upload must have at most 25 megapixels; it has 1250001 x 20 pixels'],
    ]);
    await ask('get', '/v1/brands/broken').expect(404);
    const whole = [
      ...[jpeg, await picture.clone().jpeg({ progressive: true }).toBuffer()],
      await picture.clone().png({ palette: true }).toBuffer(),
    ];
    for (const content of whole) {
      const logo = { upload: await upload(Buffer.concat([content, Buffer.from('behind')])) };
      expect((await put('whole', { logo })).body).toMatchObject({ logo });
    }
  });

  it('is held by its brand and by the jobs that use it, and is not removed as long', async () => {
    const logo = await upload(png);
    await put('framed', { logo: { upload: logo } }).expect(201);
    const heldBy = async () => (await ask('get', `/v1/uploads/${logo}`)).body.heldBy;
    expect(await heldBy()).toEqual(['brand:framed']);
    const refused = await ask('delete', `/v1/uploads/${logo}`);
    expect([refused.status, refused.body.detail]).toEqual([
      409,
      expect.stringContaining('a file of the brand "framed"'),
    ]);
    const { id } = (await post('framed')).body;
    expect((await envelopeOf(id))?.needs).toBe(`uploads/${logo}`);
    expect((await heldBy()).sort()).toEqual(['brand:framed', id].sort());
    await ask('delete', '/v1/brands/framed').expect(204);
    expect((await ask('get', `/v1/uploads/${logo}`)).body.heldBy).toContain(id);
  });

  it('is read for templates of mails, of some of the brands of a batch at a time', async () => {
    const brands = createBrands(test.redis.client(), { guards: NO_GUARDS, isOperator: () => false });
    const names = Array.from({ length: 10 }, (_, index) => `many-${index}`);
    for (const name of names) await put(name, { logo: { upload: await upload(png) } }).expect(201);
    let [open, most] = [0, 0];
    const storage = {
      open: async (key: string) => {
        open += 1;
        most = Math.max(most, open);
        const stream = await test.storage.open(key);
        return stream.once('close', () => {
          open -= 1;
        });
      },
    };
    const found = await loadBrands([...names, 'none'], 'kari', { brands, producer: test.producer, storage });
    expect([found['none'], found['many-9']?.logoSize, most]).toEqual([null, { width: 40, height: 20 }, 4]);
    for (const name of names) await ask('delete', `/v1/brands/${name}`);
  });

  it('is kept by the janitor for as long as the brand has it, however old the hold', async () => {
    const redis = test.redis.client();
    const logo = await upload(png);
    await put('old', { logo: { upload: logo } });
    const key = holdersKey('uploads', logo);
    await redis.zadd(key, 1, `brands/${brandHolderId('kari', 'old')}`);
    await redis.expire(key, 60);
    const look = async () => {
      const upload = await test.producer.findRecord(logo);
      return upload && withTrueHolders(redis, test.contracts, upload);
    };
    expect(await look()).toMatchObject({ isKept: true, heldBy: ['brand:old'] });
    expect(await redis.ttl(key)).toBeGreaterThan(86_400);
    await put('old', {});
    expect(await look()).not.toHaveProperty('heldBy');
    expect(await redis.exists(key)).toBe(0);
  });
});
