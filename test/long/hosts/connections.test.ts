import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KEYS, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
beforeAll(async () => {
  const limits = { MAX_CONNECTIONS: '30', MAX_UPLOADS_PER_CALLER: '1', MAX_UPLOADS_PER_ADDRESS: '2' };
  product = await startProduct({ env: limits });
});
afterAll(() => product.close());

/** A connection on which a test writes and reads as it likes. */
interface Line {
  socket: Socket;
  text(): string;
  isOver(): boolean;
}

async function open(...texts: string[]): Promise<Line> {
  const { hostname, port } = new URL(product.url);
  const socket = connect(Number(port), hostname);
  let text = '';
  socket.on('data', (chunk) => (text += chunk)).on('error', () => {});
  await once(socket, 'connect');
  for (const one of texts) socket.write(one);
  return { socket, text: () => text, isOver: () => socket.closed || socket.readableEnded };
}

const headOf = (key: string, length: number, more = '', path = '/v1/reports', type = 'application/json') =>
  `POST ${path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${key}\r\nContent-Type: ${type}\r\n` +
  `Content-Length: ${length}\r\n${more}\r\n`;
const isUp = async () => (await fetch(`${product.url}/livez`)).ok;
const REPORT = `{"data":{"title":"T","subtitle":"${'x'.repeat(400)}"},"tags":[${' '.repeat(100_000)}]}`;

describe('connections', () => {
  it('without a byte, with half a head, with a body that hardly comes: each is ended, and answered where it asked', async () => {
    const silent = await open();
    const half = await open('GET /livez HTTP/1.1\r\nHost: x\r\n');
    const small = await open(headOf(KEYS.ola, 100, '', '/v1/images'), '{');
    const large = await open(headOf(KEYS.kari, 200_000), '{');
    const upload = await open(headOf(KEYS.kari, 50_000, '', '/v1/images', 'image/jpeg'), 'x');
    const dripping = [small, large, upload].map(({ socket }) => setInterval(() => socket.write(' '), 1000));
    const lines = { silent, half, small, large, upload };
    for (const [name, { isOver }] of Object.entries(lines))
      await until(`${name} is ended`, isOver, { timeoutMs: 40_000 });
    for (const timer of dripping) clearInterval(timer);
    expect(half.text()).toMatch(/^HTTP\/1.1 408 /);
    for (const { text } of [small, large, upload]) {
      expect(text()).toMatch(/^HTTP\/1.1 408 /);
      expect(text()).toContain('"detail":"The body came too slowly: 1000 bytes a second at least');
    }
    expect(await isUp()).toBe(true);
  });

  it('more than there is room for: those give way that ask for nothing', async () => {
    const lines = await Promise.all(Array.from({ length: 60 }, () => open()));
    expect(await isUp()).toBe(true);
    await until('there is no more than thirty', () => lines.filter(({ isOver }) => !isOver()).length <= 30);
    for (const { socket } of lines) socket.destroy();
  });

  it('many from one address, which is no proxy: those give way that ask for nothing', async () => {
    await product.web.stop();
    await product.restartWeb({ TRUST_PROXY: '192.0.2.1', MAX_CONNECTIONS_PER_ADDRESS: '5' });
    const lines = await Promise.all(Array.from({ length: 20 }, () => open()));
    expect(await isUp()).toBe(true);
    await until('there is no more than five', () => lines.filter(({ isOver }) => !isOver()).length <= 5);
    for (const { socket } of lines) socket.destroy();
    await product.web.stop();
    await product.restartWeb();
  });
});

describe('bodies that are being received', () => {
  const finish = (line: Line, from: number) => line.socket.write(REPORT.slice(from));

  it('of one caller, one after another; of another caller meanwhile', async () => {
    const first = await open(headOf(KEYS.kari, REPORT.length), REPORT.slice(0, 70_000));
    const second = await open(headOf(KEYS.kari, REPORT.length), REPORT);
    const other = await open(headOf(KEYS.operator, REPORT.length), REPORT);
    await until('the other caller is answered', () => other.text().startsWith('HTTP/1.1 202'));
    const small = await open(headOf(KEYS.kari, 22), '{"data":{"title":"T"}}');
    await until('what is short is answered', () => small.text().startsWith('HTTP/1.1 202'));
    expect(second.text()).toBe('');
    finish(first, 70_000);
    await until('the first is answered', () => first.text().startsWith('HTTP/1.1 202'));
    await until('the second is answered', () => second.text().startsWith('HTTP/1.1 202'));
    for (const { socket } of [first, second, other, small]) socket.destroy();
  });

  it('of one address, two at a time, as the proxy in front names it', async () => {
    const from = (address: string) => `X-Forwarded-For: ${address}\r\n`;
    const half = REPORT.slice(0, 70_000);
    const held = await open(headOf(KEYS.kari, REPORT.length, from('198.51.100.7')), half);
    const second = await open(headOf(KEYS.operator, REPORT.length, from('198.51.100.7')), half);
    const third = await open(headOf(KEYS.ola, REPORT.length, from('198.51.100.7'), '/v1/images', 'image/jpeg'), REPORT);
    expect(await isUp()).toBe(true);
    expect(third.text()).toBe('');
    held.socket.destroy();
    await until('the third is read: it is no picture', () => third.text().startsWith('HTTP/1.1 415'));
    for (const { socket } of [second, third]) socket.destroy();
  });
});
