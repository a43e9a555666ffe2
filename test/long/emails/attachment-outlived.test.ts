import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** Results go after seconds here, and mails that shall bring them wait for longer. */
const TTL_SECONDS = 6;

let product: Product;
let smtp: TestSmtpServer;
beforeAll(async () => {
  smtp = await openSmtpServer();
  const env = { SMTP_URL: smtp.url, RESULT_TTL: `${TTL_SECONDS}s` };
  product = await startProduct({ kinds: ['reports', 'emails'], env });
});
afterAll(async () => {
  await product.close();
  await smtp.close();
});

async function post(kind: string, body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await product.request(`/v1/${kind}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return ((await answer.json()) as { id: string }).id;
}
const viewOf = async (path: string) => (await (await product.request(path)).json()) as JobView;
const statusOf = async (path: string) => (await product.request(path)).status;
const isPast = async (moment: string) =>
  until('its time is over', () => Date.now() > Date.parse(moment) + 3000, { timeoutMs: 60_000 });

async function makeReport(): Promise<string> {
  const id = await post('reports', { data: { title: 'T', blocks: [{ type: 'text', text: 'Hei' }] } });
  await product.jobReaches(id, 'completed');
  return id;
}
const sendUpload = async () => {
  const answer = await product.request('/v1/uploads?name=a.csv', { method: 'POST', body: 'a;b\n1;2\n' });
  return (await answer.json()) as { id: string; retainedUntil: string };
};
const mail = (attachments: object[], more: object = {}) =>
  post('emails', { to: 'kari@example.no', subject: 'S', text: 'T', attachments, ...more });
const namesOf = () => smtp.mails.at(-1)?.parsed.attachments.map(({ filename }) => filename);

it('a mail that the relay puts off past the end of its report and its upload leaves with both', async () => {
  const [report, upload] = [await makeReport(), await sendUpload()];
  smtp.misbehaviour = { data: { code: 451, text: 'Greylisted, try again later' } };
  const attachments = [
    { filename: 'r.pdf', job: report },
    { filename: 'a.csv', upload: upload.id },
  ];
  const id = await mail(attachments);
  await until('it was put off', async () => (await viewOf(`/v1/jobs/${id}`)).state === 'delayed');
  await isPast(upload.retainedUntil);
  const { heldBy, retainedUntil } = await viewOf(`/v1/jobs/${report}`);
  expect(heldBy).toEqual([id]);
  expect(Date.parse(retainedUntil ?? '')).toBeGreaterThan(Date.now());
  smtp.misbehaviour = {};
  await until('it has left', () => smtp.mails.length > 0, { timeoutMs: 240_000 });
  expect(namesOf()).toEqual(['r.pdf', 'a.csv']);
  for (const path of [`/v1/jobs/${report}`, `/v1/uploads/${upload.id}`]) {
    await until('it goes', async () => (await statusOf(path)) === 410);
  }
});

it('a mail with a runAt behind the end of its report leaves with it', async () => {
  const report = await makeReport();
  const runAt = new Date(Date.now() + 4 * TTL_SECONDS * 1000).toISOString();
  const before = smtp.mails.length;
  await mail([{ filename: 'r.pdf', job: report }], { runAt });
  await until('it has left', () => smtp.mails.length > before, { timeoutMs: 120_000 });
  expect(namesOf()).toEqual(['r.pdf']);
});

it('the link of a mail that went without its report opens past the end of both', async () => {
  const runAt = new Date(Date.now() + 2000).toISOString();
  const report = await post('reports', { data: { title: 'T' }, runAt });
  const id = await mail([{ filename: 'r.pdf', job: report, fallback: 'link', deadline: new Date().toISOString() }]);
  await product.jobReaches(id, 'completed');
  await product.jobReaches(report, 'completed');
  await until('the mail is gone', async () => (await statusOf(`/v1/jobs/${id}`)) === 410, { timeoutMs: 60_000 });
  const url = /https?:\S+\/r\/\S+/.exec(smtp.mails.at(-1)?.parsed.text ?? '')?.[0] ?? '';
  expect(await statusOf(new URL(url).pathname)).toBe(200);
});
