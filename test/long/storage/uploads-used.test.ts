import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { JobView } from '../../../src/jobs/job-view.ts';
import { createLog } from '../../../src/log.ts';
import { createJanitor } from '../../../src/queue/upkeep/janitor.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { openStorage } from '../../../src/storage/open.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { configureContracts } from '../../../workers/index.ts';
import { openSmtpServer, type TestSmtpServer } from '../../support/emails/smtp-server.ts';
import { type Product, startProduct } from '../../support/product.ts';
import { until } from '../../support/until.ts';

/** Uploads that jobs of every kind are made of, by the real web process and workers. */
let product: Product;
let smtp: TestSmtpServer;
beforeAll(async () => {
  smtp = await openSmtpServer();
  product = await startProduct({ env: { SMTP_URL: smtp.url } });
  product.startWorker(['images', 'reports', 'emails']);
});
afterAll(async () => {
  await product.close();
  await smtp.close();
});

async function upload(name: string, body: Uint8Array | string): Promise<string> {
  const answer = await product.request(`/v1/uploads?name=${name}`, { method: 'POST', body: Buffer.from(body) });
  return ((await answer.json()) as { id: string }).id;
}
async function post(kind: string, body: object): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const answer = await product.request(`/v1/${kind}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return ((await answer.json()) as { id: string }).id;
}
const draw = (width: number, height: number, background: string) =>
  sharp({ create: { width, height, channels: 3, background } })
    .png()
    .toBuffer();

describe('an upload is', () => {
  it('the source of an image, and its watermark', async () => {
    const [photo, logo] = [await draw(60, 40, '#ff0000'), await draw(60, 40, '#0000ff')];
    const watermark = { upload: await upload('logo.png', logo), width: '100%' };
    const id = await post('images', { source: { upload: await upload('photo.png', photo) }, width: 30, watermark });
    await product.jobReaches(id, 'completed');
    const made = sharp(await (await product.request(`/v1/jobs/${id}/result`)).arrayBuffer());
    expect(await made.metadata()).toMatchObject({ width: 30, height: 20, format: 'png' });
    expect((await made.stats()).dominant).toMatchObject({ r: 8, b: 248 });
  });

  it('the rows, a picture and an attachment of a report, and an attachment of a mail, byte for byte', async () => {
    const [rows, picture] = [
      await upload('sales.csv', 'item;sum\nCoffee;12\n'),
      await upload('a.png', await draw(9, 9, '#123')),
    ];
    const blocks = [
      { type: 'table', rows: { upload: rows } },
      { type: 'chart', chart: 'bar', title: 'C', alt: 'C', category: 'item', value: 'sum', rows: { upload: rows } },
      { type: 'image', source: { upload: picture } },
    ];
    const report = await post('reports', { data: { title: 'T', blocks }, attachments: [{ upload: rows }] });
    const { result } = (await product.jobReaches(report, 'completed')) as unknown as JobView;
    expect(result?.['warnings']).toEqual([]);
    const pdf = await (await product.request(`/v1/jobs/${report}/result`)).text();
    expect(pdf).toContain('(sales.csv)');

    const content = Buffer.alloc(300_000, 'words ');
    const attachments = [{ filename: 'b.bin', upload: await upload('words', content) }];
    const mail = await post('emails', { to: 'kari@example.no', subject: 'S', text: 'T', attachments });
    await product.jobReaches(mail, 'completed');
    const [sent] = smtp.mails.at(-1)?.parsed.attachments ?? [];
    expect([sent?.filename, sent?.content.equals(content)]).toEqual(['b.bin', true]);
  });

  it('erased before a job that names it has run: the job fails, says so, and holds nothing else any more', async () => {
    const [id, other] = [await upload('words', 'words'), await upload('more', 'more')];
    const attachments = [
      { filename: 'a', upload: id },
      { filename: 'b', upload: other },
    ];
    const runAt = new Date(Date.now() + 1500).toISOString();
    const mail = await post('emails', { to: 'kari@example.no', subject: 'S', text: 'T', attachments, runAt });
    expect((await product.request(`/v1/uploads/${id}`, { method: 'DELETE' })).status).toBe(204);
    const { error } = (await product.jobReaches(mail, 'failed')) as unknown as JobView;
    expect(error).toMatchObject({
      code: 'source_unavailable',
      detail: `The attachment a can not be had. It needs the upload ${id}, which does not exist any more.`,
    });
    const heldBy = async () => ((await (await product.request(`/v1/uploads/${other}`)).json()) as JobView).heldBy;
    await until('nobody holds the other', async () => (await heldBy()).length === 0);
  });
});

describe('a report that a mail waits to bring', () => {
  const sweep = async (changes: { resultTtlMs?: number; maxRecords?: number } = {}) => {
    const storage = await openStorage({ ...defaultConfig(), DATA_DIR: product.dir });
    const contracts = configureContracts(defaultConfig());
    const kept = { resultTtlMs: 1, maxRecords: 1000, ...changes };
    const log = createLog('silent', 'test');
    return createJanitor({ redis: product.redis.client(), contracts, storage, ...kept, log }).sweep();
  };
  const viewOf = async (id: string) => (await (await product.request(`/v1/jobs/${id}`)).json()) as JobView;
  const draft = { data: { title: 'T', blocks: [{ type: 'text', text: 'Hei' }] } };
  const makeReport = async () => {
    const id = await post('reports', draft);
    await product.jobReaches(id, 'completed');
    return id;
  };
  const mailWith = (attachment: object, more: object = {}) => {
    const attachments = [{ filename: 'r.pdf', ...attachment }];
    return post('emails', { to: 'kari@example.no', subject: 'S', text: 'T', attachments, ...more });
  };
  const soon = (ms: number) => new Date(Date.now() + ms).toISOString();

  it('is kept past its time until the mail has left with it, and goes then', async () => {
    const report = await makeReport();
    const mail = await mailWith({ job: report }, { runAt: soon(3_600_000) });
    await sweep();
    const { heldBy, retainedUntil, state } = await viewOf(report);
    expect([state, heldBy]).toEqual(['completed', [mail]]);
    expect(Date.parse(retainedUntil ?? '')).toBeGreaterThan(Date.now() + 3_600_000);
    await product.redis.client().zadd(queueKey('emails', 'delayed'), 1, mail);
    await product.redis.client().publish(queueKey('emails', 'delayed'), String(Date.now()));
    await product.jobReaches(mail, 'completed');
    expect(smtp.mails.at(-1)?.parsed.attachments[0]?.contentType).toBe('application/pdf');
    await until('nobody holds it', async () => (await viewOf(report)).heldBy.length === 0);
    await sweep();
    expect((await product.request(`/v1/jobs/${report}`)).status).toBe(410);
  });

  it('has to make room at last: the mail fails, and says why', async () => {
    const report = await makeReport();
    const mail = await mailWith({ job: report, fallback: 'link' }, { runAt: soon(2000) });
    await sweep({ resultTtlMs: 3_600_000, maxRecords: 0 });
    const { error } = (await product.jobReaches(mail, 'failed')) as unknown as JobView;
    expect(error?.detail).toContain(`It needs a file of the job ${report}, which had to make room`);
  });

  it('is late: the mail goes with a link, and what it leads to is kept as long as the link holds', async () => {
    const report = await post('reports', { ...draft, runAt: soon(3_600_000) });
    const mail = await mailWith({ job: report, fallback: 'link', deadline: soon(0) });
    await product.jobReaches(mail, 'completed');
    const url = /https?:\S+\/r\/\S+/.exec(smtp.mails.at(-1)?.parsed.text ?? '')?.[0] ?? '';
    const path = new URL(url).pathname;
    expect((await product.request(path)).status).toBe(202);
    await product.redis.client().zadd(queueKey('reports', 'delayed'), 1, report);
    await product.redis.client().publish(queueKey('reports', 'delayed'), String(Date.now()));
    await product.jobReaches(report, 'completed');
    await sweep();
    expect((await product.request(`/v1/jobs/${mail}`)).status).toBe(410);
    const { retainedUntil } = await viewOf(report);
    expect(Date.parse(retainedUntil ?? '')).toBeGreaterThan(Date.now() + 6 * 86_400_000);
    expect((await product.request(path)).headers.get('content-type')).toBe('application/pdf');
    await product.request(`/v1/jobs/${report}`, { method: 'DELETE' });
    expect((await product.request(path)).status).toBe(410);
  });
});
