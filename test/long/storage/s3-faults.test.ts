import { createHash } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { openStorage } from '../../../src/storage/open.ts';
import { parseConfig } from '../../../workers/config.ts';
import { KEYS, type Product, postPhoto, startProduct } from '../../support/product.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { type FaultProxy, type S3Fault, startFaultProxy } from '../../support/s3/fault-proxy.ts';
import { inChunks, makeContent } from '../../support/storage/storage-content.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const unstarted = findCephFault();
const title = 'an S3 server with trouble, under the real product';
const BUCKET = 'files';
/** The jobs that wait run when the fault has begun. */
const RUN_AFTER_MS = 3000;

interface Fault {
  name: string;
  begin(): Promise<void> | void;
  mend(): Promise<void> | void;
  /** What the POST of a photo is answered with, and `/readyz`. */
  posts: number;
  ready: number;
  /** What becomes of the result of a job that is done: its status, or `broken` where it is cut off. */
  result: number | 'broken';
  /** What the worker says of the jobs that it puts back; null: they are done meanwhile. */
  putBackBy: string | null;
}

/** A row of the table: what was seen, in the order of the columns. */
type Row = (string | number)[];

(unstarted ? describe.skip : describe)(unstarted ? `${title} (skipped: ${unstarted})` : title, () => {
  const { path: dir, remove } = makeTempDir();
  const rows: Row[] = [];
  let ceph: Ceph;
  let proxy: FaultProxy;
  let product: Product;
  let url: string;

  beforeAll(async () => {
    ceph = await startCeph(dir);
    await ceph.createBucket(BUCKET);
    proxy = await startFaultProxy(ceph.url);
    url = `s3://${BUCKET}/heavylift?endpoint=${proxy.url}`;
    product = await startProduct({ env: { ...ceph.keys, STORAGE_URL: url } });
  }, 120_000);
  afterAll(async () => {
    await product.close();
    await proxy.close();
    await ceph.stop();
    remove();
    process.stdout.write(`${toTable(rows)}\n`);
  });

  // A test that ends before its mend leaves the next one a server that is well.
  let mend: Fault['mend'] = () => {};
  afterEach(() => mend());

  const behave = (fault: S3Fault) => () => {
    proxy.fault = fault;
  };
  const FAULTS: Fault[] = [
    {
      name: 'killed (kill -9)',
      begin: () => ceph.kill(),
      mend: () => ceph.start(),
      ...{ posts: 503, ready: 503, result: 503, putBackBy: 'storage_unavailable' },
    },
    {
      name: 'stands still',
      begin: () => ceph.freeze(),
      mend: () => ceph.thaw(),
      ...{ posts: 503, ready: 503, result: 503, putBackBy: 'storage_unavailable' },
    },
    {
      name: 'answers 503',
      begin: behave({ status: 503 }),
      mend: behave({}),
      ...{ posts: 503, ready: 503, result: 503, putBackBy: 'storage_unavailable' },
    },
    {
      name: 'is full (its quota)',
      begin: () => ceph.limit(1024),
      mend: () => ceph.limit(null),
      ...{ posts: 507, ready: 507, result: 200, putBackBy: 'storage_full' },
    },
    {
      name: 'takes 1 s for each answer',
      begin: behave({ delayMs: 1000 }),
      mend: behave({}),
      ...{ posts: 202, ready: 200, result: 200, putBackBy: null },
    },
    {
      name: 'tears contents',
      begin: behave({ tears: true }),
      mend: behave({}),
      ...{ posts: 202, ready: 200, result: 'broken', putBackBy: 'storage_unavailable' },
    },
  ];

  it.each(FAULTS)('$name: callers hear it, jobs wait, and nothing is lost', async (fault) => {
    // Torn are contents alone: lists and answers about them come whole.
    proxy.hits = (method, path) =>
      proxy.fault.tears !== true || (method === 'GET' && !/[?]list-type|[?]uploads/.test(path));
    const worker = product.startWorker('images');
    const before = await product.jobReaches(await postPhoto(product), 'completed');
    await until('it is ready', async () => (await readiness()) === 200);
    const runAt = new Date(Date.now() + RUN_AFTER_MS).toISOString();
    const waiting = [await postPhoto(product, { runAt }), await postPhoto(product, { runAt })];

    await fault.begin();
    mend = fault.mend;
    // While all is well a write is tried every half minute.
    await until(`/readyz is ${fault.ready}`, async () => (await readiness()) === fault.ready, { timeoutMs: 90_000 });
    const posted = await timed(() => post());
    const small = await product.request('/v1/emails', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ to: 'kari@example.no', subject: 'Small', text: 'No file.' }),
    });
    const result = await timed(() => download(before));
    const isPutBack = (id: string) =>
      worker
        .output()
        .split('\n')
        .some((line) => line.includes(id) && line.includes(`"code":"${fault.putBackBy}"`));
    const seen = fault.putBackBy
      ? await until('the jobs are put back', () => waiting.every(isPutBack))
      : await Promise.all(waiting.map((id) => product.jobReaches(id, 'completed')));

    mend = () => {};
    await fault.mend();
    const mendedAt = performance.now();
    await until('it is ready again', async () => (await readiness()) === 200);
    const accepted = [...waiting, ...(posted.value.status === 202 ? [posted.value.id] : [])];
    const ended = await Promise.all(accepted.map((id) => product.jobReaches(id, 'completed', 120_000)));
    const resumedMs = performance.now() - mendedAt;
    await worker.stop();

    expect([posted.value.status, small.status, result.value, Boolean(seen)]).toEqual([
      fault.posts,
      202,
      fault.result,
      true,
    ]);
    expect(ended.map(({ attempts }) => (attempts as { made: number }).made)).toEqual(ended.map(() => 1));
    for (const job of [before, ...ended]) expect(await download(job)).toBe(200);
    rows.push([
      ...[fault.name, `${posted.value.status} in ${seconds(posted.ms)}`, small.status, fault.ready],
      ...[
        `${result.value} in ${seconds(result.ms)}`,
        fault.putBackBy ? `put back: ${fault.putBackBy}` : 'done meanwhile',
      ],
      ...[`${ended.length} of ${accepted.length} done, 1 attempt each`, seconds(resumedMs)],
    ]);
  });

  it('answers are lost, contents come back changed: what is written is there once, and nothing false is taken for it', async () => {
    const settings = { ...ceph.keys, STORAGE_URL: url, REDIS_URL: 'unix:/none', DATA_DIR: dir };
    const storage = await openStorage(parseConfig(settings));
    const content = makeContent(12_000_000);
    proxy.hits = (method, path) => method === 'POST' && path.includes('uploadId');
    proxy.fault = { losesAnswers: true };
    await storage.put('results/lost/answer', inChunks(content));
    proxy.hits = (method, path) => method === 'PUT' && path.includes('/removed');
    await expect(storage.put('results/lost/removed', inChunks(content.subarray(0, 1000)))).rejects.toMatchObject({
      code: 'storage_unavailable',
    });
    proxy.fault = {};
    expect((await storage.read('results/lost/answer')).equals(content)).toBe(true);
    await expect(storage.read('results/lost/removed')).rejects.toMatchObject({ code: 'not_found' });
    await storage.put('results/lost/small', inChunks(content.subarray(0, 100_000)));
    proxy.hits = (method) => method === 'GET';
    proxy.fault = { damages: true };
    await expect(storage.read('results/lost/small')).rejects.toMatchObject({ code: 'internal' });
    await expect((await storage.open('results/lost/small')).toArray()).rejects.toMatchObject({ code: 'internal' });
    proxy.fault = {};
  });

  it('nobody sends a content to a server that did not answer the one before, until it answers', async () => {
    const storage = await openStorage(
      parseConfig({ ...ceph.keys, STORAGE_URL: url, REDIS_URL: 'unix:/none', DATA_DIR: dir }),
    );
    const put = (name: string) => storage.put(`results/silent/${name}`, inChunks(makeContent(1000)));
    const sent = (name: string) => proxy.seen.filter((line) => line.startsWith('PUT') && line.includes(`/${name}`));
    const unavailable = { code: 'storage_unavailable' };
    proxy.hits = () => true;
    proxy.fault = { delayMs: 60_000 };
    await expect(put('first')).rejects.toMatchObject(unavailable);
    await expect(put('second')).rejects.toMatchObject(unavailable);
    await expect(storage.link('results/silent/first', 'results/silent/third')).rejects.toMatchObject(unavailable);
    expect([sent('first'), sent('second'), sent('third')].map(({ length }) => length)).toEqual([1, 0, 0]);
    proxy.fault = {};
    await until('it takes contents again', () => put('second').then(Boolean));
    expect(sent('second')).toHaveLength(1);
  });

  const readiness = async () => (await fetch(`${product.url}/readyz`)).status;

  async function post(): Promise<{ status: number; id: string }> {
    const answer = await product.request('/v1/images', { method: 'POST', body: await photo() });
    const { id = '' } = (await answer.json()) as { id?: string };
    return { status: answer.status, id };
  }
  async function photo(): Promise<FormData> {
    const form = new FormData();
    const png =
      'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAIAQMAAAD+wSzIAAAABlBMVEX///+/v7+jQ3Y5AAAADklEQVQI12P4AIX8EAgALgAD/aNpbtEAAAAASUVORK5CYII=';
    form.set('file', new Blob([Buffer.from(png, 'base64')]), 'photo.png');
    form.set('format', 'webp');
    return form;
  }

  /** The status of a result's download, which has the hash that the job speaks of. */
  async function download(job: Record<string, unknown>): Promise<number | 'broken'> {
    const { files } = job['result'] as { files: { url: string; sha256: string }[] };
    const [file] = files;
    if (!file) throw new Error('the job has no file');
    const answer = await fetch(new URL(file.url, product.url), { headers: { Authorization: `Bearer ${KEYS.kari}` } });
    if (!answer.ok) return answer.status;
    const content = await answer.arrayBuffer().catch(() => null);
    if (content === null) return 'broken';
    expect(createHash('sha256').update(Buffer.from(content)).digest('hex')).toBe(file.sha256);
    return answer.status;
  }
});

async function timed<T>(act: () => Promise<T>): Promise<{ value: T; ms: number }> {
  const beganAt = performance.now();
  return { value: await act(), ms: performance.now() - beganAt };
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;

const COLUMNS = [
  ...['the server', 'POST of a photo', 'of a small mail', '/readyz', 'a result', 'jobs that waited', 'after the mend'],
  'all done after',
];

const toTable = (rows: readonly Row[]): string =>
  [COLUMNS, COLUMNS.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
