import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { recountUsage } from '../../../src/queue/upkeep/recount.ts';
import { jobKey } from '../../../src/redis/keys.ts';
import { runCli } from '../../support/cli.ts';
import { createSinks, type HttpSink } from '../../support/http/http-sink.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';
import { makeXlsx } from '../../support/workbooks/xlsx.ts';

let product: Product;
let sink: HttpSink;
const sinks = createSinks();

beforeAll(async () => {
  sink = await sinks.open();
  const allowed = new URL(sink.url).host;
  product = await startProduct({
    kinds: [['flows', 'emails', 'webhooks', 'calls'], 'reports'],
    env: { WEBHOOKS_ALLOW: allowed, CALLS_ALLOW: allowed, FETCH_ALLOW: allowed, EMAILS_FROM: 'shop@example.no' },
  });
}, 60_000);
afterAll(async () => {
  await product?.close();
  await sinks.close();
});

interface FlowBody {
  id: string;
  state: string;
  steps: { name: string; completed: number; failed: number; skipped: number; cancelled: number; waiting: number }[];
  progress: { done: number; failed: number; total: number };
  error: { code: string; detail: string } | null;
}

const REPORT = {
  name: 'report',
  kind: 'reports',
  input: {
    template: 'document',
    data: { title: 'Orders', blocks: [{ type: 'table', columns: [{ key: 'order' }], rows: { row: 'orders' } }] },
  },
};
const MAIL = {
  name: 'mail',
  kind: 'emails',
  input: {
    to: '{{row.email}}',
    subject: 'Hello {{row.name}}',
    html: '<p>{{row.name}}</p>',
    attachments: [{ filename: 'orders.pdf', step: 'report' }],
  },
};
const rowOf = (name: string, changes: object = {}) => ({
  name,
  email: `${name}@example.no`,
  orders: [{ order: 'A-1' }],
  ...changes,
});

const send = (path: string, body: unknown, { method = 'POST', key = KEYS.kari as string } = {}) =>
  product.request(path, { method, key, headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
const post = async (body: object, key?: string): Promise<FlowBody> => {
  const response = await send('/v1/flows', body, { ...(key && { key }) });
  if (response.status !== 202) throw new Error(await response.text());
  return (await response.json()) as FlowBody;
};
const store = async (body: string | Buffer, key: string = KEYS.kari): Promise<string> => {
  const headers = { 'Content-Type': 'application/octet-stream' };
  const content = typeof body === 'string' ? body : new Uint8Array(body);
  const uploaded = await product.request('/v1/uploads', { method: 'POST', headers, body: content, key });
  return ((await uploaded.json()) as { id: string }).id;
};
const read = async (path: string) => (await product.request(path)).json();
const ended = (id: string, state: string) => product.jobReaches(id, state, 80_000) as unknown as Promise<FlowBody>;
const jobsOf = async (id: string, more = '') =>
  (
    (await (await product.request(`/v1/jobs?flow=${id}${more}`, { key: KEYS.operator })).json()) as {
      jobs: { id: string; kind: string; state: string; flow: object }[];
    }
  ).jobs;

const cli = (...words: string[]) => runCli({ REDIS_URL: product.redis.url, DATA_DIR: product.dir }, ...words);
const createKey = async (name: string, ...limits: string[]) => {
  const made = await cli('keys', 'create', name, '--scopes', 'flows,calls,emails', ...limits);
  return /hl_\S+/.exec(made.stdout)?.[0] ?? '';
};
const storedBy = async (key: string) =>
  ((await (await product.request('/v1/usage', { key })).json()) as { storedBytes: { used: number } }).storedBytes.used;

describe('a flow for each row', () => {
  it('gives each row its jobs, a bad row fails alone, and one webhook tells of the end', async () => {
    const rows = [
      rowOf('kari'),
      rowOf('ola', { email: 'a@example.no, b@example.no' }),
      rowOf('<b>per</b>', { email: 'per@example.no' }),
    ];
    const flow = await post({ steps: [REPORT, MAIL], forEach: { rows }, callbackUrl: `${sink.url}/flow` });
    const failed = await ended(flow.id, 'failed');
    expect(failed).toMatchObject({
      progress: { done: 3, failed: 1, total: 3, percent: 100 },
      steps: [
        { name: 'report', completed: 2, failed: 0, skipped: 1, waiting: 0 },
        { name: 'mail', completed: 2, failed: 1, skipped: 0, waiting: 0 },
      ],
      error: { code: 'flow_failed', detail: expect.stringContaining('row 2, step "mail": to must be') },
    });
    expect(await read(`/v1/flows/${flow.id}/rows`)).toMatchObject({
      rows: [{ row: 2, step: 'mail', job: null }],
      cursor: null,
    });
    const jobs = await jobsOf(flow.id);
    expect(jobs.map(({ state }) => state)).toEqual(['completed', 'completed', 'completed', 'completed']);
    expect(jobs.map((one) => one.flow)).toContainEqual({ id: flow.id, step: 'mail', row: 3 });
    await until('the webhook has come', () => sink.requests.length > 0);
    const told = sink.requests.filter(({ path }) => path === '/flow').map(({ body }) => JSON.parse(body));
    expect(told).toHaveLength(1);
    expect(told[0]).toMatchObject({
      type: 'flow.failed',
      data: { id: flow.id, progress: { failed: 1 }, steps: [{ completed: 2 }, { failed: 1 }] },
    });
  });

  it('reads rows from an upload; a line that is no row fails alone, with its number; the jobs go with the flow', async () => {
    const lines = [JSON.stringify(rowOf('kari')), '', '{"name":', JSON.stringify(rowOf('per'))].join('\n');
    const upload = await store(lines);
    const flow = await post({ steps: [REPORT, MAIL], forEach: { upload } });
    await ended(flow.id, 'failed');
    expect(await read(`/v1/flows/${flow.id}/rows`)).toMatchObject({
      rows: [{ row: 3, error: { detail: expect.stringContaining('Line 3 is no JSON') } }],
    });
    const [job] = await jobsOf(flow.id, '&kind=reports');
    expect((await send(`/v1/flows/${flow.id}`, undefined, { method: 'DELETE' })).status).toBe(204);
    expect((await product.request(`/v1/jobs/${job?.id}`)).status).toBe(404);
    expect((await product.request(`/v1/flows/${flow.id}`)).status).toBe(404);
  });

  it('is strict where it is asked to be: nothing is begun', async () => {
    const flow = await post({ steps: [MAIL_ALONE], strict: true, forEach: { rows: [rowOf('kari'), { name: 'ola' }] } });
    const failed = await ended(flow.id, 'failed');
    expect(failed.error?.detail).toContain('1 of 2 rows can not be used, and nothing was begun');
    expect(await jobsOf(flow.id)).toEqual([]);
  });

  it('judges what the jobs of a row name before the first of them is made, and of all rows where it is strict', async () => {
    const file = await store('{}');
    const rows = [{ file }, { file: `upd_${'0'.repeat(26)}` }];
    const attachments = [{ filename: 'a.json', upload: { row: 'file' } }];
    const input = { to: 'kari@example.no', subject: 'x', text: 'x' };
    const steps = [
      { name: 'first', kind: 'emails', input },
      { name: 'second', kind: 'emails', input: { ...input, attachments } },
    ];
    const [lenient, strict] = await Promise.all([
      post({ steps, forEach: { rows } }),
      post({ steps, strict: true, forEach: { rows } }),
    ]);
    await Promise.all([ended(lenient.id, 'failed'), ended(strict.id, 'failed')]);
    expect((await jobsOf(lenient.id)).map((job) => job.flow)).toMatchObject([{ row: 1 }, { row: 1 }]);
    expect(await read(`/v1/flows/${lenient.id}/rows`)).toMatchObject({ rows: [{ row: 2, step: 'second', job: null }] });
    expect(await jobsOf(strict.id)).toEqual([]);
  });
});

const MAIL_ALONE = { name: 'mail', kind: 'emails', input: { to: '{{row.email}}', subject: 'Hello', text: 'x' } };
const CALL = (path: string) => ({
  name: 'numbers',
  kind: 'calls',
  input: { url: `${sink.url}${path}`, retry: { max: 1 } },
});

describe('rows of a table, and of an address', () => {
  /** Has each row sent on, and lists what came by the number of its row. */
  const sent = async (forEach: object, path: string, state = 'completed') => {
    const json = { row: { row: 'id' }, name: '{{row["Full name"] | default: "nobody"}}', n: { row: 'n' } };
    const steps = [{ ...CALL(path), input: { ...CALL(path).input, json } }];
    const flow = await post({ steps, forEach });
    const done = await ended(flow.id, state);
    const rows = (await jobsOf(flow.id)).map((job) => (job.flow as { row: number }).row);
    const bodies = sink.requests.filter((one) => one.path === path).map(({ body }) => JSON.parse(body));
    return {
      done,
      rows: rows.toSorted(),
      bodies: bodies.toSorted((one, other) => String(one.row).localeCompare(other.row)),
    };
  };

  it('have the numbers of the lines that they end in; what is no table says so, and nothing is begun', async () => {
    sink.script = (res) => res.writeHead(200).end();
    const csv = 'id;Full name;n\na;"Nordmann,\n""Kari""";1\n;;\nb;;2,5\nc;Ola\nd;Per;2;50\n';
    const cell = (value: string | number) =>
      typeof value === 'number' ? `<c><v>${value}</v></c>` : `<c t="inlineStr"><is><t>${value}</t></is></c>`;
    const sheet = (...rows: (string | number)[][]) =>
      rows.map((row, at) => `<row r="${at + 1}">${row.map(cell).join('')}</row>`).join('');
    const sheets = [
      { name: 'Cover', rows: sheet(['Report']) },
      { name: 'People', rows: sheet(['id', 'Full name', 'n'], ['a', 'Kari', 249], ['b', 'Ola', 2.5]) },
    ];
    const deep = `{"id":"c","Full name":"Per","n":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
    const first = JSON.stringify({ id: 'a', 'Full name': 'Kari', n: [1, { x: 12345678901234567890n.toString() }] });
    // All in one line.
    const list = `[${first},{"id":"b","Full name":"Ola","n":5},${deep}]`;
    const uploads = await Promise.all([
      store(csv),
      store(await makeXlsx({ sheets })),
      store(list),
      store('%PDF-1.7 x'),
    ]);
    const [table, book, json, pdf] = uploads.map((upload) => ({ upload }));
    const found = await Promise.all([
      sent(table as object, '/csv', 'failed'),
      sent({ ...book, sheet: 'People' }, '/xlsx'),
      sent(json as object, '/json', 'failed'),
      sent(pdf as object, '/pdf', 'failed'),
    ]);
    expect(found.map(({ rows, bodies }) => [rows, bodies.map(({ name, n }) => [name, n])])).toEqual([
      [
        [3, 5, 6],
        [
          ['Nordmann,\n"Kari"', '1'],
          ['nobody', '2,5'],
          ['Ola', ''],
        ],
      ],
      [
        [2, 3],
        [
          ['Kari', 249],
          ['Ola', 2.5],
        ],
      ],
      [
        [1, 2],
        [
          ['Kari', [1, { x: '12345678901234567890' }]],
          ['Ola', 5],
        ],
      ],
      [[], []],
    ]);
    expect(found.map(({ done }) => done.error?.detail ?? null)).toEqual([
      expect.stringMatching(/^1 of 4 rows failed.*Line 7 has more cells than the header has names/),
      null,
      expect.stringMatching(/^1 of 3 rows failed.*Line 3 (?:is|must be|must) .*nested/),
      expect.stringContaining('is a PDF'),
    ]);
    expect(found[3].done.error?.code).toBe('flow_failed');
  });

  it('are fetched once, from hosts that the settings name, tried again where that may help; a retry has the same', async () => {
    let asked = 0;
    sink.script = (res, { path }) => {
      if (path !== '/people?of=2026-10') return res.writeHead(path === '/bad' ? 500 : 200).end();
      asked += 1;
      return asked === 1 ? res.writeHead(503).end() : res.writeHead(200).end('{"id":"a","n":1}\n{"id":"b","n":2}\n');
    };
    const url = `${sink.url}/people?of=2026-10`;
    const { done, rows, bodies } = await sent({ url }, '/fetched');
    expect([done.progress.total, rows, bodies.map(({ row }) => row), asked]).toEqual([2, [1, 2], ['a', 'b'], 2]);
    const flow = await post({ steps: [CALL('/bad')], forEach: { url } });
    expect((await ended(flow.id, 'failed')).progress).toMatchObject({ failed: 2, total: 2 });
    expect(asked).toBe(3);
    sink.script = (res) => res.writeHead(200).end('');
    await send(`/v1/flows/${flow.id}/retry`, undefined);
    expect((await ended(flow.id, 'completed')).progress).toMatchObject({ done: 2, failed: 0, total: 2 });

    const [empty, elsewhere] = await Promise.all([
      post({ steps: [CALL('/none')], forEach: { url: `${sink.url}/empty` } }),
      post({ steps: [CALL('/none')], forEach: { url: 'http://127.0.0.1:9/rows' } }),
    ]);
    expect((await ended(empty.id, 'completed')) as object).toMatchObject({ result: { rows: 0 } });
    expect((await ended(elsewhere.id, 'failed')).error?.detail).toContain('Nothing was begun');
  });

  it('count as their caller’s while the flow is there: once, whoever counts; where there is no room for them nothing is kept', async () => {
    const key = await createKey('small', '--max-stored', '2MB');
    const rows = `${JSON.stringify({ id: 'a', text: 'x'.repeat(700_000) })}\n`.repeat(2);
    let sent = 0;
    sink.script = (res, { path }) => {
      if (path === '/two') return res.writeHead(200).end(rows);
      if (path !== '/endless') return res.writeHead(200).end();
      const more = (): void => {
        while (!res.destroyed && res.write(rows)) sent += rows.length;
      };
      res.writeHead(200).on('drain', more);
      return more();
    };
    const begin = async (forEach: object, state: string) =>
      ended((await post({ steps: [CALL('/kept')], forEach }, key)).id, state);
    const refused = await begin({ url: `${sink.url}/endless` }, 'failed');
    expect(refused.error).toMatchObject({
      code: 'flow_failed',
      detail: expect.stringMatching(
        /^The rows have no room: The key "small" has 0 bytes in storage, and 2000000 is .* Nothing was begun\.$/,
      ),
    });
    expect(sent).toBeLessThan(100_000_000);
    expect(await storedBy(key)).toBe(0);

    const flow = await begin({ url: `${sink.url}/two` }, 'completed');
    expect(await storedBy(key)).toBe(rows.length);
    const redis = product.redis.client();
    await redis.hdel(jobKey('flows', flow.id), 'usage');
    // The first time counts the flow, the second adds up.
    for (let times = 0; times < 2; times += 1) await recountUsage(redis, 'flows');
    expect(await storedBy(key)).toBe(rows.length);

    // Of 13 KB it is more than 2 MB of rows.
    const table = await store(`${'n'.repeat(1000)}\n${'1\n'.repeat(3000)}`, key);
    const before = await storedBy(key);
    expect((await begin({ upload: table }, 'failed')).error?.detail).toContain('The rows have no room: ');
    const later = await begin({ url: `${sink.url}/two` }, 'failed');
    expect(later.error?.detail).toContain(`has ${before} bytes`);
    expect(await storedBy(key)).toBe(before);
    expect((await send(`/v1/flows/${flow.id}`, undefined, { method: 'DELETE', key })).status).toBe(204);
    expect(await storedBy(key)).toBe(before - rows.length);
    expect((await send(`/v1/flows/${later.id}/retry`, undefined, { key })).status).toBe(202);
    await ended(later.id, 'completed');
    expect(await storedBy(key)).toBe(before);
  });

  it.each<[what: string, forEach: object, pointer: string, detail: string]>([
    [
      'an example that lacks a value',
      { url: 'https://x.example/', example: { name: 'x' } },
      '/steps/0/input/to',
      'does not have',
    ],
    ['an address that is none', { url: 'people.csv' }, '/forEach/url', 'must be a whole URL'],
    ['two sources', { url: 'https://x.example/', rows: [{}] }, '/forEach', 'must have one of upload, url and rows'],
    ['a sheet of rows', { rows: [{ email: 'a@x.no' }], sheet: 1 }, '/forEach/sheet', 'goes with upload or url'],
  ])('are refused for %s, at its field', async (_what, forEach, pointer, detail) => {
    const response = await send('/v1/flows', { steps: [MAIL_ALONE], forEach });
    expect(response.status).toBe(400);
    const { errors } = (await response.json()) as { errors: object[] };
    expect(errors).toContainEqual({ pointer, detail: expect.stringContaining(detail) });
  });
});

describe('a flow for one', () => {
  it('hands an answer on; a step that fails stops what needs it, says why, and is done again alone', async () => {
    let status = 500;
    sink.script = (res) => res.writeHead(status, { 'Content-Type': 'text/csv' }).end('order\nA-1\n');
    const report = {
      name: 'report',
      kind: 'reports',
      input: { template: 'document', data: { title: 'T', blocks: [{ type: 'table', rows: { step: 'numbers' } }] } },
    };
    const other = { name: 'other', kind: 'emails', input: { to: 'kari@example.no', subject: 'Hello', text: 'x' } };
    const flow = await post({ steps: [report, CALL('/numbers'), other] });
    const failed = await ended(flow.id, 'failed');
    expect(failed.error?.detail).toContain('A step failed. The first is step "numbers": ');
    expect(failed.steps).toMatchObject([
      { name: 'report', skipped: 1 },
      { name: 'numbers', failed: 1 },
      { name: 'other', completed: 1 },
    ]);
    const [skipped] = (await jobsOf(flow.id, '&kind=reports')) as { id: string }[];
    expect(await read(`/v1/jobs/${skipped?.id}`)).toMatchObject({
      error: { detail: expect.stringContaining('the step "numbers", which failed: ') },
    });
    status = 200;
    expect((await send(`/v1/flows/${flow.id}/retry`, undefined)).status).toBe(202);
    const done = await ended(flow.id, 'completed');
    expect(done.steps).toMatchObject([{ completed: 1, skipped: 0 }, { completed: 1, failed: 0 }, { completed: 1 }]);
    expect(sink.requests.filter(({ path }) => path === '/numbers')).toHaveLength(2);
  });

  it('is cancelled: its running jobs stop, no row is begun after, and it can be gone on with', async () => {
    sink.script = () => {};
    const rows = Array.from({ length: 150 }, (_, index) => ({ n: index }));
    const flow = await post({ steps: [CALL('/hangs/{{row.n}}')], forEach: { rows } });
    await until('some are under way', () => sink.open > 0);
    expect((await send(`/v1/flows/${flow.id}/cancel`, undefined)).status).toBe(202);
    const begun = (await jobsOf(flow.id, '&limit=100')).length;
    const cancelled = await ended(flow.id, 'cancelled');
    const left = Number(/(\d+) of 150 rows were not begun/.exec(cancelled.error?.detail ?? '')?.[1]);
    // Ten are begun together: those that were being begun meanwhile.
    expect(left).toBeGreaterThanOrEqual(150 - begun - 10);
    expect(await jobsOf(flow.id, '&state=active')).toEqual([]);
    sink.script = (res) => res.writeHead(200).end();
    await send(`/v1/flows/${flow.id}/retry`, undefined);
    expect((await ended(flow.id, 'completed')).steps).toMatchObject([{ completed: 150, cancelled: 0 }]);
  });

  it('ends after the rows that are under way where its rows are gone', async () => {
    let letGo = () => {};
    const free = new Promise<void>((resolve) => {
      letGo = resolve;
    });
    sink.script = (res) => void free.then(() => res.writeHead(200).end());
    const upload = await store(Array.from({ length: 101 }, (_, n) => JSON.stringify({ n })).join('\n'));
    // However long it takes to begin a hundred, none of the first has waited for too long by then.
    const { input, ...step } = CALL('/gone/{{row.n}}');
    const flow = await post({ steps: [{ ...step, input: { ...input, timeout: '5m' } }], forEach: { upload } });
    await until('all that may are there', async () => (await jobsOf(flow.id, '&limit=100')).length === 100);
    await send(`/v1/uploads/${upload}`, undefined, { method: 'DELETE' });
    letGo();
    const failed = await ended(flow.id, 'failed');
    expect(failed.progress).toMatchObject({ done: 100, failed: 0, total: 101 });
    expect(failed.error?.detail).toContain('is gone. 1 of 101 rows were not begun');
  });

  it('does again what a limit had left begun in part when it was cancelled', async () => {
    sink.script = () => {};
    const key = await createKey('few', '--max-waiting', '4');
    const attachments = [{ filename: 'a.csv', step: 'numbers' }];
    const mail = { ...MAIL_ALONE, input: { to: 'kari@example.no', subject: 'x', text: 'x', attachments } };
    const rows = Array.from({ length: 8 }, (_, n) => ({ n }));
    const flow = await post({ steps: [CALL('/few/{{row.n}}'), mail], forEach: { rows } }, key);
    await until('some are under way', () => sink.open > 0);
    // What runs of it had failed by before is forgotten once one has done its work.
    await product.redis.client().hset(jobKey('flows', flow.id), 'runs', 9);
    await send(`/v1/flows/${flow.id}/cancel`, undefined, { key });
    await ended(flow.id, 'cancelled');
    sink.script = (res) => res.writeHead(200).end('order\nA-1\n');
    await send(`/v1/flows/${flow.id}/retry`, undefined, { key });
    const done = await ended(flow.id, 'completed');
    expect(done).toMatchObject({ steps: [{ completed: 8 }, { completed: 8 }], attempts: { made: 1 } });
  });

  it('a row that is more than its key may ever have fails alone, and at once; so do those behind a revoked key', async () => {
    sink.script = (res) => res.writeHead(200).end();
    const key = await createKey('tiny', '--max-waiting-bytes', '500000');
    const { name, kind, input } = CALL('/tiny');
    const steps = [{ name, kind, input: { ...input, json: { row: 'text' } } }];
    const texts = ['a', 'b'.repeat(600_000), 'c'].map((text) => JSON.stringify({ text })).join('\n');
    const upload = await store(texts, key);
    const flow = await post({ steps, forEach: { upload } }, key);
    const failed = await ended(flow.id, 'failed');
    expect([failed.progress, failed.error?.detail]).toEqual([
      expect.objectContaining({ done: 3, failed: 1, total: 3 }),
      expect.stringContaining('row 2, step "numbers": The key "tiny" has'),
    ]);
    // Slowly enough that rows are left when the revocation is known, within seconds.
    sink.script = (res) => void setTimeout(() => res.writeHead(200).end(), 500);
    const rows = Array.from({ length: 500 }, (_, n) => ({ n }));
    const revoked = await post({ steps: [CALL('/revoked/{{row.n}}')], forEach: { rows } }, key);
    await until('some are under way', () => sink.requests.some(({ path }) => path.startsWith('/revoked')));
    await cli('keys', 'revoke', 'tiny');
    const stopped = await ended(revoked.id, 'failed');
    const [, left] =
      /^The key that posted the flow was revoked\. (\d+) of 500 rows/.exec(stopped.error?.detail ?? '') ?? [];
    expect([stopped.progress.failed, stopped.progress.done]).toEqual([0, 500 - Number(left)]);
  });

  it.each<[what: string, body: object, pointer: string, detail: string]>([
    [
      'a step that is not there',
      { steps: [{ ...MAIL, input: { ...MAIL.input, to: 'a@example.no', html: 'x', subject: 'x' } }] },
      '/steps/0/input/attachments/0/step',
      'names no step',
    ],
    [
      'a kind that there is not',
      { steps: [{ name: 'a', kind: 'dances', input: {} }] },
      '/steps/0/kind',
      'must be images, reports',
    ],
    [
      'what its kind refuses',
      { steps: [{ name: 'a', kind: 'emails', input: { to: 'x', text: 'x', subject: 'x' } }] },
      '/steps/0/input/to',
      'must be one address',
    ],
    [
      'a value that the row has not',
      { steps: [MAIL_ALONE], forEach: { rows: [{ name: 'kari' }] } },
      '/steps/0/input/to',
      'which the row does not have',
    ],
    ['two of a name', { steps: [MAIL_ALONE, MAIL_ALONE] }, '/steps/1/name', 'must be used once'],
  ])('is refused for %s, at its field', async (_what, body, pointer, detail) => {
    const response = await send('/v1/flows', body);
    expect(response.status).toBe(400);
    expect(((await response.json()) as { errors: object[] }).errors).toContainEqual({
      pointer,
      detail: expect.stringContaining(detail),
    });
  });
});

it('asks for no job that its key may not post any more', async () => {
  await product.workers[0]?.stop();
  const flow = await post({ steps: [MAIL_ALONE], forEach: { rows: [rowOf('kari')] } });
  product.startWorker(['flows', 'emails', 'webhooks', 'calls'], { API_KEYS: `kari:${KEYS.kari}:flows+calls` });
  const failed = await ended(flow.id, 'failed');
  expect(failed.error?.detail).toContain('The key that posted the flow lacks the scope "emails" now. 1 of 1 rows');
  expect(await jobsOf(flow.id)).toEqual([]);
});
