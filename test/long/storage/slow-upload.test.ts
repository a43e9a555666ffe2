import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { drawPhoto } from '../../support/browser/browser.ts';
import { isInstalled, type ReverseProxy, startNginx } from '../../support/http/reverse-proxies.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

/** The times that nginx has for everything, in place of its 60 s. */
const TIMES = ['client_body_timeout', 'proxy_read_timeout', 'proxy_send_timeout', 'send_timeout'];
const SECONDS = 10;

const isHere = isInstalled('nginx');
const title = 'a slow upload through nginx as docs/proxy.md has it';
(isHere ? describe : describe.skip)(isHere ? title : `${title} (skipped: it is not installed)`, () => {
  const { path: dir, remove } = makeTempDir();
  let product: Product;
  let proxy: ReverseProxy;
  beforeAll(async () => {
    product = await startProduct({ env: { MIN_BODY_RATE: '1', PUBLIC_URL: 'http://localhost/heavylift' } });
    proxy = await startNginx(dir, product.url, TIMES.map((name) => `${name} ${SECONDS}s;`).join(' '));
  });
  afterAll(async () => {
    await proxy?.process.stop();
    await product.close();
    remove();
  });

  it('takes three times as long as nginx waits for anything, and is accepted', async () => {
    const { buffer } = await drawPhoto(60, 40);
    const { host } = new URL(proxy.subUrl);
    const [hostname, port] = host.split(':');
    const headers = {
      Authorization: `Bearer ${KEYS.kari}`,
      'Content-Type': 'image/jpeg',
      'Content-Length': String(buffer.length),
    };
    const sent = request({ hostname, port, path: '/heavylift/v1/images?width=10', method: 'POST', headers });
    const answered = once(sent, 'response') as Promise<[IncomingMessage]>;
    const part = Math.ceil(buffer.length / 30);
    for (let from = 0; from < buffer.length; from += part) {
      sent.write(buffer.subarray(from, from + part));
      await delay((1000 * SECONDS) / 10);
    }
    sent.end();
    const [answer] = await answered;
    expect(answer.statusCode).toBe(202);
  });
});
