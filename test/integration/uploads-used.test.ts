import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { JobView } from '../../src/jobs/job-view.ts';
import { type Product, startProduct } from '../support/product.ts';
import { openSmtpServer, type TestSmtpServer } from '../support/smtp-server.ts';

/** Uploads that jobs of every kind are made of, by the real web process and workers. */
let product: Product;
let smtp: TestSmtpServer;
beforeAll(async () => {
  smtp = await openSmtpServer();
  product = await startProduct({ kinds: ['images', 'reports', 'emails'], env: { SMTP_URL: smtp.url } });
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

  it('erased before a job that names it has run: the job fails, and says so', async () => {
    const id = await upload('words', 'words');
    const attachments = [{ filename: 'a', upload: id }];
    const runAt = new Date(Date.now() + 1500).toISOString();
    const mail = await post('emails', { to: 'kari@example.no', subject: 'S', text: 'T', attachments, runAt });
    expect((await product.request(`/v1/uploads/${id}`, { method: 'DELETE' })).status).toBe(204);
    const { error } = (await product.jobReaches(mail, 'failed')) as unknown as JobView;
    expect(error).toMatchObject({
      code: 'source_unavailable',
      detail: `The attachment a can not be had. It needs the upload ${id}, which does not exist any more.`,
    });
  });
});
