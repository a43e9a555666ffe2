import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { FOLDER, LANGUAGES, runProgram } from '../support/clients/examples.ts';
import { startProcess } from '../support/processes.ts';
import { findFreePort, KEYS, type Product, startProduct } from '../support/product.ts';
import { until } from '../support/until.ts';

// What docs/tasks shows is run as it stands there, but for addresses and ports.

const readTask = (name: string) => readFileSync(join(FOLDER, '../docs/tasks', `${name}.md`), 'utf8');
/** The code blocks of a language; with `head` those that begin with that line. */
const blocksOf = (page: string, language: string, head = '') =>
  [...page.matchAll(/```(\w+)\n([\s\S]*?)```/g)].flatMap(([, of, code = '']) =>
    of === language && code.startsWith(head) ? [code] : [],
  );

let product: Product;
let receiverPort: number;
let jpeg: Buffer;
/** The shop: what it has answered with, and what it was asked for. */
const shop = createServer((req, res) => {
  asked.push(String(req.url));
  res.end(rows);
});
const asked: string[] = [];
let rows = '';
let shopUrl = '';

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 600, height: 400, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  await once(shop.listen(0, '127.0.0.1'), 'listening');
  const { port } = shop.address() as AddressInfo;
  shopUrl = `http://127.0.0.1:${port}`;
  receiverPort = await findFreePort();
  product = await startProduct({
    kinds: [['images', 'reports', 'emails', 'webhooks', 'flows']],
    env: {
      FETCH_ALLOW: `127.0.0.1:${port}`,
      WEBHOOKS_ALLOW: `localhost:${receiverPort}`,
      CALLS_ALLOW: 'localhost:8000',
    },
  });
  writeFileSync(join(product.dir, 'photo.jpg'), jpeg);
});
afterAll(async () => {
  await product.close();
  shop.close();
});

/** Runs lines of a shell; the JSON of the last answer. */
async function runShell(lines: string, env: Record<string, string> = {}): Promise<Record<string, unknown>> {
  // biome-ignore lint/style/noProcessEnv: what every program needs to run at all
  const { PATH = '' } = process.env;
  const settings = { PATH, URL: product.url, KEY: KEYS.kari, ...env };
  const asked = lines.replaceAll('curl ', 'curl -sS --fail-with-body -w "\\n" ');
  const child = spawn('sh', ['-ec', asked], { cwd: product.dir, env: settings });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  expect([code, stdout, stderr]).toEqual([0, expect.any(String), '']);
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
}

it('a photo upload in PHP: sent once however often, shown as it is made, refused by a sentence', async () => {
  const folder = join(product.dir, 'php');
  mkdirSync(join(folder, 'vendor'), { recursive: true });
  writeFileSync(join(folder, 'vendor/autoload.php'), `<?php require '${join(FOLDER, 'php/autoload.php')}';`);
  for (const code of blocksOf(readTask('photo-upload-php'), 'php')) {
    const [, name = ''] = /^<\?php\n\/\/ (\w+\.php)\n/.exec(code) ?? [];
    writeFileSync(join(folder, name), code);
  }
  const url = `http://127.0.0.1:${await findFreePort()}`;
  const settings = { HEAVYLIFT_URL: product.url, HEAVYLIFT_KEY: KEYS.kari };
  const site = startProcess('php', ['-S', url.slice('http://'.length), '-t', folder], settings);
  await until('the page answers', () => fetch(`${url}/upload.php`));
  const page = await (await fetch(`${url}/upload.php`)).text();
  const [, token = ''] = /name="token" value="(\w+)"/.exec(page) ?? [];
  const send = async (content: Buffer, name: string) => {
    const body = new FormData();
    body.append('token', token);
    body.append('photo', new Blob([new Uint8Array(content)]), name);
    return fetch(`${url}/upload.php`, { method: 'POST', body, redirect: 'manual' });
  };
  const [first, again] = [await send(jpeg, 'photo.jpg'), await send(jpeg, 'photo.jpg')];
  expect([first.status, again.headers.get('Location')]).toEqual([303, first.headers.get('Location')]);
  const shown = await until('the photo is shown', async () => {
    const html = await (await fetch(`${url}/${first.headers.get('Location')}`)).text();
    if (!html.includes('<img')) throw new Error(html);
    return html;
  });
  const pictures = [...shown.matchAll(/<img src="([^"]+)"/g)].map(([, src = '']) => src.replaceAll('&amp;', '&'));
  const sizes = await Promise.all(
    pictures.map(async (src) => {
      const file = await (await fetch(new URL(src, product.url))).arrayBuffer();
      const { width, height, format } = await sharp(file).metadata();
      return [width, height, format];
    }),
  );
  expect(sizes).toEqual([
    [200, 200, 'webp'],
    [600, 400, 'webp'],
  ]);
  expect(await (await send(Buffer.from('a text'.repeat(20)), 'photo.jpg')).text()).toMatch(/role="alert">[A-Z].*\./);
  expect((await fetch(`${url}/photo.php?id=img_none`)).status).toBe(404);
  await site.stop('SIGKILL');
}, 120_000);

it('a monthly report by mail: run before its time it reads its month, and sends each customer one mail', async () => {
  const page = readTask('monthly-report');
  [rows = ''] = blocksOf(page, 'json');
  const [put = '', run = '', look = ''] = blocksOf(page, 'sh').map((code) =>
    code.replaceAll('https://shop.example', shopUrl),
  );
  expect((await runShell(put))['next']).toHaveLength(5);
  const { id } = (await runShell(run)) as { id: string };
  await product.jobReaches(id, 'completed', 120_000);
  expect(asked).toEqual(['/orders?month=2026-11']);
  expect(await runShell(look, { ID: id })).toEqual({ rows: [], cursor: null });
  const { jobs } = (await (await product.request(`/v1/jobs?flow=${id}&kind=emails`)).json()) as {
    jobs: { state: string; facts: object }[];
  };
  expect(jobs.map(({ state }) => state)).toEqual(['completed', 'completed']);
  expect(JSON.stringify(jobs)).toMatch(/ola@example\.no[\s\S]*kari@example\.no|kari@example\.no[\s\S]*ola@example\.no/);
}, 180_000);

it('webhooks received locally: an endpoint, its secret, a test, and what was sent once more', async () => {
  const [make = '', start = '', test = '', resend = ''] = blocksOf(readTask('webhooks-locally'), 'sh').map((code) =>
    code.replaceAll('8080', String(receiverPort)),
  );
  const { secret } = (await runShell(make)) as { secret: string };
  const [, program = ''] = /\nnode (\S+) \d+/.exec(start) ?? [];
  const receiver = startProcess(process.execPath, [join(FOLDER, '..', program), String(receiverPort)], {
    WEBHOOK_SECRET: secret,
  });
  await until('the receiver answers', () => fetch(`http://localhost:${receiverPort}/`));
  await runShell(test);
  await until('the test has come', () => receiver.output().includes('endpoint.test'));
  expect(await runShell(resend)).toMatchObject({ count: expect.any(Number) });
  await receiver.stop('SIGKILL');
}, 60_000);

describe('coming from another queue: our lines', () => {
  const page = readTask('coming-from');
  const sent = async (kind: string) => {
    const listed = await product.request(`/v1/jobs?kind=${kind}&limit=100`);
    return ((await listed.json()) as { jobs: unknown[] }).jobs.length;
  };

  it('in Python', async () => {
    const before = await sent('emails');
    const program = join(product.dir, 'coming.py');
    writeFileSync(program, blocksOf(page, 'python', '# Heavylift').join('\n'));
    const env = LANGUAGES['python']?.env ?? {};
    const ended = await runProgram(product.url, { command: ['python3', program], env, cwd: product.dir });
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    expect([(await sent('emails')) - before, await sent('calls')]).toEqual([2, 1]);
  }, 60_000);

  it('in PHP', async () => {
    const before = await sent('emails');
    const program = join(product.dir, 'coming.php');
    const head = `<?php\nrequire '${join(FOLDER, 'php/autoload.php')}';\n`;
    writeFileSync(program, `${head}${blocksOf(page, 'php', '// Heavylift').join('\n')}`);
    const ended = await runProgram(product.url, { command: ['php', program], env: {}, cwd: product.dir });
    expect(ended).toEqual({ code: 0, stdout: '', stderr: '' });
    expect((await sent('emails')) - before).toBe(3);
  }, 60_000);

  it('in a shell', async () => {
    const before = await sent('emails');
    for (const lines of blocksOf(page, 'sh', '# Heavylift')) await runShell(lines);
    expect((await sent('emails')) - before).toBe(5);
  }, 60_000);

  it('each library has lines of its own beside them', () => {
    expect(['Celery', 'Sidekiq', 'Resque'].map((name) => page.includes(`# ${name}\n`))).toEqual([true, true, true]);
    expect(page).toContain('// Laravel\n');
  });
});
