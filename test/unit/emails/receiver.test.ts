import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { pino } from 'pino';
import { createMailServer, type ReceivedMail } from '../../../workers/emails/receiver/mail-server.ts';
import { createReceiver } from '../../../workers/emails/receiver/receiver.ts';
import { openMailSession } from '../../support/emails/mail-session.ts';
import { findFreePort } from '../../support/product.ts';
import { until } from '../../support/until.ts';

const KEPT = { code: 250, text: '2.0.0 Kept' } as const;
const received: ReceivedMail[] = [];
const open = async () =>
  createMailServer(address, 'b.firma.test', {
    know: () => KEPT,
    take: async (mail) => {
      received.push(mail);
      return [KEPT];
    },
  });
let address: { protocol: 'smtp'; host: string; port: number };
let server: Awaited<ReturnType<typeof open>>;
beforeAll(async () => {
  address = { protocol: 'smtp', host: '127.0.0.1', port: await findFreePort() };
  server = await open();
  await server.listen();
});
afterAll(() => server.close());

it('as many clients as it takes: another process of the host still sees that the port is ours', async () => {
  const sessions = await Promise.all(Array.from({ length: 20 }, () => openMailSession(address.port)));
  const told: string[] = [];
  const log = Object.assign(pino({ level: 'silent' }), { error: (sentence: string) => void told.push(sentence) });
  const other = createReceiver({ address, open, log });
  other.check();
  await other.close();
  expect([other.fault(), told]).toEqual([null, []]);
  for (const { socket } of sessions) socket.destroy();
});

it('a mail of lines that each begin with a dot: cut off soon, and the next is taken', async () => {
  const begin = async () => {
    // The clients of the test before may still be there.
    const session = await until('there is room', async () => {
      const one = await openMailSession(address.port);
      return one.say('EHLO a').then(
        () => one,
        () => null,
      );
    });
    for (const line of ['MAIL FROM:<>', 'RCPT TO:<b@b.firma.test>', 'DATA']) await session.say(line);
    return session;
  };
  const { socket } = await begin();
  socket.on('error', () => {});
  socket.write(`${'..\r\n'.repeat(30_000)}.\r\n`);
  await until('it is cut off', () => socket.closed);
  expect(received).toEqual([]);
  const next = await begin();
  expect(await next.say('Subject: a\r\n\r\n..\r\nb\r\n.')).toEqual(['250 2.0.0 Kept']);
  expect(received.map(({ source }) => source.toString())).toEqual(['Subject: a\r\n\r\n.\r\nb\r\n']);
  next.socket.destroy();
});
