import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { walkPages } from '../../support/browser/walk-pages.ts';
import { isInstalled, type ReverseProxy, startCaddy, startNginx } from '../../support/http/reverse-proxies.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const KEY = { Authorization: `Bearer ${KEYS.kari}` };
/** The default of IMAGES_MAX_BYTES. */
const LARGEST = 50_000_000;

const { path: dir, remove } = makeTempDir();
let product: Product;
let photo: Buffer;
beforeAll(async () => {
  product = await startProduct({ env: { PUBLIC_URL: 'https://www.example.com/heavylift', TRUST_PROXY: '1' } });
  photo = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#27507c' } })
    .jpeg()
    .toBuffer();
  for (const [name, bytes] of Object.entries({ largest: LARGEST, larger: 2 * LARGEST })) {
    writeFileSync(join(dir, name), Buffer.concat([photo, Buffer.alloc(bytes - photo.length)]));
  }
});
afterAll(async () => {
  await product.close();
  remove();
});

const PROXIES = [
  ['nginx', startNginx],
  ['caddy', startCaddy],
] as const;

for (const [name, start] of PROXIES) {
  const isHere = isInstalled(name);
  const title = `${name} as docs/proxy.md has it`;
  (isHere ? describe : describe.skip)(isHere ? title : `${title} (skipped: it is not installed)`, () => {
    let proxy: ReverseProxy;
    beforeAll(async () => {
      proxy = await start(join(dir, name), product.url);
    });
    afterAll(() => proxy?.process.stop());

    /** Sends a request by TLS, which can be written and read bit by bit. */
    const open = (path: string, options: { method?: string; headers?: object; localAddress?: string } = {}) =>
      request(`${proxy.url}${path}`, { ca: proxy.ca, agent: false, family: 4, ...options } as object);
    const answerOf = async (sent: ReturnType<typeof open>) => {
      const [answer] = (await once(sent, 'response')) as [IncomingMessage];
      return answer;
    };

    /** Sends a file of the folder by curl, which sees an early answer; without a key unless there is one. */
    async function upload(file: string, ...more: string[]): Promise<{ status: number; body: Record<string, unknown> }> {
      const form = ['-H', 'Expect:', '-H', 'Content-Type: image/jpeg', '--data-binary', `@${join(dir, file)}`];
      const trusted = ['--http1.1', '--cacert', join(dir, `${name}.crt`), '-sS', '-w', '\n%{http_code}'];
      writeFileSync(join(dir, `${name}.crt`), proxy.ca);
      const args = [...trusted, ...form, ...more, `${proxy.url}/v1/images?width=10`];
      const { stdout } = await promisify(execFile)('curl', args);
      const [body = '', status = ''] = stdout.split('\n');
      return { status: Number(status), body: JSON.parse(body) as Record<string, unknown> };
    }

    it('plain http is sent on to https, with path and query', async () => {
      const answer = await fetch(`${proxy.plainUrl}/jobs?kind=images`, { redirect: 'manual' });
      expect([301, 308]).toContain(answer.status);
      expect(answer.headers.get('location')).toMatch(/^https:\/\/localhost(?::\d+)?\/jobs\?kind=images$/);
    });

    it('an upload of the largest size: accepted', async () => {
      expect(await upload('largest', '-H', `Authorization: ${KEY.Authorization}`)).toMatchObject({
        status: 202,
        body: { kind: 'images' },
      });
    });

    it('an upload that is refused before its end: the client sees why', async () => {
      expect(await upload('larger')).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
      expect(await upload('larger', '-H', `Authorization: ${KEY.Authorization}`)).toMatchObject({
        status: 413,
        body: { code: 'payload_too_large', detail: expect.stringContaining('50 MB') },
      });
    });

    it('JSON of megabytes: accepted', async () => {
      const rows = Array.from({ length: 9000 }, (_, index) => ({ text: `${index} ${'x'.repeat(1000)}` }));
      const blocks = [{ type: 'table', columns: [{ key: 'text', title: 'Text' }], rows }];
      const body = JSON.stringify({ data: { title: 'Large', blocks } });
      expect(body.length).toBeGreaterThan(9_000_000);
      const sent = open('/v1/reports', { method: 'POST', headers: { ...KEY, 'Content-Type': 'application/json' } });
      sent.end(body);
      expect((await answerOf(sent)).statusCode).toBe(202);
    });

    it('an upload streams: the product has its beginning before its end is sent', async () => {
      const uploads = join(product.dir, 'storage');
      const beginnings = () =>
        readdirSync(uploads, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile())
          .map((entry) => statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false })?.size ?? 0);
      const before = beginnings().filter((size) => size === 1_000_000).length;
      const length = 2_000_000;
      const headers = { ...KEY, 'Content-Type': 'image/jpeg', 'Content-Length': String(length) };
      const sent = open('/v1/images?width=10', { method: 'POST', headers });
      sent.write(Buffer.concat([photo, Buffer.alloc(1_000_000 - photo.length)]));
      await until(
        'the first half is stored',
        () => beginnings().filter((size) => size >= 900_000 && size < length)[before],
      );
      sent.end(Buffer.alloc(length - 1_000_000));
      expect((await answerOf(sent)).statusCode).toBe(202);
    });

    it('an event stream: its first event comes while the job waits, its last one when it has ended', async () => {
      const id = await postPhoto(product);
      const answer = await answerOf(open(`/v1/jobs/${id}/events`, { headers: KEY }).end());
      let text = '';
      answer.setEncoding('utf8').on('data', (chunk) => (text += chunk));
      await until('the first event', () => text.includes('"state":"waiting"'));
      expect((await product.request(`/v1/jobs/${id}/cancel`, { method: 'POST' })).status).toBe(200);
      await until('the last event', () => text.includes('event: cancelled'));
    });

    it('the caller’s address and name of the request arrive; an address that the caller wrote does not count', async () => {
      const requestId = `${name}-17`;
      const headers = { ...KEY, 'X-Request-Id': requestId, 'X-Forwarded-For': '203.0.113.9' };
      const answer = await answerOf(open('/v1/usage', { headers, localAddress: '127.0.0.2' }).end());
      answer.resume();
      expect([answer.statusCode, answer.headers['x-request-id']]).toEqual([200, requestId]);
      const log = join(product.dir, 'log/access.log');
      const line = await until('its line', () =>
        existsSync(log)
          ? readFileSync(log, 'utf8')
              .split('\n')
              .find((one) => one.includes(requestId))
          : undefined,
      );
      expect(JSON.parse(line)).toMatchObject({ address: '127.0.0.2', caller: 'kari' });
    });

    it('a browser without Fetch Metadata signs in: Host comes with its port', async () => {
      const headers = { Origin: proxy.url, 'Content-Type': 'application/x-www-form-urlencoded' };
      const sent = open('/login', { method: 'POST', headers }).end(`key=${KEYS.kari}`);
      expect((await answerOf(sent)).statusCode).toBe(303);
      const foreign = open('/login', { method: 'POST', headers: { ...headers, Origin: 'https://localhost' } });
      expect((await answerOf(foreign.end(`key=${KEYS.kari}`))).statusCode).toBe(403);
    });

    it('connections to the product are kept', async () => {
      const port = `:${Number(new URL(product.url).port).toString(16).toUpperCase().padStart(4, '0')} `;
      // One that was ended is remembered for a minute (TIME_WAIT, 06), whichever side ended it.
      const ended = () =>
        readFileSync('/proc/net/tcp', 'utf8')
          .split('\n')
          .filter((line) => line.includes(port) && / 06 /.test(line)).length;
      const before = ended();
      for (let asked = 0; asked < 30; asked += 1) {
        expect((await fetch(`${proxy.subUrl}/livez`)).status).toBe(200);
      }
      expect(ended() - before).toBeLessThan(15);
    });

    it('below a path: every page and asset, from the path without its slash on', async () => {
      const bare = await fetch(proxy.subUrl, { redirect: 'manual' });
      expect(new URL(String(bare.headers.get('location')), proxy.subUrl).href).toBe(`${proxy.subUrl}/`);
      const signedIn = await fetch(`${proxy.subUrl}/login`, {
        method: 'POST',
        body: new URLSearchParams({ key: KEYS.operator }),
        redirect: 'manual',
      });
      expect(signedIn.headers.get('location')).toBe('/heavylift/');
      const Cookie = String(signedIn.headers.get('set-cookie')).split(';')[0] as string;
      const { visited, outside } = await walkPages(proxy.subUrl, ['/'], { Cookie });
      expect(outside).toEqual([]);
      expect([...visited].filter(([, status]) => status >= 400)).toEqual([]);
      expect(visited.size).toBeGreaterThan(30);
    });
  });
}
