import { afterAll, beforeAll, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const sinks = createSinks();
let sink: HttpSink;
let product: Product;
/** Calls of a flow are held until this is done. */
let letGo = () => {};

beforeAll(async () => {
  sink = await sinks.open();
  product = await startProduct({
    kinds: [
      ['flows', 'calls', 'emails'],
      ['images', 'reports'],
    ],
    env: { CALLS_ALLOW: new URL(sink.url).host, EMAILS_FROM: 'shop@example.no' },
  });
}, 60_000);
afterAll(async () => {
  await product?.close();
  await sinks.close();
});

interface FlowBody {
  id: string;
  state: string;
  steps: object[];
  progress: { done: number; failed: number };
  error: { detail: string } | null;
}

const send = (method: string, path: string, body?: object) =>
  product.request(path, {
    method,
    headers: { 'Content-Type': 'application/json' },
    ...(body && { body: JSON.stringify(body) }),
  });
const post = async (body: object): Promise<string> => {
  const answer = await send('POST', '/v1/flows', body);
  if (answer.status !== 202) throw new Error(await answer.text());
  return ((await answer.json()) as FlowBody).id;
};
const store = async (body: string | Buffer): Promise<string> => {
  const content = typeof body === 'string' ? body : new Uint8Array(body);
  return ((await (await product.request('/v1/uploads', { method: 'POST', body: content })).json()) as FlowBody).id;
};
const ended = (id: string, state: string) => product.jobReaches(id, state, 120_000) as unknown as Promise<FlowBody>;
const rowsOf = (count: number) => Array.from({ length: count }, (_, n) => ({ n, email: `n${n}@example.no` }));
/** Holds the calls of a path until they are let go. */
const hold = () => {
  const free = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  sink.script = (res) => void free.then(() => res.writeHead(200).end('order\nA-1\n'));
};
const call = (path: string) => ({ name: 'call', kind: 'calls', input: { url: `${sink.url}/${path}/{{row.n}}` } });

it('a stored template that is removed meanwhile: the rows behind fail, and say so', async () => {
  const template = { subject: 'Hello {{ user.name }}', text: 'Hello {{ user.name }}' };
  expect((await send('PUT', '/v1/templates/emails/hello', template)).status).toBe(201);
  hold();
  const input = { to: '{{row.email}}', template: 'hello', variables: { user: { name: 'x' } } };
  const id = await post({
    steps: [call('template'), { name: 'mail', kind: 'emails', input }],
    forEach: { rows: rowsOf(101) },
  });
  await until('some are under way', () => sink.requests.some(({ path }) => path.startsWith('/template/')));
  const begun = async () => {
    const { steps } = (await (await product.request(`/v1/flows/${id}`)).json()) as { steps: { active: number }[] };
    return steps[0]?.active === 100;
  };
  await until('all that may are', begun);
  expect((await send('DELETE', '/v1/templates/emails/hello')).status).toBe(204);
  letGo();
  expect((await ended(id, 'failed')).progress).toMatchObject({ done: 101, failed: 1 });
  expect(await (await product.request(`/v1/flows/${id}/rows`)).json()).toMatchObject({
    rows: [{ row: 101, step: 'mail', job: null, error: { detail: expect.stringContaining('hello') } }],
  });
}, 120_000);

it('an image of each row stands in its report', async () => {
  const photo = await store(
    await sharp({ create: { width: 40, height: 30, channels: 3, background: '#27507c' } })
      .jpeg()
      .toBuffer(),
  );
  const steps = [
    { name: 'small', kind: 'images', input: { source: { upload: { row: 'photo' } }, width: 100, format: 'png' } },
    {
      name: 'report',
      kind: 'reports',
      input: {
        template: 'document',
        data: { title: 'Photo', blocks: [{ type: 'image', source: { step: 'small' } }] },
      },
    },
  ];
  const id = await post({ steps, forEach: { rows: [{ photo }, { photo }] } });
  expect((await ended(id, 'completed')).steps).toMatchObject([{ completed: 2 }, { completed: 2 }]);
  const { jobs } = (await (await product.request(`/v1/jobs?flow=${id}&kind=reports`)).json()) as { jobs: FlowBody[] };
  const pdf = await (await product.request(`/v1/jobs/${jobs[0]?.id}/result`)).text();
  expect(pdf).toMatch(/\/Subtype ?\/Image/);
}, 120_000);

it('1,100 rows that fail are listed page by page, the first 1,000 with their sentence; a retry does each again', async () => {
  const upload = await store(
    [{ email: 'a@example.no' }, ...rowsOf(1100).map(({ n }) => ({ n }))].map((row) => JSON.stringify(row)).join('\n'),
  );
  const mail = { name: 'mail', kind: 'emails', input: { to: '{{row.email}}', subject: 'Hello', text: 'x' } };
  const id = await post({ steps: [mail], forEach: { upload } });
  for (let round = 0; round < 2; round += 1) {
    expect((await ended(id, 'failed')).progress).toMatchObject({ done: 1101, failed: 1100 });
    const rows: { row: number; error: { detail: string } }[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const answer = await product.request(`/v1/flows/${id}/rows?limit=100${cursor && `&cursor=${cursor}`}`);
      const page = (await answer.json()) as { rows: typeof rows; cursor: string | null };
      rows.push(...page.rows);
      cursor = page.cursor;
    }
    expect(rows.map(({ row }) => row)).toEqual(Array.from({ length: 1100 }, (_, n) => n + 2));
    const told = rows.filter(({ error }) => error.detail.includes('does not have'));
    expect([told.length >= 1000, told.length < 1100]).toEqual([true, true]);
    if (round === 0) expect((await send('POST', `/v1/flows/${id}/retry`)).status).toBe(202);
  }
}, 200_000);

it('erasing a subject takes the jobs of its rows, and a retry makes none again; that of the flow takes all', async () => {
  hold();
  const step = { ...call('subject'), input: { ...call('subject').input, subject: '{{row.email}}' } };
  const id = await post({ steps: [step], subject: 'shop-7', forEach: { rows: rowsOf(3) } });
  const asked = () => sink.requests.filter(({ path }) => path.startsWith('/subject/'));
  await until('all are under way', () => asked().length === 3);
  expect((await send('DELETE', '/v1/subjects/n1@example.no')).status).toBe(202);
  const left = async () =>
    (await (await product.request('/v1/jobs?subject=n1@example.no')).json()) as { jobs: object[] };
  await until('it is gone', async () => (await left()).jobs.length === 0);
  letGo();
  expect((await ended(id, 'failed')).progress).toMatchObject({ done: 3, failed: 1 });
  expect((await send('POST', `/v1/flows/${id}/retry`)).status).toBe(202);
  expect((await ended(id, 'failed')).progress).toMatchObject({ done: 3, failed: 1 });
  expect([asked().length, (await left()).jobs]).toEqual([3, []]);
  expect((await send('DELETE', '/v1/subjects/shop-7')).status).toBe(200);
  expect(await (await product.request(`/v1/jobs?flow=${id}`)).json()).toMatchObject({ jobs: [] });
}, 120_000);
