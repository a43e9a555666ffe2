import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { bearer, openTestApp, TEST_KEYS, type TestApp } from '../../support/app.ts';

let test: TestApp;
let jpeg: Buffer;
let png: Buffer;
beforeAll(async () => {
  const picture = sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } });
  [jpeg, png] = await Promise.all([picture.clone().jpeg().toBuffer(), picture.clone().png().toBuffer()]);
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

type Browser = ReturnType<typeof request.agent>;
type Answer = request.Response;

async function openBrowser(name: keyof typeof TEST_KEYS = 'kari'): Promise<Browser> {
  const agent = request.agent(test.app).set('Accept', 'text/html');
  await agent.post('/login').type('form').send({ key: TEST_KEYS[name].key }).expect(303);
  return agent;
}

/** A form as a browser sends it whose file input was left alone. */
function post(browser: Browser, path: string, fields: Record<string, string>, file?: [Buffer, string]): request.Test {
  const form = browser.post(path).field({ formToken: 'token-1', ...fields });
  return file ? form.attach('file', ...file) : form.attach('file', Buffer.alloc(0), { filename: '' });
}
const postImage = (browser: Browser, fields: Record<string, string>, file?: [Buffer, string]) =>
  post(browser, '/v1/images', fields, file);
const keptIn = ({ text }: Answer) => /name="kept\.file" value="(\w+)"/.exec(text)?.[1];
const saidIn = ({ text }: Answer) => {
  const [, name, size, rest] =
    /data-kept-name>([^<]+)<\/strong>, <span data-kept-size>([^<]+)<\/span>([^<]*)</.exec(text) ?? [];
  return name ? `${name}, ${size}${rest}` : undefined;
};
const faultIn = ({ text }: Answer, field = 'images-file') =>
  new RegExp(`data-fault="${field}">([^<]*)<`).exec(text)?.[1];
const idOf = ({ headers }: Answer) => /\/jobs\/(\w+)/.exec(String(headers['location']))?.[1] as string;
const fileOf = async (answer: Answer) => (await test.producer.find(idOf(answer)))?.envelope.uploads['file'];
const folders = async () => (await test.storedFiles()).map((path) => path.split(/[/-]/)[1]?.slice(0, 4));

/** A form that was refused for its width, and what it keeps. */
async function refuseOnce(browser: Browser) {
  const refused = await postImage(browser, { width: '99999' }, [jpeg, 'photo.jpg']);
  return { refused, id: keptIn(refused) as string };
}

describe('a form with a fault at another field', () => {
  it('comes back with its file, and is sent without choosing it again', async () => {
    const browser = await openBrowser();
    const { refused, id } = await refuseOnce(browser);
    expect([refused.status, id.slice(0, 4), saidIn(refused)]).toEqual([
      400,
      'upd_',
      `photo.jpg, ${jpeg.length} bytes, is kept: choose another one to replace it.`,
    ]);
    expect(refused.headers['cache-control']).toBe('private, no-cache');
    expect(refused.text).not.toMatch(/id="images-file"[^>]+ required/);
    expect(refused.text).toMatch(/id="images-width"[^>]+value="99999"/);
    expect([await folders(), await test.waiting()]).toEqual([['upd_'], 0]);

    const sent = await postImage(browser, { width: '20', 'kept.file': id });
    expect(sent.status).toBe(303);
    expect(await fileOf(sent)).toMatchObject({ name: 'photo.jpg', type: 'image/jpeg', bytes: jpeg.length });
    expect((await folders()).toSorted()).toEqual(['img_', 'upd_']);
    await browser.delete(`/v1/uploads/${id}`).expect(204);
    expect((await test.storage.read(String((await fileOf(sent))?.key))).equals(jpeg)).toBe(true);
  });

  it('sent three times at once with its kept file: one job with one file', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    const send = () => postImage(browser, { width: '20', 'kept.file': id });
    const answers = await Promise.all([send(), send(), send()]);
    expect([new Set(answers.map(idOf)).size, await test.waiting()]).toEqual([1, 1]);
    expect((await folders()).toSorted()).toEqual(['img_', 'upd_']);
  });

  it('refused again: it keeps the same upload', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    expect(keptIn(await postImage(browser, { height: '0', 'kept.file': id }))).toBe(id);
    expect(await folders()).toEqual(['upd_']);
  });

  it('another file is chosen: that one counts, and is kept when the form is refused', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    const refused = await postImage(browser, { width: '0', 'kept.file': id }, [png, 'other.png']);
    expect(saidIn(refused)).toMatch(/^other\.png, /);
    const sent = await postImage(browser, { 'kept.file': id }, [png, 'other.png']);
    expect(await fileOf(sent)).toMatchObject({ name: 'other.png', type: 'image/png' });
  });

  it('another file is chosen that is no picture: the fault is at the file, and what was kept still is', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    const refused = await postImage(browser, { 'kept.file': id }, [Buffer.from('text'), 'a.txt']);
    expect([refused.status, keptIn(refused)]).toEqual([415, id]);
    expect(faultIn(refused)).toBeTruthy();
    expect(await folders()).toEqual(['upd_']);
  });

  it('Remove: the form has no file any more', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    const refused = await postImage(browser, { 'kept.file': id, 'remove.file': '1' });
    expect([refused.status, keptIn(refused), faultIn(refused)]).toEqual([
      400,
      undefined,
      'File is missing: choose a file to upload.',
    ]);
    expect(refused.text).toMatch(/id="images-file"[^>]+ required/);
    expect((await postImage(browser, { 'kept.file': id, 'remove.file': '1' }, [png, 'b.png'])).status).toBe(303);
  });

  it('refused after all fields were right, as a callback that may not be reached is: its file is kept too', async () => {
    const browser = await openBrowser();
    const refused = await postImage(browser, { callbackUrl: 'http://10.0.0.1/' }, [jpeg, 'photo.jpg']);
    expect([refused.status, saidIn(refused)?.slice(0, 9), await folders()]).toEqual([400, 'photo.jpg', ['upd_']]);
  });

  it('a report: its data is kept, and is what the report is drawn from', async () => {
    const browser = await openBrowser();
    const fields = { title: 'Sales', columns: 'month\namount = money' };
    const csv: [Buffer, string] = [Buffer.from('month,amount\n2026-10,5\n'), 'sales.csv'];
    const refused = await post(browser, '/reports/new', fields, csv);
    expect(saidIn(refused)).toBe('sales.csv, 23 bytes, is kept: choose another one to replace it.');
    const kept = { 'kept.file': String(keptIn(refused)) };
    const both = await post(browser, '/reports/new', { title: 'Sales', pasted: 'a\n1', ...kept });
    expect(faultIn(both, 'report-pasted')).toBe('Pasted must be left empty where a file is chosen.');
    const sent = await post(browser, '/reports/new', { title: 'Sales', ...kept });
    expect(await fileOf(sent)).toMatchObject({ name: 'sales.csv', type: 'text/csv', bytes: 23 });
  });

  it('rows that were pasted: come back as text, and no file is kept of them', async () => {
    const browser = await openBrowser();
    const refused = await post(browser, '/reports/new', { title: 'Sales', pasted: 'a\n1', columns: 'a = money' });
    expect([refused.status, keptIn(refused), await test.storedFiles()]).toEqual([400, undefined, []]);
    expect(refused.text).toContain('>a\n1</textarea>');
  });
});

describe('a kept file that the form can not have', () => {
  it('erased meanwhile: the form says so at its file, and names it no more', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    await browser.delete(`/v1/uploads/${id}`).expect(204);
    const refused = await postImage(browser, { width: '20', 'kept.file': id });
    expect([refused.status, keptIn(refused), faultIn(refused)]).toEqual([
      400,
      undefined,
      'File is not kept any more: choose the file again.',
    ]);
    expect([await test.storedFiles(), await test.waiting()]).toEqual([[], 0]);
  });

  it.each(['another caller’s', 'no id at all', '../../api-key'])('%s: as one that is gone', async (which) => {
    const { id } = await refuseOnce(await openBrowser('kari'));
    const browser = await openBrowser('ola');
    const refused = await postImage(browser, { 'kept.file': which === 'another caller’s' ? id : which });
    expect([refused.status, keptIn(refused), faultIn(refused)]).toEqual([
      400,
      undefined,
      'File is not kept any more: choose the file again.',
    ]);
    expect(await folders()).toEqual(['upd_']);
  });

  it('of another kind: refused by its first bytes, as if it had come along', async () => {
    const browser = await openBrowser();
    const upload = await browser
      .post('/v1/uploads?name=a.zip')
      .type('application/zip')
      .send(Buffer.from(`PK\x03\x04${'x'.repeat(200)}`));
    const refused = await postImage(browser, { 'kept.file': upload.body.id });
    expect([refused.status, faultIn(refused)]).toEqual([415, expect.stringContaining('ZIP')]);
  });

  it('a field that no form has: refused as a file that nothing refers to', async () => {
    const browser = await openBrowser();
    const { id } = await refuseOnce(browser);
    const refused = await postImage(browser, { 'kept.file': id, 'kept.other': id });
    expect([refused.status, await test.waiting()]).toEqual([400, 0]);
    const path = await postImage(browser, { 'kept.file': id, 'kept.a/../b': id });
    expect([path.status, await test.waiting()]).toEqual([400, 0]);
  });

  it('an application: keeps nothing, and the field is as unknown as before', async () => {
    const send = (fields: Record<string, string>) =>
      request(test.app).post('/v1/images').set('Authorization', bearer('kari')).field(fields);
    const refused = await send({ width: '0' }).set('Accept', 'text/html').attach('file', jpeg, 'a.jpg');
    expect([refused.status, await test.storedFiles()]).toEqual([400, []]);
    const { id } = await refuseOnce(await openBrowser());
    const answer = await send({ 'kept.file': id });
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/kept.file']);
  });
});

describe('the file of a job', () => {
  it('is kept by the form that is filled in with what it asked for: one more job, each with a file of its own', async () => {
    const browser = await openBrowser();
    const first = await postImage(browser, { width: '20' }, [jpeg, 'photo.jpg']);
    const form = await browser.get(`/?from=${idOf(first)}`);
    expect([keptIn(form), saidIn(form)?.slice(0, 9)]).toEqual([idOf(first), 'photo.jpg']);
    const refused = await postImage(browser, { width: '0', 'kept.file': idOf(first) });
    expect([keptIn(refused), (await test.storedFiles()).length]).toEqual([idOf(first), 1]);
    const second = await postImage(browser, { width: '30', 'kept.file': idOf(first) });
    expect(idOf(second)).not.toBe(idOf(first));
    await browser.delete(`/v1/jobs/${idOf(first)}`).expect(204);
    expect(await test.storedFiles()).toEqual([(await fileOf(second))?.key]);
  });

  it('an upload that a job named over the API: is kept by the form of an image, and of a report', async () => {
    const browser = await openBrowser();
    const send = async (path: string, body: object) =>
      (await request(test.app).post(path).set('Authorization', bearer('kari')).send(body).expect(202)).body.id;
    const upload = async (name: string, content: Buffer) =>
      (
        await browser
          .post(`/v1/uploads?name=${name}`)
          .type(name.endsWith('csv') ? 'text/csv' : 'image/jpeg')
          .send(content)
      ).body.id;
    const photo = await upload('photo.jpg', jpeg);
    const image = await send('/v1/images', { source: { upload: photo }, width: 20 });
    expect(keptIn(await browser.get(`/?from=${image}`))).toBe(photo);
    const csv = await upload('sales.csv', Buffer.from('month,amount\n2026-10,5\n'));
    const table = { type: 'table', columns: [{ key: '*', format: 'auto' }], rows: { upload: csv } };
    const chart = { type: 'chart', chart: 'bar', category: 'month', rows: { upload: csv } };
    const document = { locale: 'nb-NO', data: { title: 'Sales', blocks: [chart, table] } };
    const form = await browser.get(`/reports/new?from=${await send('/v1/reports', document)}`);
    expect([keptIn(form), saidIn(form)?.slice(0, 9)]).toEqual([csv, 'sales.csv']);
    const lost = (await test.producer.find(photo))?.envelope.uploads['file'];
    await test.storage.remove(String(lost?.key));
    const gone = await browser.get(`/?from=${image}`);
    expect([keptIn(gone), gone.text.includes('Choose the file again.')]).toEqual([undefined, true]);
  });

  it('of another caller’s job: is not there', async () => {
    const first = await postImage(await openBrowser('kari'), {}, [jpeg, 'photo.jpg']);
    const ola = await openBrowser('ola');
    expect(keptIn(await ola.get(`/?from=${idOf(first)}`))).toBeUndefined();
    expect((await postImage(ola, { 'kept.file': idOf(first) })).status).toBe(400);
  });
});

describe('a session that ends before the form is sent again', () => {
  it('what the form keeps is there after signing in; for another key it is not', async () => {
    const { id } = await refuseOnce(await openBrowser());
    const signIn = async (name: keyof typeof TEST_KEYS) => {
      const browser = request.agent(test.app).set('Accept', 'text/html');
      const asked = await postImage(browser, { width: '321', 'kept.file': id });
      const sealed = /name="kept" value="([\w-]+)"/.exec(asked.text)?.[1];
      return browser.post('/login').type('form').send({ key: TEST_KEYS[name].key, kept: sealed });
    };
    const page = await signIn('kari');
    expect([page.status, keptIn(page)]).toEqual([200, id]);
    expect(page.text).toMatch(/id="images-width"[^>]+value="321"/);
    expect(keptIn(await signIn('ola'))).toBeUndefined();
  });
});

describe('a form that is refused since the queue is full', () => {
  let whole: TestApp;
  beforeAll(async () => {
    whole = test;
    test = await openTestApp({ MAX_QUEUE_DEPTH: 1 });
  });
  afterAll(async () => {
    await test.close();
    test = whole;
  });

  it('comes back with its file, and is the same job when there is room', async () => {
    const browser = await openBrowser();
    const first = await postImage(browser, {}, [png, 'first.png']);
    const refused = await postImage(browser, { width: '20' }, [jpeg, 'photo.jpg']);
    expect([refused.status, saidIn(refused)?.slice(0, 9)]).toEqual([503, 'photo.jpg']);
    await browser.delete(`/v1/jobs/${idOf(first)}`).expect(204);
    const sent = await postImage(browser, { width: '20', 'kept.file': String(keptIn(refused)) });
    const again = await postImage(browser, { width: '20' }, [jpeg, 'photo.jpg']);
    expect([sent.status, idOf(again), await test.waiting()]).toEqual([303, idOf(sent), 1]);
  });
});
