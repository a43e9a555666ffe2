import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createJobFields } from '../../../src/queue/run/job-fields.ts';
import { openDiskStorage } from '../../../src/storage/disk.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { createInbox } from '../../../workers/emails/inbox/inbox.ts';
import { emails } from '../../../workers/emails/job.ts';
import { KEYS, type Product, startProduct } from '../../support/product.ts';

/** Mails that no caller of ours can make, kept as if one had: what the web process does with the worst. */
let product: Product;
beforeAll(async () => {
  product = await startProduct();
});
afterAll(() => product.close());

const ask = (path: string) => product.request(path, { key: KEYS.operator });

async function keep(source: Iterable<string>): Promise<string> {
  const redis = product.redis.client();
  const storage = await openDiskStorage(join(product.dir, 'storage'));
  const config = defaultConfig();
  const inbox = createInbox({ config, redis, jobFields: createJobFields(redis, 'emails'), storage });
  const answer = await product.request('/v1/emails', {
    method: 'POST',
    body: JSON.stringify(emails.example),
    headers: { 'Content-Type': 'application/json' },
  });
  const { id: job } = (await answer.json()) as { id: string };
  const facts = {
    caller: 'kari',
    from: 'a@example.no',
    to: ['b@example.no'],
    subject: 'S',
    messageId: '',
    attachmentCount: 1,
  };
  const mail = await inbox.add(job, facts, Readable.from(source, { objectMode: false }));
  return mail.id;
}

const MIXED = 'Content-Type: multipart/mixed; boundary=b\r\n\r\n';
const file = (name: string, content: string, type = 'application/octet-stream') =>
  `--b\r\nContent-Type: ${type}\r\nContent-Transfer-Encoding: base64\r\n` +
  `Content-Disposition: attachment; filename="${name}"\r\n\r\n${content}\r\n`;
const lines = (bytes: number) => `${Buffer.alloc(57, 1).toString('base64')}\r\n`.repeat(Math.ceil(bytes / 57));

it.each<[what: string, source: Iterable<string>, attachments: number]>([
  ['20 MB in one file', [MIXED, file('a.pdf', lines(20_000_000)), '--b--\r\n'], 1],
  ['10,000 files', [MIXED, ...Array.from({ length: 10_000 }, (_, n) => file(`${n}.txt`, 'SGVp')), '--b--\r\n'], 1000],
  ['10,000 texts', [MIXED, ...Array.from({ length: 10_000 }, () => '--b\r\n\r\nHei\r\n'), '--b--\r\n'], 0],
  [
    '2,000 levels',
    Array.from({ length: 2000 }, (_, n) => `Content-Type: multipart/mixed; boundary=c${n}\r\n\r\n--c${n}\r\n`),
    0,
  ],
  ['100,000 headers', Array.from({ length: 100_000 }, (_, n) => `X-${n}: ${n}\r\n`), 0],
  ['one header of 10 MB', ['Subject: ', 'x'.repeat(10_000_000), '\r\n\r\nHei'], 0],
  ['a line of 20 MB', ['Content-Type: text/html\r\n\r\n', '<b>'.repeat(7_000_000)], 0],
  ['a boundary that never comes', [MIXED, '-'.repeat(5_000_000)], 0],
  ['100,000 addresses', ['To: ', 'a@example.no, '.repeat(100_000), '\r\n\r\nHei'], 0],
  ['nothing', [''], 0],
])(
  '%s: the mail, its page, its frame and its source are answered, and the web process lives',
  async (_what, source, attachments) => {
    const id = await keep(source);
    const { pid } = product.web;
    const answer = await ask(`/v1/inbox/${id}`);
    expect(answer.status).toBe(200);
    expect(((await answer.json()) as { attachments: unknown[] }).attachments).toHaveLength(attachments);
    expect((await ask(`/inbox/${id}`)).status).toBe(200);
    expect([200, 413]).toContain((await ask(`/inbox/${id}/html`)).status);
    expect((await ask(`/v1/inbox/${id}/source`)).status).toBe(200);
    expect((await ask(`/v1/inbox/${id}/attachments/${attachments + 1}`)).status).not.toBe(500);
    expect(product.web.pid).toBe(pid);
    expect((await fetch(`${product.url}/livez`)).status).toBe(200);
  },
  120_000,
);
