import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { CONTRACTS } from '../../../workers/index.ts';
import { KEYS, type Product } from '../product.ts';

/** Makes a pseudo-random source that a seed repeats (mulberry32). */
export function createRandom(seed: number) {
  let state = seed;
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)] as T;
  return { next, pick, chance: (p: number) => next() < p };
}
export type Random = ReturnType<typeof createRandom>;

const NASTY: readonly unknown[] = [
  null,
  true,
  0,
  -1,
  1e308,
  1.5,
  '',
  ' ',
  '\u0000',
  '\r\nX: y',
  '../../etc/passwd',
  '%00',
  '💣',
  'x'.repeat(5000),
  [],
  {},
  [[]],
  { __proto__: null },
  { constructor: 1 },
  ['a', 1],
  'NaN',
  '1e999',
  '2026-13-45',
  'http://[::1',
  'javascript:alert(1)',
  '<script>',
];

/** Makes a value like the one given, with something wrong somewhere. */
export function spoil(value: unknown, random: Random): unknown {
  if (random.chance(0.25)) return random.pick(NASTY);
  if (Array.isArray(value))
    return [...value.map((one) => (random.chance(0.5) ? spoil(one, random) : one)), random.pick(NASTY)];
  if (value === null || typeof value !== 'object') return random.pick(NASTY);
  const entries = Object.entries(value).flatMap(([key, one]) => {
    if (random.chance(0.1)) return [];
    return [[random.chance(0.05) ? `${key}x` : key, random.chance(0.4) ? spoil(one, random) : one]];
  });
  if (random.chance(0.3))
    entries.push([
      random.pick(['__proto__', '', 'x\u0000', 'constructor', 'file', 'a'.repeat(200)]),
      random.pick(NASTY),
    ]);
  return Object.fromEntries(entries);
}

/** A body and its type: a spoilt example, broken JSON, broken multipart, bytes. */
function makeBody(kind: string, random: Random): { body: string | Uint8Array<ArrayBuffer>; type: string } {
  const example = CONTRACTS.find((contract) => contract.kind === kind)?.example ?? {};
  const types = [
    'application/json',
    'text/plain',
    'multipart/form-data',
    'image/png',
    'application/json; charset=utf-7',
    '',
  ];
  switch (Math.floor(random.next() * 5)) {
    case 0:
    case 1:
      return { body: JSON.stringify(spoil(example, random)) ?? '', type: 'application/json' };
    case 2:
      return { body: JSON.stringify(example).slice(0, Math.floor(random.next() * 60)), type: 'application/json' };
    case 3: {
      const lines = [
        '--b',
        `Content-Disposition: form-data; name="${random.pick(['file', 'width', 'x"y', ''])}"; filename="a"`,
        '',
        'abc',
      ];
      const cut = lines.slice(0, 1 + Math.floor(random.next() * lines.length));
      return {
        body: `${cut.join('\r\n')}${random.chance(0.5) ? '\r\n--b--\r\n' : ''}`,
        type: 'multipart/form-data; boundary=b',
      };
    }
    default:
      return {
        body: crypto.getRandomValues(new Uint8Array(Math.floor(random.next() * 300))),
        type: random.pick(types),
      };
  }
}

const HEADERS: readonly [string, readonly string[]][] = [
  ['Idempotency-Key', ['""', 'x'.repeat(300), '"a', 'k']],
  ['Prefer', ['wait=0', 'wait=-1', 'wait=x', 'wait=99999999999999999999', 'respond-async']],
  ['Range', ['bytes=9-1', 'bytes=-', 'lines=1-2', 'bytes=0-0,1-1']],
  ['If-None-Match', ['*', '"', 'W/""']],
  ['Last-Event-ID', ['x', '\t']],
  ['Accept', ['text/html', 'application/xml', 'x', '*/*;q=0']],
  ['Cookie', ['heavylift_session=x.y', 'heavylift_session=', ';;=']],
];

const IDS: readonly string[] = ['img_x', '..%2f', `rep_${'0'.repeat(26)}`, '%E0%A4%A', '💣', 'a'.repeat(3000)];
const QUERIES: readonly string[] = ['limit=x', 'width=0&width=1', 'cursor=%00', 'a[b]=c', 'state=', '%'];

/** One malformed request. */
interface FuzzRequest {
  method: string;
  path: string;
  key: string;
  headers: Record<string, string>;
  /** Absent where the method has none. */
  body?: string | Uint8Array<ArrayBuffer>;
}

/** What came of it: an answer, or why there was none. */
type FuzzAnswer = { status: number; text: string } | { failure: string };

/** A request over one of the documented routes, mostly by one of its own methods. */
function makeRequest(
  templates: readonly string[],
  routes: Readonly<Record<string, Record<string, unknown>>>,
  random: Random,
): FuzzRequest {
  const template = random.pick(templates);
  const method = random.chance(0.8)
    ? random.pick(Object.keys(routes[template] ?? {}))
    : random.pick(['put', 'patch', 'delete', 'post']);
  const path = template.replaceAll(/\{\w+\}/g, () => random.pick(IDS));
  const query = random.chance(0.3) ? `?${random.pick(QUERIES)}` : '';
  const headers: Record<string, string> = {};
  for (const [name, values] of HEADERS) if (random.chance(0.1)) headers[name] = random.pick(values);
  const { body, type } = makeBody(path.split('/')[2] ?? '', random);
  if (type) headers['Content-Type'] = type;
  const key = random.chance(0.1) ? 'nobody' : random.pick(Object.values(KEYS));
  const hasBody = method !== 'get' && method !== 'head';
  return { method, path: `${path}${query}`, key, headers, ...(hasBody ? { body } : {}) };
}

async function send(product: Product, { path, method, ...init }: FuzzRequest): Promise<FuzzAnswer> {
  const signal = AbortSignal.timeout(35_000);
  try {
    const response = await product.request(path, { ...init, method: method.toUpperCase(), redirect: 'manual', signal });
    return { status: response.status, text: await response.text() };
  } catch (thrown) {
    const { message, cause } = thrown as Error;
    return { failure: `${message} ${cause ?? ''}` };
  }
}

const isAcceptance = (answer: FuzzAnswer, { method }: FuzzRequest): boolean =>
  'status' in answer &&
  (answer.status === 202 || (answer.status === 200 && method === 'post' && answer.text.includes('"state"')));

/** One line for each thing that is declared for no answer of a service that is well and has room. */
function findFaults(answer: FuzzAnswer, { method, path }: FuzzRequest): string[] {
  if ('failure' in answer) return [`${method} ${path}: ${answer.failure}`];
  const { status, text } = answer;
  return [
    ...(status >= 500 ? [`${method} ${path}: ${status} ${text.slice(0, 200)}`] : []),
    ...(/node_modules|\.ts:\d+|at [A-Z]\w+\./.test(text)
      ? [`${method} ${path}: tells of its inside: ${text.slice(0, 200)}`]
      : []),
  ];
}

/** Sends so many malformed requests over every documented route, and holds each answer against what is declared. */
export async function fuzz(product: Product, count: number, seed: number): Promise<void> {
  const random = createRandom(seed);
  const document = (await (await product.request('/openapi.json')).json()) as {
    paths: Record<string, Record<string, unknown>>;
  };
  const paths = Object.keys(document.paths);
  let [sent, accepted, uploaded] = [0, 0, 0];
  const faults: string[] = [];

  const one = async () => {
    const request = makeRequest(paths, document.paths, random);
    const answer = await send(product, request);
    if (isAcceptance(answer, request)) accepted += 1;
    if ('status' in answer && answer.status === 201) uploaded += 1;
    faults.push(...findFaults(answer, request));
  };
  const client = async () => {
    while (sent < count) {
      sent += 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));

  expect(faults).toEqual([]);
  expect((await fetch(`${product.url}/readyz`)).status).toBe(200);
  const redis = product.redis.client();
  const waiting = await Promise.all(CONTRACTS.map(({ kind }) => redis.llen(`heavylift:{${kind}}:${kind}:wait`)));
  const delayed = await Promise.all(CONTRACTS.map(({ kind }) => redis.zcard(`heavylift:{${kind}}:${kind}:delayed`)));
  const jobs = [...waiting, ...delayed].reduce((sum, number) => sum + number, 0);
  expect(jobs).toBeLessThanOrEqual(accepted);
  // No request brought a picture: whatever was uploaded is gone, but for files of `/v1/uploads`.
  const files = readdirSync(join(product.dir, 'storage'), { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  // What tells whose deployment it is, and the large inputs of accepted jobs.
  const inputs = files.filter(({ name }) => name === 'input.json' || name === 'inputs.json');
  const uploads = files.filter(({ parentPath }) => parentPath.includes('/upd_'));
  const known = [...inputs, ...uploads];
  const left = files.filter((file) => !file.parentPath.endsWith('deployment') && !known.includes(file));
  expect(left.map(({ name }) => name)).toEqual([]);
  expect(inputs.length).toBeLessThanOrEqual(accepted);
  expect(uploads.length).toBeLessThanOrEqual(uploaded);
}
