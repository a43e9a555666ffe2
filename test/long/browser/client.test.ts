import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { drawPhoto } from '../../support/browser/browser.ts';
import { type Deployment, useDeployment } from '../../support/browser/use-browser.ts';

const CLIENT = join(import.meta.dirname, '../../../clients/node');
/** Both a page and a worker run this: a photo goes up by tus, is made smaller, and is followed to its end. */
const PROGRAM = `
import { Heavylift, InvalidRequest } from '/src/browser.js';
export async function work({ url, token, photo }) {
  const heavylift = new Heavylift({ url, key: token });
  const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));
  let sent = 0;
  const upload = await heavylift.upload(new File([bytes], 'photo.jpg', { type: 'image/jpeg' }), { onProgress: (now) => { sent = now.sent; } });
  const job = await heavylift.images({ source: { upload: upload.id }, width: 40, format: 'webp' });
  const states = [];
  for await (const { state } of heavylift.follow(job)) states.push(state);
  const done = await heavylift.wait(job);
  const file = await (await heavylift.file(job)).blob();
  const refused = await heavylift.images({ source: { upload: upload.id }, width: 0 }).catch((error) => error);
  return { name: upload.name, all: sent === bytes.length, last: states.at(-1), width: done.result.renditions[0].width,
    type: file.type, whole: file.size === done.result.files[0].bytes, refused: refused instanceof InvalidRequest };
}
`;
const WORKER = `
import { work } from '/program.js';
addEventListener('message', ({ data }) => work(data).then(postMessage, (error) => postMessage(String(error.stack))));
`;

let deployment: Deployment;
let shop: Server;
let origin: string;

useDeployment(
  () => ({ kinds: ['images'] }),
  (opened) => {
    deployment = opened;
  },
);

beforeAll(async () => {
  const own: Record<string, string> = { '/program.js': PROGRAM, '/worker.js': WORKER };
  shop = createServer((req, res) => {
    const { url = '/' } = req;
    const isScript = url.endsWith('.js');
    res.setHeader('Content-Type', isScript ? 'text/javascript' : 'text/html');
    res.end(isScript ? (own[url] ?? readFileSync(join(CLIENT, url))) : '<!doctype html><title>shop</title>');
  }).listen(0, '127.0.0.1');
  await once(shop, 'listening');
  origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
});
afterAll(() => {
  shop?.close();
});

it('the client works in a page of another origin and in a module worker of it, by a token', async () => {
  const { product, browser } = deployment;
  const made = await product.request('/v1/upload-tokens', {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ kind: 'images', maxFiles: 10, origins: [origin], open: ['width', 'format'] }),
  });
  const { token } = (await made.json()) as { token: string };
  const page = await browser.newPage();
  await page.goto(origin);
  const given = { url: product.url, token, photo: (await drawPhoto(1600, 1200)).buffer.toString('base64') };
  const results = await page.evaluate(async (all) => {
    const { work } = await import(`${location.origin}/program.js`);
    const worker = new Worker('/worker.js', { type: 'module' });
    const ofWorker = new Promise((resolve) => worker.addEventListener('message', ({ data }) => resolve(data)));
    worker.postMessage(all);
    return [await work(all), await ofWorker];
  }, given);
  const right = {
    name: 'photo.jpg',
    all: true,
    last: 'completed',
    width: 40,
    type: 'image/webp',
    whole: true,
    refused: true,
  };
  expect(results).toEqual([right, right]);
  await page.close();
}, 120_000);
