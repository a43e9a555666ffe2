import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import type { FileView } from '../../../src/jobs/job-view.ts';
import { FOLDER, LANGUAGES, runExample, runProgram, SECRET } from '../../support/clients/examples.ts';
import { openForgetfulProxy } from '../../support/clients/forgetful-proxy.ts';
import { PROBED, probe } from '../../support/clients/probe.ts';
import { type PathProxy, startPathProxy } from '../../support/http/path-proxy.ts';
import { startProcess } from '../../support/processes.ts';
import { findFreePort, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
let proxy: PathProxy;
let jpeg: Buffer;
/** A file in the product's folder, which goes when the tests end. */
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(product.dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};
const run = (...asked: [string, string, ...string[]]) => runExample(product.url, asked);
const oneLine = (of: RegExp) => expect.stringMatching(new RegExp(`^[^\\n]*${of.source}[^\\n]*\\n$`));

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  proxy = await startPathProxy('/heavylift');
  product = await startProduct({
    kinds: [['images', 'reports', 'emails', 'webhooks']],
    env: { PUBLIC_URL: proxy.url, WEBHOOKS_SECRETS: SECRET, WEBHOOKS_ALLOW: '127.0.0.1' },
  });
  proxy.target = product.url;
});
afterAll(async () => {
  await product.close();
  await proxy.close();
});

describe.each(Object.keys(LANGUAGES))('the examples of clients/%s', (language) => {
  it('image: as wide as asked, also below a path; a lost answer is asked for again, and is one job', async () => {
    const [file, out] = [inFolder(`a photo; of ${language}.jpg`, jpeg), inFolder(`${language}.webp`)];
    for (const url of [product.url, proxy.url]) {
      const ended = await runExample(url, [language, 'image', file, '30', out]);
      expect(ended).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^img_\w+\n$/) });
      expect(await sharp(readFileSync(out)).metadata()).toMatchObject({ format: 'webp', width: 30, height: 20 });
      const job = await product.jobReaches(ended.stdout.trim(), 'completed');
      expect(job['facts']).toEqual({ file: `a photo; of ${language}.jpg` });
    }
    const forgetful = await openForgetfulProxy(product.url);
    const { code, stdout } = await runExample(forgetful.url, [language, 'image', file, '25', out]);
    await forgetful.close();
    expect(code).toBe(0);
    // An upload of its own is a POST too.
    expect(forgetful.posts()).toBeGreaterThan(1);
    const listed = await (await product.request('/v1/jobs?kind=images&limit=100')).json();
    const ofFile = (listed as { jobs: { id: string; facts: { file: string } }[] }).jobs.filter(({ facts }) =>
      facts.file.endsWith(`of ${language}.jpg`),
    );
    expect([ofFile.length, ofFile[0]?.id]).toEqual([3, stdout.trim()]);
    expect(readdirSync(product.dir).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  it('image: what is refused, fails or is not there is told in one line, and nothing is written', async () => {
    const out = inFolder(`${language}-none.webp`);
    const photo = inFolder('photo.jpg', jpeg);
    const cases: [asked: [string, string, ...string[]], sentence: RegExp, key?: string][] = [
      [[language, 'image', inFolder('text.jpg', 'just a text, and a long one'), '30', out], /The file is not an image/],
      [[language, 'image', photo, '0', out], /width must be /],
      [[language, 'image', inFolder('cut.jpg', jpeg.subarray(0, -200)), '30', out], /could not be decoded/],
      [[language, 'image', '/nowhere/photo.jpg', '30', out], /\/nowhere\/photo\.jpg/],
      [[language, 'image', photo, '30', out], /key/, 'hl_nobody_has_this_key'],
      [[language, 'image', photo, '30', out], /key/, 'not a key'],
    ];
    for (const [asked, sentence, key] of cases) {
      const ended = await runExample(product.url, asked, key === undefined ? {} : { HEAVYLIFT_KEY: key });
      if (key === 'not a key') expect([ended.code, ended.stderr.includes(key)]).toEqual([expect.any(Number), false]);
      else expect(ended).toMatchObject({ code: 1, stderr: oneLine(sentence) });
      expect([ended.code === 0, existsSync(out), ended.stderr.includes('hl_nobody')]).toEqual([false, false, false]);
    }
  });

  it('report and email: followed to its end, saved; sent with the report', async () => {
    const out = inFolder(`${language}.pdf`);
    const report = await run(language, 'report', out);
    expect(report).toMatchObject({ code: 0, stdout: expect.stringMatching(/^rep_\w+\n$/) });
    expect(report.stderr).toMatch(/completed 100 %\n$/);
    expect(readFileSync(out).toString('latin1', 0, 5)).toBe('%PDF-');
    const mail = await run(language, 'mail', 'kari@example.no');
    expect(mail).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^eml_\w+\nsent\n$/) });
  });

  it('upload: the file arrives as it is; an empty one and one that is too large are refused', async () => {
    const rows = Array.from({ length: 60_000 }, (_, row) => `{"id":${row},"note":"${'x'.repeat(40)}"}\n`).join('');
    const uploaded = await run(language, 'upload', inFolder(`rows of ${language}.ndjson`, rows));
    expect(uploaded).toEqual({ code: 0, stderr: '', stdout: expect.stringMatching(/^upd_\w+\n$/) });
    expect(await (await product.request(`/v1/uploads/${uploaded.stdout.trim()}`)).json()).toMatchObject({
      ...{ state: 'complete', name: `rows of ${language}.ndjson`, bytes: rows.length },
      sha256: createHash('sha256').update(rows).digest('hex'),
    });
    expect((await run(language, 'upload', inFolder('empty.csv', ''))).code).toBe(1);
  });

  it('webhook: what the product sends is taken; what is changed, old or not signed is not', async () => {
    const port = await findFreePort();
    const { receiver, env } = LANGUAGES[language] as (typeof LANGUAGES)[string];
    const [program = '', ...args] = receiver(port);
    const taking = startProcess(program, args, { ...env, WEBHOOK_SECRET: SECRET });
    const url = `http://127.0.0.1:${port}/`;
    await until('the receiver answers', () => fetch(url));
    const posted = await product.request(`/v1/images?width=10&callbackUrl=${encodeURIComponent(url)}`, {
      method: 'POST',
      body: new Uint8Array(jpeg),
      headers: { 'Content-Type': 'image/jpeg' },
    });
    const { id } = (await posted.json()) as { id: string };
    await until('its line', () => taking.output().includes(`job.completed ${id}\n`));

    const body = JSON.stringify({ type: 'job.failed', timestamp: '2026-11-29T08:00:00.000Z', data: { id: 'img_1' } });
    const send = async (at: number, changed: Record<string, string> = {}, content = body) => {
      const [time, webhookId] = [new Date(at), 'whk_1'];
      const headers = {
        'webhook-id': webhookId,
        'webhook-timestamp': String(Math.floor(time.getTime() / 1000)),
        'webhook-signature': `v1,${'A'.repeat(43)}= ${new Webhook(SECRET).sign(webhookId, time, body)}`,
      };
      return (await fetch(url, { method: 'POST', headers: { ...headers, ...changed }, body: content })).status;
    };
    const now = Date.now();
    expect([await send(now), await send(now - 250_000), await send(now + 250_000)]).toEqual([204, 204, 204]);
    const refused = [
      ...[await send(now - 600_000), await send(now + 600_000), await send(now, {}, `${body}\n`)],
      ...[await send(now, { 'webhook-id': 'whk_2' }), await send(now, { 'webhook-signature': 'v1,*' })],
      ...[await send(now, { 'webhook-timestamp': 'now' }), await send(now, { 'webhook-timestamp': '9'.repeat(400) })],
      ...[await send(now, { 'webhook-signature': new Webhook(SECRET).sign('whk_1', new Date(now), body).slice(3) })],
    ];
    expect(refused).toEqual(refused.map(() => 400));
    await taking.stop('SIGKILL');
  });
});

it.each(PROBED)('%s: what can be done to jobs, and what is listed of them', async (language) => {
  const call = async (method: string, args: unknown[], named: Record<string, unknown> = {}) =>
    probe(product.url, [language, method, ...args], named);
  const upload = (await call('upload', [inFolder('photo.jpg', jpeg)], { kind: 'images' })).value as { id: string };
  const later = new Date(Date.now() + 3_600_000).toISOString();
  const renditions = ['thumb', 'large'].map((name, index) => ({ name, width: 10 * (index + 1), format: 'webp' }));
  const body = { source: { upload: upload.id }, tags: [language] };
  const posted = await call('images', [{ ...body, width: 10, runAt: later }], { idempotencyKey: `order-${language}` });
  const again = await call('images', [{ ...body, width: 10, runAt: later }], { idempotencyKey: `order-${language}` });
  const { id } = posted.value as { id: string };
  expect(again.value).toMatchObject({ id, state: 'delayed' });
  await call('cancel', [posted.value]);
  expect(await call('wait', [id])).toMatchObject({ error: 'JobFailed', code: 'cancelled', status: 409 });
  expect(await call('retry', [id])).toMatchObject({ value: { id } });

  const batch = await call('batch', [
    'images',
    {
      images: [
        { ...body, renditions },
        { ...body, width: 0 },
      ],
    },
  ]);
  const { items } = batch.value as { items: { status: number; job: { id: string } }[] };
  expect(items.map(({ status }) => status)).toEqual([202, 400]);
  const folder = inFolder(`files-of-${language}`);
  await call('download', [items[0]?.job.id, folder]);
  expect(readdirSync(folder).toSorted()).toEqual(['large.webp', 'thumb.webp']);
  const signed = (await call('job', [items[0]?.job.id], { signed: '15m' })).value as { result: { files: FileView[] } };
  expect((await fetch(signed.result.files[0]?.url.replace(proxy.url, product.url) ?? '')).status).toBe(200);

  const filters = { kind: 'images', tag: language, limit: 1 };
  const listed = await (language === 'php' ? call('jobs', [filters]) : call('jobs', [], filters));
  expect((listed.value as { id: string }[]).map((job) => job.id)).toEqual([items[0]?.job.id, id]);
  expect(await call('erase', [items[0]?.job.id])).toEqual({ value: null });
  expect(await call('job', [items[0]?.job.id])).toMatchObject({ error: 'NotFound' });
});

describe('the README of each client', () => {
  /** What follows its blocks: a webhook that is genuine, and one that is not. */
  const ENDINGS: Record<string, (sent: { headers: string; body: string }) => string> = {
    python: ({ headers, body }) => `
import json
for body in [${JSON.stringify(body)}, "{}"]:
    print(take_webhook(body.encode(), json.loads(${JSON.stringify(headers)}), "${SECRET}"))
`,
    php: ({ headers, body }) => `
foreach ([json_decode(${php(JSON.stringify(body))}), '{}'] as $body) {
    echo takeWebhook($body, json_decode(${php(headers)}, true), '${SECRET}'), "\\n";
}
`,
  };
  const php = (text: string) => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  const BEGINNINGS: Record<string, string> = { php: `<?php\nrequire '${join(FOLDER, 'php/autoload.php')}';\n` };

  it.each(Object.keys(ENDINGS))('%s: its blocks run, one after the other', async (language) => {
    const readme = readFileSync(join(FOLDER, language, 'README.md'), 'utf8');
    const blocks = [...readme.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(([, code]) => code);
    expect(blocks).toHaveLength(3);
    inFolder('photo.jpg', jpeg);
    inFolder('rows.csv', 'day,amount\n2026-10-01,5\n');
    const body = JSON.stringify({ type: 'job.completed', data: { id: 'img_1' } });
    const now = new Date();
    const headers = JSON.stringify({
      'Webhook-Id': 'whk_1',
      'Webhook-Timestamp': String(Math.floor(now.getTime() / 1000)),
      'Webhook-Signature': new Webhook(SECRET).sign('whk_1', now, body),
    });
    const program = `${BEGINNINGS[language] ?? ''}${blocks.join('\n')}${ENDINGS[language]?.({ headers, body })}`;
    const path = inFolder(`readme.${language === 'php' ? 'php' : 'py'}`, program);
    const { env } = LANGUAGES[language] as (typeof LANGUAGES)[string];
    const command = [language === 'php' ? 'php' : 'python3', path];
    const ended = await runProgram(product.url, { command, env, cwd: product.dir });
    expect(ended).toMatchObject({ code: 0, stderr: '' });
    expect(ended.stdout.split('\n').slice(-6)).toEqual([
      'sent',
      expect.stringMatching(/^width must be a whole number from 1 to 16384\. .*\/width/),
      ...['job.completed img_1', '204', '400', ''],
    ]);
    expect((await sharp(readFileSync(inFolder('photo.webp'))).metadata()).format).toBe('webp');
    expect(readFileSync(inFolder('report.pdf')).toString('latin1', 0, 5)).toBe('%PDF-');
  });
});
