import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { answer, createSinks } from '../../support/http/http-sink.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const COUNT = 500;
const LONG = { timeoutMs: 240_000 };

let product: Product;
const sinks = createSinks(answer(204));
beforeAll(async () => {
  product = await startProduct({ env: { WEBHOOKS_ALLOW: '127.0.0.1' } });
});
afterEach(() => sinks.close());
afterAll(() => product.close());

interface BatchAnswer {
  id: string;
  items: { status: number; replayed?: true; job: { id: string } }[];
}
interface Told {
  data: {
    id: string;
    total: number;
    counts: Record<string, number>;
    jobs: { id: string; state: string; files: number }[];
  };
}

const draw = (width: number, height: number) =>
  sharp({
    create: { width, height, channels: 3, background: '#fff', noise: { type: 'gaussian', mean: 128, sigma: 40 } },
  });

const sendForm = (file: Buffer, count: number, fields: Record<string, string>) => {
  const form = new FormData();
  for (const [name, value] of Object.entries(fields)) form.set(name, value);
  for (let index = 0; index < count; index += 1) {
    form.append('file', new Blob([new Uint8Array(file)]), `IMG_${index} holiday.jpg`);
  }
  const headers = { 'Idempotency-Key': `"${fields['tags[]']}"` };
  return product.request('/v1/images/batch', { method: 'POST', body: form, headers });
};
const uploads = () => {
  const folder = join(product.dir, 'storage', 'uploads');
  return existsSync(folder) ? readdirSync(folder) : [];
};

describe(`${COUNT} files in one form`, () => {
  it('web, the workers and the sender of webhooks are killed in the middle: every job once, and one webhook after the last', async () => {
    const sink = await sinks.open();
    const jpeg = await draw(120, 80).jpeg().toBuffer();
    const send = () => sendForm(jpeg, COUNT, { width: '20', 'tags[]': 'album', callbackUrl: sink.url });

    const cut = send().catch(() => null);
    await until('files are being stored', () => uploads().length > 20);
    await product.web.stop('SIGKILL');
    expect(await cut).toBeNull();
    await product.restartWeb();
    const listed = (await (await product.request('/v1/jobs')).json()) as { jobs: unknown[] };
    expect(listed.jobs).toEqual([]);

    const accepted = (await (await send()).json()) as BatchAnswer;
    expect(accepted.items.map(({ status }) => status)).toEqual(Array(COUNT).fill(202));
    const ids = accepted.items.map(({ job }) => job.id);
    expect(new Set(ids).size).toBe(COUNT);
    const again = (await (await send()).json()) as BatchAnswer;
    expect(again.items.map(({ replayed, job }) => [replayed, job.id])).toEqual(ids.map((id) => [true, id]));
    expect(again.id).toBe(accepted.id);

    const done = async (least: number) => {
      const batch = await (await product.request(`/v1/batches/${accepted.id}`)).json();
      return (batch as { counts: { completed: number } }).counts.completed >= least;
    };
    const images = product.startWorker('images');
    const webhooks = product.startWorker('webhooks');
    await until('a third is done', () => done(COUNT / 3), LONG);
    await Promise.all([images.stop('SIGKILL'), webhooks.stop('SIGKILL'), product.web.stop('SIGKILL')]);
    await product.restartWeb();
    expect(sink.requests).toEqual([]);
    product.startWorker('images');
    product.startWorker('webhooks');
    await until('it is told', () => sink.requests.length > 0, LONG);
    expect(await done(COUNT)).toBe(true);
    const { data } = JSON.parse(sink.requests[0]?.body ?? '') as Told;
    expect(data).toMatchObject({ id: accepted.id, total: COUNT, counts: { completed: COUNT, failed: 0 } });
    expect(data.jobs).toEqual(ids.map((id) => ({ id, state: 'completed', files: 1 })));
    await until('the webhook has ended', async () => {
      const { jobs } = (await (await product.request('/v1/jobs?kind=webhooks')).json()) as {
        jobs: { state: string }[];
      };
      return jobs.length === 1 && jobs[0]?.state === 'completed';
    });
    expect(sink.requests).toHaveLength(1);

    const archive = await product.request(`/v1/results.zip?batch=${accepted.id}`);
    const bytes = Buffer.from(await archive.arrayBuffer());
    const end = bytes.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
    expect(bytes.readUInt16LE(end + 10)).toBe(COUNT);
  });
});

describe('an archive of large results', () => {
  /** The files of storage that web has open. */
  const openResults = () => {
    const folder = `/proc/${product.web.pid}/fd`;
    const targets = readdirSync(folder).map((fd) => {
      try {
        return readlinkSync(join(folder, fd));
      } catch {
        return '';
      }
    });
    return targets.filter((target) => target.includes('/results/'));
  };
  const memoryOf = () =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${product.web.pid}/status`, 'utf8'))?.[1]) * 1024;

  it('takes no memory for its length, reads as fast as it is taken, and nothing for who has left', async () => {
    const jpeg = await draw(1100, 1000).jpeg({ quality: 50 }).toBuffer();
    const { id, items } = (await (
      await sendForm(jpeg, 40, { format: 'png', 'tags[]': 'large' })
    ).json()) as BatchAnswer;
    for (const { job } of items) await product.jobReaches(job.id, 'completed', 240_000);
    const path = `/v1/results.zip?batch=${id}`;
    await (await product.request(path)).arrayBuffer();
    const before = memoryOf();
    let [bytes, most] = [0, 0];
    const response = await product.request(path);
    for await (const chunk of Readable.fromWeb(response.body as never)) {
      bytes += (chunk as Buffer).length;
      most = Math.max(most, memoryOf());
    }
    console.log(`an archive of ${Math.round(bytes / 1e6)} MB took ${Math.round((most - before) / 1e6)} MB of memory`);
    expect(bytes).toBeGreaterThan(80_000_000);
    expect(most - before).toBeLessThan(bytes / 2);

    const leaving = new AbortController();
    const left = await product.request(path, { signal: leaving.signal });
    const reader = (left.body as ReadableStream<Uint8Array>).getReader();
    await reader.read();
    await until('a result is being read', () => openResults().length > 0);
    expect(openResults()).toHaveLength(1);
    leaving.abort();
    await until('none is read any more', () => openResults().length === 0);
    expect((await fetch(`${product.url}/livez`)).status).toBe(200);
  });
});
