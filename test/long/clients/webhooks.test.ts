import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { Webhook } from 'standardwebhooks';
import { runCurl } from '../../support/clients/curl.ts';
import { LANGUAGES, SECRET } from '../../support/clients/examples.ts';
import { answer, openHttpSink } from '../../support/http/http-sink.ts';
import { startProcess, type TestProcess } from '../../support/processes.ts';
import { findFreePort, type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

let product: Product;
let jpeg: Buffer;
/** A file in the product's folder, which goes when the tests end. */
const inFolder = (name: string, content?: Uint8Array | string): string => {
  const path = join(product.dir, name);
  if (content !== undefined) writeFileSync(path, content);
  return path;
};

beforeAll(async () => {
  jpeg = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#a37' } })
    .jpeg()
    .toBuffer();
  product = await startProduct({
    kinds: ['images', 'webhooks'],
    env: { WEBHOOKS_SECRETS: SECRET, WEBHOOKS_ALLOW: '127.0.0.1' },
  });
});
afterAll(() => product.close());

const run = (args: string[], input?: string) => runCurl(product.url, args, {}, input);

interface Sent {
  headers: Record<string, string>;
  body: string;
}

/** What the product sends when a job has completed. */
async function takeWebhook(): Promise<Sent> {
  const sink = await openHttpSink(answer(204));
  await run(['submit', inFolder('photo.jpg', jpeg), '12', inFolder('small.jpg'), sink.url]);
  const { headers, body } = await until('the webhook', () => sink.requests[0]);
  await sink.close();
  const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  return { headers: Object.fromEntries(names.map((name) => [name, String(headers[name])])), body };
}

/** Each a way to have a webhook judged: whether it was taken. */
type Judge = (sent: Sent) => Promise<boolean>;
const JUDGES = ['curl', ...Object.keys(LANGUAGES)];
const receivers = new Map<string, { process: TestProcess; url: string }>();

async function openReceiver(client: string): Promise<void> {
  const port = await findFreePort();
  const { receiver, env } = LANGUAGES[client] as (typeof LANGUAGES)[string];
  const [command = '', ...args] = receiver(port);
  const url = `http://127.0.0.1:${port}`;
  receivers.set(client, { process: startProcess(command, args, { ...env, WEBHOOK_SECRET: SECRET }), url });
  await until('the receiver answers', () => fetch(url));
}

const judge =
  (client: string): Judge =>
  async ({ headers, body }) => {
    if (client === 'curl') {
      const args = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name] ?? '');
      const { code, stdout } = await run(['verify', ...args], body);
      expect([0, 1]).toContain(code);
      return code === 0 && stdout === `genuine: ${headers['webhook-id']}\n`;
    }
    const { status } = await fetch(receivers.get(client)?.url ?? '', { method: 'POST', headers, body });
    expect([204, 400]).toContain(status);
    return status === 204;
  };

describe('webhooks', () => {
  let genuine: Sent;
  const changed = (headers: Record<string, string>, body = genuine.body): Sent => ({
    headers: { ...genuine.headers, ...headers },
    body,
  });
  const signedAt = (msAgo: number, id = 'whk_old'): Sent => {
    const time = new Date(Date.now() - msAgo);
    const signature = new Webhook(SECRET).sign(id, time, genuine.body);
    const timestamp = String(Math.floor(time.getTime() / 1000));
    return changed({ 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature });
  };

  beforeAll(async () => {
    await Promise.all(JUDGES.filter((client) => client !== 'curl').map(openReceiver));
    genuine = await takeWebhook();
  });
  afterAll(async () => {
    await Promise.all([...receivers.values()].map(({ process }) => process.stop('SIGKILL')));
  });

  it.each(JUDGES)('%s: a genuine one is taken, with a second signature too', async (client) => {
    const takes = judge(client);
    expect(await takes(genuine)).toBe(true);
    const other = `v1,${'A'.repeat(43)}=`;
    expect(await takes(changed({ 'webhook-signature': `${other} ${genuine.headers['webhook-signature']}` }))).toBe(
      true,
    );
    expect(await takes(signedAt(250_000))).toBe(true);
  });

  it.each(JUDGES)('%s: one whose body, id, time or signature was changed is refused', async (client) => {
    const takes = judge(client);
    const { 'webhook-timestamp': timestamp, 'webhook-signature': signature = '' } = genuine.headers;
    expect(await takes(changed({}, genuine.body.replace('job.completed', 'job.cancelled')))).toBe(false);
    expect(await takes(changed({}, `${genuine.body}\n`))).toBe(false);
    expect(await takes(changed({ 'webhook-id': 'whk_another' }))).toBe(false);
    expect(await takes(changed({ 'webhook-timestamp': String(Number(timestamp) + 1) }))).toBe(false);
    expect(await takes(changed({ 'webhook-signature': signature.replace('v1,', 'v2,') }))).toBe(false);
    expect(await takes(changed({ 'webhook-signature': signature.slice(3) }))).toBe(false);
    expect(await takes(changed({ 'webhook-signature': 'v1,*' }))).toBe(false);
  });

  it.each(Object.keys(LANGUAGES))('%s: a body too long, or one that breaks off, does not end it', async (client) => {
    const { port } = new URL(receivers.get(client)?.url ?? '');
    await judge(client)(changed({}, 'x'.repeat(2_000_000))).catch(() => false);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write('POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf');
    socket.destroySoon();
    await once(socket, 'close');
    expect(await judge(client)(genuine)).toBe(true);
  });

  it.each(JUDGES)(
    '%s: one of ten minutes ago or ahead, or without a time: refused, however it is signed',
    async (client) => {
      const takes = judge(client);
      expect(await takes(signedAt(600_000))).toBe(false);
      expect(await takes(signedAt(-600_000))).toBe(false);
      for (const timestamp of ['', 'now', '9'.repeat(400)]) {
        expect(await takes(changed({ 'webhook-timestamp': timestamp }))).toBe(false);
      }
      expect(await takes({ headers: {}, body: genuine.body })).toBe(false);
    },
  );
});
