import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const KEY = `Bearer ${KEYS.kari}`;
const LIMIT = 1_000_000;

let product: Product;
beforeAll(async () => {
  product = await startProduct({ env: { IMAGES_MAX_BYTES: String(LIMIT), JSON_MAX_BYTES: String(LIMIT) } });
});
afterAll(() => product.close());

/** A connection on which a test writes and reads as it likes. */
interface Line {
  socket: Socket;
  text(): string;
}

async function open(head: Record<string, string | number>, path = '/v1/images?width=10'): Promise<Line> {
  const { hostname, port } = new URL(product.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'connect');
  const lines = Object.entries({ Host: hostname, ...head }).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.write(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  return { socket, text: () => text };
}

const LARGE = 3 * LIMIT;
/** The refusals that the head of a request is enough for. */
const REFUSED: [string, Record<string, string | number>, string, string][] = [
  [
    'a key that is not known',
    { Authorization: 'Bearer nope', 'Content-Length': LARGE },
    '401',
    'The API key is not known.',
  ],
  [
    'another type',
    { Authorization: KEY, 'Content-Type': 'text/plain', 'Content-Length': LIMIT },
    '415',
    'The Content-Type must be',
  ],
  [
    'a length over the limit',
    { Authorization: KEY, 'Content-Type': 'image/jpeg', 'Content-Length': LARGE },
    '413',
    'limit of 1 MB',
  ],
  [
    'JSON over the limit',
    { Authorization: KEY, 'Content-Type': 'application/json', 'Content-Length': LARGE },
    '413',
    `limit of ${LIMIT} bytes`,
  ],
];

describe('Expect: 100-continue', () => {
  it.each(REFUSED)('%s: refused by the head alone', async (_what, head, status, sentence) => {
    const line = await open({ ...head, Expect: '100-continue' });
    await until('the refusal', () => line.text().includes(sentence));
    expect(line.text()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(line.text()).not.toContain('100 Continue');
    line.socket.destroy();
  });

  it('nothing against it: 100 before the body, then 202', async () => {
    const body = '{"data":{"title":"T"}}';
    const head = { Authorization: KEY, 'Content-Type': 'application/json', 'Content-Length': body.length };
    const line = await open({ ...head, Expect: '100-continue' }, '/v1/reports');
    await until('the server wants the body', () => line.text() === 'HTTP/1.1 100 Continue\r\n\r\n');
    line.socket.write(body);
    await until('it is accepted', () => line.text().includes('HTTP/1.1 202 Accepted'));
    line.socket.destroy();
  });

  it('a route that reads no body: its answer, without 100', async () => {
    const head = { Authorization: KEY, 'Content-Length': 10, Expect: '100-continue' };
    const line = await open(head, `/v1/jobs/img_${'0'.repeat(26)}/cancel`);
    await until('the answer', () => line.text().includes('There is no job'));
    expect(line.text()).toMatch(/^HTTP\/1.1 404 /);
    line.socket.destroy();
  });
});

describe('an upload that is refused early', () => {
  it('who writes all before reading gets the answer, whatever the refusal', async () => {
    await Promise.all(REFUSED.map(([, head, status, sentence]) => writeAllBeforeReading(head, status, sentence)));
  });

  it('who sends nothing more is cut off', async () => {
    const line = await open({ Authorization: 'Bearer nope', 'Content-Length': LARGE });
    await until('the refusal', () => line.text().includes('not known'));
    await until('the end of the connection', () => line.socket.closed || line.socket.readableEnded);
  });
});

async function writeAllBeforeReading(head: Record<string, string | number>, status: string, sentence: string) {
  const line = await open(head);
  await until('the refusal', () => line.text().includes(sentence));
  // For longer than a connection without a byte is kept, in pieces.
  const piece = Buffer.alloc(Number(head['Content-Length']) / 20);
  for (let sent = 0; sent < 20; sent += 1) {
    line.socket.write(piece);
    await delay(300);
  }
  expect(line.socket.destroyed).toBe(false);
  expect(line.text()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  // The whole was taken: the connection serves the next request.
  line.socket.write('GET /livez HTTP/1.1\r\nHost: x\r\n\r\n');
  await until('the next answer', () => line.text().includes('{"status":"ok"}'));
  line.socket.destroy();
}
