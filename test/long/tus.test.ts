import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { openBrowser } from '../support/browser/browser.ts';
import { type CuttingProxy, openCuttingProxy } from '../support/http/cutting-proxy.ts';
import type { TestProcess } from '../support/processes.ts';
import { KEYS, type Product, startProduct } from '../support/product.ts';
import { makeTempDir } from '../support/temp-dir.ts';

// Uploads in pieces by the clients that people have, as they are: they are fetched from the registry.

const BYTES = 200_000_000;
const CUTS = 20;
const CLIENTS = ['tus-js-client@4', 'uppy@4'];

const { path: dir, remove } = makeTempDir();
const isFetched = fetchClients();
afterAll(remove);

function fetchClients(): boolean {
  try {
    const asked = ['install', '--prefix', dir, '--no-audit', '--no-fund', '--silent', ...CLIENTS];
    execFileSync('npm', asked, { timeout: 120_000, stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const authorized = { Authorization: `Bearer ${KEYS.kari}` };
const print = (line: string) => process.stdout.write(`${line}\n`);
/** The most memory that a process has had (MB). */
const peakOf = ({ pid }: { pid: number | undefined }): number =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1000;

/** Writes rows until there are so many bytes; answers their SHA-256. */
async function writeRows(path: string, bytes: number): Promise<string> {
  const hash = createHash('sha256');
  function* rows() {
    for (let row = 0, written = 0; written < bytes; ) {
      const lines = Array.from({ length: 1000 }, () => {
        row += 1;
        return `{"id":${row},"region":"${row % 7}","sum":${row % 1000},"note":"${'x'.repeat(400)}"}`;
      });
      const chunk = Buffer.from(`${lines.join('\n')}\n`).subarray(0, bytes - written);
      written += chunk.length;
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(Readable.from(rows()), createWriteStream(path));
  return hash.digest('hex');
}

/** What a client is given to send a file. */
interface Sending {
  endpoint: string;
  path: string;
  size: number;
}

/** How each client sends a file; resolves with the address of the upload. */
const SENDERS: Record<string, (sending: Sending) => Promise<string>> = {
  'tus-js-client': ({ endpoint, path, size }) => {
    const { Upload } = createRequire(join(dir, 'package.json'))('tus-js-client');
    return new Promise((resolve, reject) => {
      const upload = new Upload(createReadStream(path), {
        ...{ endpoint, uploadSize: size, headers: authorized, metadata: { filename: 'rows.ndjson', kind: 'reports' } },
        retryDelays: Array.from({ length: 40 }, () => 300),
        onError: reject,
        onSuccess: () => resolve(upload.url),
      });
      upload.start();
    });
  },
  'Uppy in a browser, from another origin': async ({ endpoint, path }) => {
    const script = readFileSync(join(dir, 'node_modules/uppy/dist/uppy.min.js'));
    const page = '<!doctype html><title>Shop</title><input type=file><script src=/uppy.js></script>';
    const shop = createServer((req, res) => {
      const isScript = req.url === '/uppy.js';
      res.writeHead(200, { 'Content-Type': isScript ? 'text/javascript' : 'text/html' }).end(isScript ? script : page);
    });
    await once(shop.listen(0, '127.0.0.1'), 'listening');
    const origin = `http://127.0.0.1:${(shop.address() as AddressInfo).port}`;
    const asked = {
      kind: 'reports',
      options: { data: { title: 'T' } },
      maxFiles: 1,
      origins: [origin],
      expiresIn: '1h',
    };
    const made = await fetch(new URL('/v1/upload-tokens', endpoint), {
      method: 'POST',
      headers: { ...authorized, 'Content-Type': 'application/json' },
      body: JSON.stringify(asked),
    });
    const { token } = (await made.json()) as { token: string };
    const browser = await openBrowser();
    try {
      const tab = await browser.newPage();
      await tab.goto(origin);
      await tab.setInputFiles('input', path);
      return await tab.evaluate(sendByUppy, { endpoint, token });
    } finally {
      await browser.close();
      shop.close();
    }
  },
};

/** Runs in the page. */
async function sendByUppy({ endpoint, token }: { endpoint: string; token: string }): Promise<string> {
  // biome-ignore lint/suspicious/noExplicitAny: a page of somebody else's
  const { Uppy, document } = globalThis as any;
  const headers = { Authorization: `Bearer ${token}` };
  const uppy = new Uppy.Uppy();
  uppy.use(Uppy.Tus, { endpoint, headers, retryDelays: Array.from({ length: 60 }, () => 300) });
  uppy.addFile({ name: 'rows.ndjson', type: 'application/x-ndjson', data: document.querySelector('input').files[0] });
  const { successful, failed } = await uppy.upload();
  if (failed.length > 0) throw new Error(failed[0].error);
  return successful[0].uploadURL;
}

(isFetched ? describe : describe.skip)(
  isFetched ? 'clients of tus' : 'clients of tus (skipped: the registry can not be reached)',
  () => {
    let product: Product;
    let other: { url: string; web: TestProcess };
    let proxy: CuttingProxy;
    let sha256: string;
    const file = join(dir, 'rows.ndjson');

    beforeAll(async () => {
      product = await startProduct({ env: { REPORTS_MAX_FILE_BYTES: '2000000000' } });
      other = await product.startOtherWeb();
      proxy = await openCuttingProxy(product.url);
      sha256 = await writeRows(file, BYTES);
    });
    afterAll(async () => {
      await proxy.close();
      await product.close();
    });

    /** Cuts connections, kills the web process, and has the other one answer, each time as much has come. */
    const disturb = async (from: number) => {
      const [kills, switches] = [
        [4, 9, 14],
        [2, 6, 11, 16, 18],
      ];
      for (let cut = 1; cut <= CUTS; cut += 1) {
        await proxy.stopAt(Math.ceil(from + (cut * BYTES) / (CUTS + 1)));
        if (switches.includes(cut)) proxy.leadTo(cut % 4 === 2 ? other.url : product.url);
        if (kills.includes(cut)) {
          proxy.leadTo(other.url);
          await product.web.stop('SIGKILL');
          proxy.cut();
          await product.restartWeb();
          proxy.leadTo(product.url);
        } else proxy.cut();
      }
      proxy.goOn();
    };

    it.each(Object.keys(SENDERS))(
      '%s: 200 MB over 20 cuts, three of them deaths of the web process, arrive whole',
      async (name) => {
        const before = await proxy.stopAt(0);
        const send = SENDERS[name] as (sending: Sending) => Promise<string>;
        const sending = send({ endpoint: `${proxy.url}/v1/uploads`, path: file, size: BYTES });
        const [address] = await Promise.all([sending, disturb(before)]);
        const factor = ((await proxy.stopAt(0)) - before) / BYTES;
        const upload = await (
          await fetch(new URL(new URL(address).pathname, product.url), { headers: authorized })
        ).json();
        print(
          `${name}: each byte was sent ${factor.toFixed(3)} times; web had ${peakOf(product.web).toFixed(0)} MB at most`,
        );
        expect(upload).toMatchObject({ state: 'complete', bytes: BYTES, sha256, name: 'rows.ndjson' });
        expect(factor).toBeLessThan(1.1);
      },
      600_000,
    );

    it('1 GB of rows: web and worker stay small, and a report is made of them', async () => {
      const bytes = 1_000_000_000;
      const path = join(dir, 'large.ndjson');
      const hash = await writeRows(path, bytes);
      await product.web.stop();
      await product.restartWeb();
      const idle = peakOf(product.web);
      const begun = await fetch(`${product.url}/v1/uploads`, {
        method: 'POST',
        headers: { ...authorized, 'Tus-Resumable': '1.0.0', 'Upload-Length': String(bytes) },
      });
      const address = new URL(begun.headers.get('location') ?? '', product.url);
      const headers = { ...authorized, 'Tus-Resumable': '1.0.0', 'Content-Type': 'application/offset+octet-stream' };
      for (const [start, end] of [
        [0, bytes / 2],
        [bytes / 2, bytes],
      ] as const) {
        const body = Readable.toWeb(createReadStream(path, { start, end: end - 1 })) as ReadableStream;
        const sent = { method: 'PATCH', body, duplex: 'half', headers: { ...headers, 'Upload-Offset': String(start) } };
        expect((await fetch(address, sent as RequestInit)).status).toBe(204);
        // Another process does not know the hash of what came before: it reads that once more.
        if (start === 0) {
          await product.web.stop();
          await product.restartWeb();
        }
      }
      const upload = (await (await fetch(address, { headers: authorized })).json()) as { id: string };
      expect(upload).toMatchObject({ state: 'complete', sha256: hash, type: 'application/x-ndjson' });
      print(`1 GB: web had ${peakOf(product.web).toFixed(0)} MB at most, ${idle.toFixed(0)} MB before`);
      const worker = product.startWorker('reports', { REPORTS_TIMEOUT_SECONDS: '900' });
      const chart = { type: 'chart', chart: 'bar', rows: { upload: upload.id }, category: 'region', value: 'sum' };
      const posted = await fetch(`${product.url}/v1/reports`, {
        method: 'POST',
        headers: { ...authorized, 'Content-Type': 'application/json' },
        body: JSON.stringify({ data: { title: 'Regions', blocks: [chart] } }),
      });
      const job = (await posted.json()) as { id: string };
      expect([posted.status, job]).toEqual([202, expect.anything()]);
      while (!['completed', 'failed'].includes(await stateOf(job.id))) await delay(1000);
      print(`1 GB: the worker had ${peakOf(worker).toFixed(0)} MB at most`);
      expect(await stateOf(job.id)).toBe('completed');
    }, 900_000);

    const stateOf = async (id: string) => {
      const job = await (await fetch(`${product.url}/v1/jobs/${id}`, { headers: authorized })).json();
      return (job as { state: string }).state;
    };
  },
);
