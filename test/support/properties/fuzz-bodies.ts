import { readFileSync } from 'node:fs';
import { deflateSync, gzipSync } from 'node:zlib';
import { expect } from '@jest/globals';
import { CONTRACTS, KINDS } from '../../../workers/index.ts';
import { KEYS, type Product } from '../product.ts';
import { createRandom, type Random, spoil } from './fuzz.ts';

interface Body {
  type: string;
  body: string | Uint8Array<ArrayBuffer>;
  encoding?: string;
}

/** A route that takes a body, with a body that it takes. */
interface Target {
  method: string;
  path: string;
  example: Record<string, unknown>;
}

/** Mostly short, now and then of the sizes at which bodies are read otherwise. */
function someSize(random: Random): number {
  const draw = random.next();
  if (draw < 0.9) return Math.floor(random.next() * 200);
  if (draw < 0.99) return Math.floor(random.next() * 5000);
  return draw < 0.9995 ? Math.floor(random.next() * 100_000) : 1_000_000;
}

const repeat = (text: string, count: number): string => Array.from({ length: count }, () => text).join(',');

/** JSON texts of one shape, as many of it as there may be: what takes more to read than to write. */
const SHAPES: ((count: number, random: Random) => string)[] = [
  (count) => `[${repeat('1', count)}]`,
  (count) => `[${repeat('{}', count)}]`,
  (count) => `[${repeat('[]', count)}]`,
  (count) => `[${repeat('null', count)}]`,
  (count) => `[${repeat('"kari@example.no"', count)}]`,
  (count) => `[${repeat('{"type":"text","text":1,"x":null}', count)}]`,
  (count) => `[${repeat('{"name":"x","address":null}', count)}]`,
  (count) => `{${Array.from({ length: count }, (_, index) => `"n${index}":null`).join(',')}}`,
  (count) => `{${Array.from({ length: count }, (_, index) => `"${index * 65_536}":1`).join(',')}}`,
  (count) => `${'['.repeat(count)}${']'.repeat(count)}`,
  (count) => `${'{"a":'.repeat(count)}1${'}'.repeat(count)}`,
  (count) => `"${'\\ud800'.repeat(count)}"`,
  (count) => `"${'cid:<img src='.repeat(count)}"`,
  (count) => `"${'a.'.repeat(count)}@example.no"`,
  (count) => `{"${'k'.repeat(count)}":1}`,
  (count) => `-${'9'.repeat(count)}e-${count}`,
  (count, random) => JSON.stringify(random.pick(['x', '\u0000', '💣', '\r\n', '{{', '</'])).repeat(1 + (count % 2)),
];

/** Puts a shape into the place of some field of the example, at whatever depth, or beside it. */
function withShape(example: unknown, random: Random): string {
  const shape = random.pick(SHAPES)(someSize(random), random);
  const mark = '\u0001shape\u0001';
  const place = (value: unknown): unknown => {
    if (Array.isArray(value) && value.length > 0 && random.chance(0.7)) {
      const at = Math.floor(random.next() * value.length);
      return value.map((one, index) => (index === at ? place(one) : one));
    }
    if (value === null || typeof value !== 'object' || random.chance(0.2)) return mark;
    const names = [...Object.keys(value), random.pick(NAMES)];
    const name = random.pick(names);
    return { ...value, [name]: place((value as Record<string, unknown>)[name]) };
  };
  return JSON.stringify(place(example)).replace(JSON.stringify(mark), () => shape);
}

/** Fields of all kinds, which examples lack. */
const NAMES = (
  'to cc bcc from replyTo headers variables attachments metadata tags subject data rows columns totals charts blocks series ' +
  'renditions source watermark crop position lines seller buyer items categories values messages suppressions runAt locale ' +
  'page password profile template html markdown messageStream unsubscribeUrl callbackUrl __proto__ constructor toString'
).split(' ');

/** Characters of a form, above every limit of a body that is read whole. */
const MOST_FORM = 60_000_000;

/** A multipart form with parts that hardly fit together. */
function makeForm(example: Record<string, unknown>, random: Random): Body {
  const fields = Object.entries(example).map(([name, value]) => [name, JSON.stringify(value)] as const);
  const many = Array.from({ length: random.chance(0.2) ? someSize(random) % 100_000 : 2 }, () => {
    const name = random.pick(['file', 'report', 'tags[]', 'metadata[a]', 'crop[left]', 'x'.repeat(120), '', '"']);
    return [name, random.pick(['1', '{"a":', '[[', withShape(example, random).slice(0, 200_000)])] as const;
  });
  let body = random.chance(0.1) ? 'x'.repeat(someSize(random)) : '';
  for (const [name, text] of [...fields, ...many]) {
    if (body.length > MOST_FORM) break;
    const file = random.chance(0.2) ? '; filename="a.png"' : '';
    const headers = random.chance(0.05) ? `X-Long: ${'x'.repeat(someSize(random))}\r\n` : '';
    body += `--b\r\nContent-Disposition: form-data; name="${name}"${file}\r\n${headers}\r\n${text}\r\n`;
  }
  body += '--b--\r\n';
  return { type: 'multipart/form-data; boundary=b', body: cut(body, random) };
}

const makeUrlencoded = (example: Record<string, unknown>, random: Random): Body => {
  const pair = () =>
    `${encodeURIComponent(random.pick([...NAMES, ...Object.keys(example)]))}=${random.pick(['1', '%', '%00', '[', 'x'])}`;
  return {
    type: 'application/x-www-form-urlencoded',
    body: Array.from({ length: someSize(random) % 3000 }, pair).join('&'),
  };
};

const cut = (text: string, random: Random): string =>
  random.chance(0.05) ? text.slice(0, Math.floor(random.next() * text.length)) : text;

/** Bytes in which some are others. */
function damage(text: string, random: Random): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(Buffer.from(text));
  for (let count = 1 + Math.floor(random.next() * 4); count > 0; count -= 1) {
    bytes[Math.floor(random.next() * bytes.length)] = Math.floor(random.next() * 256);
  }
  return bytes;
}

function makeBody({ example }: Target, random: Random): Body {
  const json = (body: Body['body'], encoding?: string): Body => ({
    type: random.chance(0.05) ? 'application/problem+json; charset=utf-8' : 'application/json',
    body,
    ...(encoding === undefined ? {} : { encoding }),
  });
  const draw = random.next();
  if (draw < 0.3) return json(JSON.stringify(spoil(example, random)) ?? '');
  if (draw < 0.65) return json(cut(withShape(example, random), random));
  if (draw < 0.75) return json(damage(JSON.stringify(example), random));
  if (draw < 0.8) return json(new Uint8Array(gzipSync(withShape(example, random))), 'gzip');
  if (draw < 0.82)
    return json(new Uint8Array(deflateSync(withShape(example, random))), random.pick(['br', 'gzip', 'deflate', 'x']));
  if (draw < 0.92) return makeForm(example, random);
  return makeUrlencoded(example, random);
}

/** Every documented route that takes a body, and every form of the pages. */
async function findTargets(product: Product): Promise<Target[]> {
  const { paths } = (await (await product.request('/openapi.json')).json()) as {
    paths: Record<string, Record<string, { requestBody?: unknown }>>;
  };
  const documented = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { requestBody }]) => requestBody !== undefined)
      .map(([method]) => ({ method, path: path.replaceAll(/\{\w+\}/g, 'kari@example.no'), example: exampleOf(path) })),
  );
  const forms = KINDS.flatMap(({ page, contract }) =>
    (page.forms ?? []).map(({ path }) => ({ method: 'post', path, example: contract.example })),
  );
  return [...documented, ...forms, { method: 'post', path: '/login', example: { key: 'x' } }];
}

function exampleOf(path: string): Record<string, unknown> {
  const [, , kind, batch] = path.split('/');
  const contract = CONTRACTS.find((one) => one.kind === kind);
  if (contract?.batch && batch === contract.batch.path) {
    return { [contract.batch.field]: [contract.example, contract.example] };
  }
  return contract?.example ?? { suppressions: [{ address: 'kari@example.no', reason: 'manual' }], reason: 'manual' };
}

/** What a run of the fuzzer saw of the web process. */
export interface FuzzFigures {
  sent: number;
  byStatus: Record<string, number>;
  /** The most memory that it had at a time. */
  peakRssMb: number;
  /** The longest that its event loop stood still. */
  loopLagMs: number;
}

/**
 * Sends so many generated and mutated bodies over every route that takes one; expects that none of them is answered by a
 * 5xx (but for a Redis that is away) or by nothing, and that the web process lives through all.
 */
export async function fuzzBodies(product: Product, count: number, seed: number): Promise<FuzzFigures> {
  const random = createRandom(seed);
  const targets = await findTargets(product);
  // How long it stood still while it started is no caller's doing.
  const before = product.web.output().length;
  const faults: string[] = [];
  const byStatus: Record<string, number> = {};
  let sent = 0;
  const one = async () => {
    const target = random.pick(targets);
    const { type, body, encoding } = makeBody(target, random);
    const query = random.chance(0.02) ? `?${'a=1&'.repeat(Math.min(someSize(random), 3000))}` : '';
    const headers = { 'Content-Type': type, ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }) };
    const method = target.method.toUpperCase();
    const said = `${method} ${target.path} ${type} ${Buffer.from(body).subarray(0, 300).toString()}`;
    try {
      const init = {
        method,
        body,
        headers,
        key: random.chance(0.9) ? KEYS.kari : random.pick(Object.values(KEYS)),
        redirect: 'manual' as const,
      };
      const response = await product.request(`${target.path}${query}`, init);
      const answer = await response.text();
      byStatus[response.status] = (byStatus[response.status] ?? 0) + 1;
      // A Redis that a busy machine keeps from answering within a second is told as what it is.
      const isAway = response.status === 503 && answer.includes('"queue_unavailable"');
      if (response.status >= 500 && !isAway) faults.push(`${response.status} ${answer.slice(0, 200)}: ${said}`);
      if (answer.length > 200_000 + 10 * body.length) faults.push(`an answer of ${answer.length} characters: ${said}`);
    } catch (error) {
      faults.push(`${error} ${(error as Error).cause}: ${said}`);
    }
  };
  const client = async () => {
    while (sent < count && faults.length < 20) {
      sent += 1;
      await one();
    }
  };
  await Promise.all(Array.from({ length: 8 }, client));
  expect(faults).toEqual([]);
  const status = readFileSync(`/proc/${product.web.pid}/status`, 'utf8');
  const lags = [
    ...product.web
      .output()
      .slice(before)
      .matchAll(/"loopLagMs":(\d+)/g),
  ].map(([, lag]) => Number(lag));
  return {
    sent,
    byStatus,
    peakRssMb: Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1000),
    loopLagMs: lags.reduce((most, lag) => Math.max(most, lag), 0),
  };
}
