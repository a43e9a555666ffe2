import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { useDeployment } from '../../support/browser/use-browser.ts';
import { type Product, postPhoto } from '../../support/product.ts';

let product: Product;
let browser: Browser;
useDeployment(
  () => ({ kinds: ['images'] }),
  (opened) => {
    ({ product, browser } = opened);
  },
);

/** A page of another site, which lets in nothing that does not say that it may be. */
let server: Server;
let page = '';
beforeAll(async () => {
  server = createServer((req, res) => {
    if (req.url === '/') res.setHeader('Cross-Origin-Embedder-Policy', 'require-corp');
    res.setHeader('Content-Type', 'text/html').end(page);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterAll(() => void server.close());

interface Signed {
  result: { files: { url: string; bytes: number }[]; picture: string };
}

async function signedOf(id: string): Promise<Signed> {
  await product.jobReaches(id, 'completed');
  return (await (await product.request(`/v1/jobs/${id}?signed=5m`)).json()) as Signed;
}

it('a page of another site shows, reads and frames a signed picture; without the signature it gets nothing', async () => {
  const image = await postPhoto(product, { width: '40' });
  const { result } = await signedOf(image);
  const [picture] = result.files;
  page = `<!doctype html>${result.picture}`;
  const context = await browser.newContext();
  const tab = await context.newPage();
  const { port } = server.address() as AddressInfo;
  await tab.goto(`http://localhost:${port}/`);
  await tab.waitForFunction(() => document.querySelector('img')?.complete);
  // Lazy pictures below the fold load when they are seen.
  await tab.locator('img').scrollIntoViewIfNeeded();
  const shown = () => tab.evaluate(() => document.querySelector('img')?.naturalWidth);
  await tab.waitForFunction(() => (document.querySelector('img')?.naturalWidth ?? 0) > 0);
  expect(await shown()).toBe(40);
  const read = await tab.evaluate(async (url) => {
    const response = await fetch(url, { headers: { Range: 'bytes=0-9' } });
    return [response.status, (await response.arrayBuffer()).byteLength, response.headers.get('content-range')];
  }, String(picture?.url));
  expect(read).toEqual([206, 10, `bytes 0-9/${picture?.bytes}`]);
  const unsigned = await tab.evaluate(
    (url) =>
      fetch(url).then(
        (response) => response.status,
        () => 'refused',
      ),
    `${product.url}/v1/jobs/${image}/result`,
  );
  expect(unsigned).toBe('refused');
  page = `<!doctype html><iframe src="${picture?.url}"></iframe>`;
  await tab.goto(`http://localhost:${port}/frame`);
  expect(tab.frames()[1]?.url()).toBe(picture?.url);
  expect(await tab.frames()[1]?.evaluate(() => document.images[0]?.naturalWidth)).toBe(40);
  await context.close();
});
