import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { CONTRACTS } from '../../../workers/index.ts';

/** Asks the product with a key. */
export type Ask = (path: string, init?: RequestInit) => Promise<Response>;

/** Some work for the product: it posts jobs and resolves when all have completed. */
export interface Work {
  name: string;
  run(ask: Ask): Promise<void>;
}

const PHOTOS = 10;
const ROWS = 500_000;
const MAILS = 1000;
/** Requests that are under way at a time. */
const AT_ONCE = 8;

async function post(ask: Ask, path: string, init: RequestInit): Promise<string> {
  const headers = { ...init.headers, 'Idempotency-Key': randomUUID() };
  const send = () => ask(path, { method: 'POST', ...init, headers });
  let answer = await send();
  // Redis was slow, on a busy machine; the same key makes no second job.
  while (answer.status === 503) {
    await delay(1000);
    answer = await send();
  }
  const { id } = (await answer.json()) as { id?: string };
  if (answer.status !== 202 || !id) throw new Error(`POST ${path} was answered with ${answer.status}`);
  return id;
}

const postJson = (ask: Ask, path: string, body: unknown): Promise<string> =>
  post(ask, path, { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } });

async function complete(ask: Ask, id: string): Promise<void> {
  for (;;) {
    const job = (await (await ask(`/v1/jobs/${id}`, { headers: { Prefer: 'wait=20' } })).json()) as {
      state: string;
      finishedAt: string | null;
      error: unknown;
    };
    if (job.state === 'completed') return;
    if (job.finishedAt) throw new Error(`${id} has ${job.state}: ${JSON.stringify(job.error)}`);
  }
}

/** Does something so many times, a few at a time. */
async function times(count: number, act: (index: number) => Promise<void>): Promise<void> {
  let next = 0;
  const line = async () => {
    for (let index = next++; index < count; index = next++) await act(index);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, line));
}

/** A photo-like picture of 24 megapixels: noise has the file size of a photo, its blur the look. */
async function drawPhoto(): Promise<Uint8Array<ArrayBuffer>> {
  const noise = { type: 'gaussian', mean: 120, sigma: 60 } as const;
  const small = await sharp({ create: { width: 1500, height: 1000, channels: 3, background: '#000', noise } })
    .png()
    .toBuffer();
  return new Uint8Array(await sharp(small).resize(6000, 4000, { kernel: 'cubic' }).jpeg({ quality: 90 }).toBuffer());
}

const postImage = (ask: Ask, photo: Uint8Array<ArrayBuffer>, query: string): Promise<string> =>
  post(ask, `/v1/images?${query}`, { body: photo, headers: { 'Content-Type': 'image/jpeg' } });

const examples: Work = {
  name: "each kind's example",
  async run(ask) {
    const small = await sharp({ create: { width: 900, height: 600, channels: 3, background: '#27507c' } })
      .jpeg()
      .toBuffer();
    const kinds = CONTRACTS.filter(({ accepts }) => accepts === 'json');
    const ids = await Promise.all([
      postImage(ask, new Uint8Array(small), 'width=300'),
      ...kinds.map(({ kind, example }) => postJson(ask, `/v1/${kind}`, example)),
    ]);
    for (const id of ids) await complete(ask, id);
  },
};

const photos: Work = {
  name: `${PHOTOS} photos of 24 megapixels, WebP and AVIF`,
  async run(ask) {
    const photo = await drawPhoto();
    const renditions = JSON.stringify([
      { name: 'large', width: 1600, format: 'webp' },
      { name: 'small', width: 800, format: 'avif' },
    ]);
    await times(PHOTOS, async () => {
      const form = new FormData();
      form.append('renditions', renditions);
      form.append('file', new Blob([photo], { type: 'image/jpeg' }), 'photo.jpg');
      await complete(ask, await post(ask, '/v1/images', { body: form }));
    });
  },
};

const report: Work = {
  name: `a report of ${ROWS.toLocaleString('en')} rows`,
  async run(ask) {
    const rows = Array.from({ length: ROWS }, (_, row) => `${row + 1},2026-10-05,Region ${row % 7},n${row},${row}.25`);
    const csv = ['id,date,region,item,amount', ...rows].join('\n');
    const columns = ['id', 'date', 'region', 'item', 'amount'].map((key) => ({ key }));
    const table = { type: 'table', rows: { file: 'sales' }, columns };
    const form = new FormData();
    form.append('report', JSON.stringify({ data: { title: 'Sales', blocks: [table] } }));
    form.append('sales', new Blob([csv], { type: 'text/csv' }), 'sales.csv');
    await complete(ask, await post(ask, '/v1/reports', { body: form }));
  },
};

const mails: Work = {
  name: `${MAILS.toLocaleString('en')} mails`,
  run: (ask) =>
    times(MAILS, async (index) => {
      const to = [`user${index}@example.com`];
      await complete(ask, await postJson(ask, '/v1/emails', { to, subject: `Mail ${index}`, html: '<p>Hello.</p>' }));
    }),
};

const all: Work = {
  name: 'these three at the same time',
  run: async (ask) => void (await Promise.all([photos, report, mails].map((one) => one.run(ask)))),
};

/** What a machine of that size is tried with: below 1 GB the examples alone. */
export const workFor = (megabytes: number): Work[] =>
  megabytes < 1000 ? [examples] : [examples, photos, report, mails, all];
