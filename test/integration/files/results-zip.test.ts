import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createUniqueNames, fitName } from '../../../src/http/api/batches/entry-names.ts';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { testConfig } from '../../support/matrix/test-config.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { readZip } from '../../support/storage/read-zip.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

let product: Product;
const { path: dir, remove } = makeTempDir();
beforeAll(async () => {
  product = await startProduct({ kinds: [['images', 'reports']] });
});
afterAll(async () => {
  await product.close();
  remove();
});

const post = async (path: string, init: RequestInit, key: string = KEYS.kari) => {
  const response = await fetch(product.url + path, {
    method: 'POST',
    ...init,
    headers: { Authorization: `Bearer ${key}`, ...(init.headers as Record<string, string>) },
  });
  return { response, body: Buffer.from(await response.arrayBuffer()) };
};
const json = (body: object) => ({ body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });
const jobsOf = (body: Buffer) =>
  (JSON.parse(body.toString()) as { id: string; items: { job: JobView }[] }).items.map(({ job }) => job.id);

it('the results of many jobs: each under its name, once; what has none is said', async () => {
  const picture = sharp({
    create: {
      width: 60,
      height: 40,
      channels: 3,
      background: '#fff',
      noise: { type: 'gaussian', mean: 128, sigma: 30 },
    },
  });
  const jpeg = await picture.jpeg().toBuffer();
  const form = new FormData();
  const files: [string, Buffer, object][] = [
    ['IMG_2041 holiday.jpg', jpeg, {}],
    ['sjø ✓.jpg', jpeg, {}],
    ['IMG_2041 holiday.jpg', jpeg, {}],
    ['broken.jpg', jpeg.subarray(0, 400), {}],
    ['two sizes.jpg', jpeg, { width: null, widths: [10, 20] }],
    ['problems.txt', jpeg, { format: 'png' }],
  ];
  for (const [name, content] of files) form.append('file', new Blob([new Uint8Array(content)]), name);
  form.set('items', JSON.stringify(files.map(([, , more]) => ({ width: 16, format: 'webp', ...more }))));
  const { body } = await post('/v1/images/batch', { body: form });
  const ids = jobsOf(body);
  for (const [index, id] of ids.entries()) await product.jobReaches(id, index === 3 ? 'failed' : 'completed');
  const report = (title: string, more: object = {}) => ({
    data: { title, blocks: [{ type: 'text', text: 'x' }] },
    ...more,
  });
  const runAt = new Date(Date.now() + 3_600_000).toISOString();
  const reports = jobsOf(
    (
      await post(
        '/v1/reports/batch',
        json({ reports: [report('Ås: 1/2'), report('Oslo'), report('Later', { runAt })] }),
      )
    ).body,
  );
  for (const id of reports.slice(0, 2)) await product.jobReaches(id, 'completed');

  const gone = `img_${'0'.repeat(26)}`;
  const asked = [...ids, ...reports, gone];
  const { response, body: archive } = await post('/v1/results.zip', {
    body: new URLSearchParams({ ids: asked.join(','), formToken: 'x' }),
  });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/zip']);
  expect(response.headers.get('content-encoding')).toBeNull();
  const found = await readZip(archive);
  expect([...found.keys()]).toEqual([
    'IMG_2041 holiday.webp',
    'sjø ✓.webp',
    'IMG_2041 holiday (2).webp',
    'two sizes/two sizes-w10.webp',
    'two sizes/two sizes-w20.webp',
    'problems.png',
    'Ås- 1-2.pdf',
    'Oslo.pdf',
    'problems.txt',
  ]);
  const kept = await product.request(`/v1/jobs/${ids[0]}/result`);
  expect(found.get('IMG_2041 holiday.webp')).toEqual(Buffer.from(await kept.arrayBuffer()));
  const lines = found.get('problems.txt')?.toString().split('\n') ?? [];
  expect(lines).toContain(`${gone}: is not there, or not kept any more`);
  expect(lines).toContain(`Later (${reports[2]}): has not ended yet (delayed)`);
  expect(lines.find((line) => line.startsWith(`broken.jpg (${ids[3]}): failed: `))).toBeDefined();

  // What others read it by.
  writeFileSync(join(dir, 'a.zip'), archive);
  expect(execFileSync('python3', ['-m', 'zipfile', '-t', join(dir, 'a.zip')], { encoding: 'utf8' })).toContain('Done');

  const batch = await product.request(`/v1/results.zip?batch=${(JSON.parse(body.toString()) as { id: string }).id}`);
  expect((await readZip(Buffer.from(await batch.arrayBuffer()))).size).toBe(7);
  const head = await product.request(`/v1/results.zip?ids=${ids[0]}`, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-disposition')]).toEqual([200, 'attachment; filename="results.zip"']);
  for (const [query, status] of [
    [`ids=${ids[3]}`, 409],
    [`ids=${reports[2]}`, 409],
    [`ids=${gone}`, 404],
    ['', 400],
    [`ids=${ids[0]}&batch=bat_1`, 400],
    [`ids=${Array.from({ length: 101 }, (_, index) => `a${index}`)}`, 400],
    ['other=1', 400],
  ] as const) {
    expect([query, (await product.request(`/v1/results.zip?${query}`)).status]).toEqual([query, status]);
  }
  expect((await post('/v1/results.zip', json({ ids }), KEYS.ola)).response.status).toBe(404);
});

it('a file that can not be read to its end cuts the archive off, and nothing else', async () => {
  const ids = await Promise.all([0, 1].map(() => postPhoto(product)));
  for (const id of ids) await product.jobReaches(id, 'completed');
  const storage = await openStorage(testConfig(product.redis.url, product.dir));
  const keys = await Array.fromAsync(storage.walk(), ({ key }) => key);
  const key = keys.find((one) => one.startsWith(`results/${ids[0]}`)) as string;
  await storage.put(key, Readable.from([(await storage.read(key)).subarray(0, 10)]));
  const cut = product.request(`/v1/results.zip?ids=${ids}`).then((answer) => answer.arrayBuffer());
  await expect(cut).rejects.toThrow();
  expect((await product.request(`/v1/results.zip?ids=${ids[1]}`)).status).toBe(200);
});

describe('names in an archive', () => {
  it.each([
    ['photo.webp', 'photo.webp'],
    ['../../etc/passwd', '_.._.._etc_passwd'],
    ['..', '_'],
    ['C:\\a\\b.webp', 'C__a_b.webp'],
    ['con.pdf', '_con.pdf'],
    ['.profile', '_.profile'],
    ['a\u202egpj.exe', 'a_gpj.exe'],
    ['bad\u0000\n.pdf. ', 'bad__.pdf'],
    ['ø'.repeat(200), 'ø'.repeat(90)],
    [`${'a'.repeat(300)}.pdf`, `${'a'.repeat(180)}.pdf`],
    ['No. 5 of a long list of things that are no ending', 'No. 5 of a long list of things that are no ending'],
    ['', '_'],
  ])('%j is %j', (given, fit) => expect(fitName(given)).toBe(fit));

  it('each is given once, whatever its case', () => {
    const unique = createUniqueNames('taken');
    expect(['a.b', 'A.b', 'a (2).b', 'a.b', 'a.b', 'taken'].map(unique)).toEqual([
      'a.b',
      'A (2).b',
      'a (2) (2).b',
      'a (3).b',
      'a (4).b',
      'taken (2)',
    ]);
  });
});
