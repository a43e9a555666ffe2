import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

/** The receivers that docs/webhooks.md shows, as they stand there. */
const ROOT = resolve(import.meta.dirname, '../../..');
const SECRET = `whsec_${Buffer.from('s'.repeat(32)).toString('base64')}`;
const body =
  '{"type":"job.completed","timestamp":"2026-11-23T08:00:00.000Z","data":{"id":"img_1","metadata":{"a":"Kåre"}}}';

/** A folder in which imports find the packages that are installed here. */
const folder = makeTempDir();
symlinkSync(join(ROOT, 'node_modules'), join(folder.path, 'node_modules'));
afterAll(() => folder.remove());
const snippets = [
  ...readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8').matchAll(/```js\n\/\/ (.*?)\n([\s\S]*?)```/g),
].map(([, title = '', code = '']) => ({ title, code }));

const headersOf = (text: string, secret = SECRET) => {
  const now = new Date();
  return {
    'content-type': 'application/json',
    'webhook-id': 'whk_1',
    'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
    'webhook-signature': new Webhook(secret).sign('whk_1', now, text),
  };
};

function writeSnippet(code: string, port: number): string {
  const path = join(folder.path, `${port}.mjs`);
  writeFileSync(path, code.replaceAll('8080', String(port)));
  return path;
}

/** What serves a handler of `Request` in the frameworks that have them. */
const serve = (port: number, code: string) => `${code}
import { createServer } from 'node:http';
import { buffer } from 'node:stream/consumers';
createServer(async (req, res) => {
  const init = { method: 'POST', headers: new Headers(req.headers), body: await buffer(req) };
  const response = await POST(new Request('http://localhost' + req.url, init));
  res.writeHead(response.status).end();
}).listen(${port});
`;

it('docs/webhooks.md has receivers for Node, Express, and frameworks with Request', () =>
  expect(snippets.map(({ title }) => title)).toEqual([
    'Node',
    expect.stringMatching(/^Express/),
    'Request and Response',
  ]));

describe.each(snippets)('$title', ({ code }) => {
  let receiver: TestProcess;
  let url: string;
  beforeAll(async () => {
    const port = await findFreePort();
    url = `http://127.0.0.1:${port}/hooks/heavylift`;
    const path = writeSnippet(code.includes('export async function POST') ? serve(port, code) : code, port);
    receiver = startProcess(process.execPath, [path], { WEBHOOK_SECRET: SECRET });
    await until('it listens', () => fetch(url, { method: 'POST' }));
  });
  afterAll(() => receiver.stop('SIGKILL'));

  const send = async (text: string, headers: Record<string, string>) =>
    (await fetch(url, { method: 'POST', body: text, headers })).status;

  it('a genuine webhook: 204, and it has read the job', async () => {
    expect(await send(body, headersOf(body))).toBe(204);
    await until('its line', () => receiver.output().includes('job.completed img_1'));
  });

  it('changed, signed with another secret, or not signed: 400', async () => {
    expect(await send(body.replace('completed', 'failed'), headersOf(body))).toBe(400);
    expect(await send(body, headersOf(body, `whsec_${Buffer.from('o'.repeat(32)).toString('base64')}`))).toBe(400);
    expect(await send(body, { 'content-type': 'application/json' })).toBe(400);
  });
});
