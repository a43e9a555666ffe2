import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { CLIENTS, runClient } from '../../support/clients.ts';
import { startProcess } from '../../support/processes.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
let jpeg: Buffer;
/** A file in the product's folder, which goes when the tests end. */
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(product.dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  product = await startProduct({ kinds: ['images'] });
});
afterAll(() => product.close());

const run = (client: string, args: string[], env: Record<string, string> = {}) =>
  runClient(product.url, client, args, env);

async function imageJobs(): Promise<string[]> {
  const { jobs } = (await (await product.request('/v1/jobs?kind=images&limit=100')).json()) as {
    jobs: { id: string }[];
  };
  return jobs.map(({ id }) => id);
}

describe.each(Object.keys(CLIENTS))('%s: submit', (client) => {
  it('an image: its rendition is written as wide as asked; the same again: the same job', async () => {
    const [file, out] = [inFolder(`a photo; of ${client}.jpg`, jpeg), inFolder(`${client}-small.jpg`)];
    const first = await run(client, ['submit', file, '30', out]);
    expect(first).toMatchObject({ code: 0, stderr: '', stdout: expect.stringMatching(/^img_\w+\n$/) });
    expect(await sharp(readFileSync(out)).metadata()).toMatchObject({ format: 'jpeg', width: 30, height: 20 });
    expect((await run(client, ['submit', file, '30', out])).stdout).toBe(first.stdout);
    expect((await run(client, ['submit', file, '20', out])).stdout).not.toBe(first.stdout);
    expect((await sharp(readFileSync(out)).metadata()).width).toBe(20);
  });

  it("the answer to its POST is lost: it is sent again, and is one job's", async () => {
    const before = await imageJobs();
    const proxy = await openForgetfulProxy();
    const [file, out] = [inFolder('photo.jpg', Buffer.concat([jpeg, Buffer.from(client)])), inFolder('lost.jpg')];
    const { code, stdout } = await run(client, ['submit', file, '25', out], { URL: proxy.url });
    await proxy.close();
    expect(code).toBe(0);
    expect(proxy.posts()).toBe(2);
    expect((await imageJobs()).filter((id) => !before.includes(id))).toEqual([stdout.trim()]);
  });

  it.each([
    ['not an image', 'just a text, and a long one', '30', /^The file is not an image/],
    ['a width of 0', '', '0', /^width must be .*\.\n$/],
  ])('%s: the sentence of the refusal, and nothing is written', async (_name, content, width, sentence) => {
    const out = inFolder(`${client}-none.jpg`);
    const ended = await run(client, ['submit', inFolder('refused.jpg', content || jpeg), width, out]);
    expect(ended).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(sentence) });
    expect(ended.stderr.trim().split('\n')).toHaveLength(1);
    expect(existsSync(out)).toBe(false);
  });

  it('an image that is truncated: the sentence of the job that failed', async () => {
    const [file, out] = [inFolder('cut.jpg', jpeg.subarray(0, -200)), inFolder(`${client}-none.jpg`)];
    const { code, stdout, stderr } = await run(client, ['submit', file, '30', out]);
    const { error } = await product.jobReaches(stdout.trim(), 'failed');
    expect([code, stderr]).toEqual([1, `${(error as { detail: string }).detail}\n`]);
    expect(existsSync(out)).toBe(false);
  });

  it('too few arguments: how it is called', async () => {
    const ended = await run(client, ['submit', 'photo.jpg']);
    expect(ended).toMatchObject({ code: 1, stderr: expect.stringContaining('submit FILE WIDTH OUT [CALLBACK_URL]') });
  });

  it('a key that does not hold, and a file that is not there: told in one line', async () => {
    const args = (file: string) => ['submit', file, '30', inFolder(`${client}-none.jpg`)];
    const stranger = await run(client, args(inFolder('photo.jpg', jpeg)), { KEY: 'nobody' });
    expect(stranger).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*key[^\n]*\n$/) });
    const lost = await run(client, args('/nowhere/photo.jpg'));
    expect(lost).toMatchObject({ code: 1, stderr: expect.stringMatching(/^[^\n]*\/nowhere\/photo\.jpg[^\n]*\n$/) });
  });
});

it('node: watch: the job is followed until it ends', async () => {
  const runAt = new Date(Date.now() + 600_000).toISOString();
  const posted = await product.request(`/v1/images?width=10&runAt=${runAt}`, {
    method: 'POST',
    body: new Uint8Array(jpeg),
    headers: { 'Content-Type': 'image/jpeg' },
  });
  const { id } = (await posted.json()) as { id: string };
  const [command = '', ...script] = CLIENTS['node'] ?? [];
  const watching = startProcess(command, [...script, 'watch', id], { URL: product.url, KEY: KEYS.kari });
  await until('its first event', () => watching.output() === 'delayed 0 %\n');
  await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' });
  expect(await watching.exited).toBe(1);
  await until('its last line', () => /^delayed 0 %\ncancelled 0 %\n.*\n$/.test(watching.output()));

  const done = await run('node', ['submit', inFolder('photo.jpg', jpeg), '11', inFolder('small.jpg')]);
  expect(await run('node', ['watch', done.stdout.trim()])).toEqual({
    code: 0,
    stdout: 'completed 100 %\n',
    stderr: '',
  });
});

/** Stands before the product and hangs up in place of the answer to the first POST. */
async function openForgetfulProxy() {
  let posts = 0;
  const server = createServer((req, res) => {
    const { method, headers } = req;
    if (method === 'POST') posts += 1;
    const forgets = method === 'POST' && posts === 1;
    const passed = request(product.url + req.url, { method: method ?? '', headers, agent: false }, (given) => {
      if (forgets) return void res.destroy();
      res.writeHead(given.statusCode ?? 0, given.headers);
      return given.pipe(res);
    });
    req.pipe(passed);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    posts: () => posts,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
