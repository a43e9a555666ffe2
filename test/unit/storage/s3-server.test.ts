import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { openS3Storage } from '../../../src/storage/s3/s3.ts';
import type { Storage } from '../../../src/storage/storage.ts';
import { until } from '../../support/until.ts';

// How the client bears with a server, over real HTTP; what a real server does with it is of test/long.

const BYTES = 3_000_000;
const MANY = 60;
/** The attachments of ten mails, of which a worker has forty at a time. */
const OPEN = 200;

let storage: Storage;
let answer: (req: IncomingMessage, res: ServerResponse) => void;
let connections = 0;
const server = createServer((req, res) => answer(req, res));
server.keepAliveTimeout = 60_000;
server.on('connection', (socket) => {
  connections += 1;
  socket.on('close', () => {
    connections -= 1;
  });
});

beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  const endpoint = `http://127.0.0.1:${port}`;
  const place = { on: 's3', name: 's3://files', bucket: 'files', prefix: '', region: 'us-east-1', endpoint } as const;
  storage = openS3Storage(
    { ...place, forcePathStyle: true },
    { AWS_ACCESS_KEY_ID: 'id', AWS_SECRET_ACCESS_KEY: 'secret', AWS_SESSION_TOKEN: undefined },
    { assertRoom: async () => {}, presignMs: undefined },
  );
});
beforeEach(async () => {
  // Idle ones of the test before.
  server.closeIdleConnections();
  await until('there is no connection', () => connections === 0);
  answer = (_req, res) => res.writeHead(200, { 'content-length': BYTES }).end(Buffer.alloc(BYTES));
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

it.each([
  ['before a byte is read', async () => {}],
  ['in the middle', async (content: NodeJS.ReadableStream) => void (await once(content, 'data'))],
])('who lets go of a content %s keeps no connection', async (_when, read) => {
  for (let opened = 0; opened < MANY; opened += 1) {
    const content = await storage.open('results/job/file');
    await read(content);
    content.destroy();
  }
  await until('the connections have ended', () => connections === 0);
});

it('who lets go while the server is silent keeps none either', async () => {
  answer = (_req, res) => res.writeHead(200, { 'content-length': BYTES }).write(Buffer.alloc(10));
  const content = await storage.open('results/job/file');
  await once(content.resume(), 'data');
  await turn();
  content.destroy();
  await until('the connection has ended', () => connections === 0);
});

it('contents that are open and not read yet keep no other request waiting', async () => {
  answer = (_req, res) => res.writeHead(200, { 'content-length': BYTES }).write(Buffer.alloc(10));
  const open = await Promise.all(Array.from({ length: OPEN }, () => storage.open('results/job/file')));
  answer = (_req, res) => res.writeHead(200, { 'content-length': 2 }).end('ok');
  expect(String(await storage.read('results/job'))).toBe('ok');
  for (const content of open) content.destroy();
  await until('the connections have ended', () => connections <= 1);
});

it('an empty content is read to its end, and its connection serves the next', async () => {
  answer = (_req, res) => res.writeHead(200, { 'content-length': 0 }).end();
  for (let opened = 0; opened < MANY; opened += 1)
    expect(await (await storage.open('results/job')).toArray()).toEqual([]);
  expect(connections).toBe(1);
});

it('a server that knows no ranges gives no more than was asked for', async () => {
  await expect(storage.open('results/job/file', { start: 0, end: 9 })).rejects.toMatchObject({
    code: 'storage_unavailable',
  });
});

it('a bucket that is gone: nothing can be kept, rather than that a file is missing', async () => {
  answer = (_req, res) => res.writeHead(200).end();
  await storage.check();
  answer = (req, res) => res.writeHead(req.method === 'HEAD' ? 404 : 500).end();
  const error = await until('it is noticed', () => storage.check().catch((thrown: unknown) => ({ thrown })));
  expect(error).toMatchObject({ thrown: { code: 'storage_unavailable' } });
});
