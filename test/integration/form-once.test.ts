import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { bearer, openTestApp, TEST_KEYS, type TestApp } from '../support/app.ts';

let test: TestApp;
let jpeg: Buffer;
beforeAll(async () => {
  jpeg = await sharp({ create: { width: 40, height: 30, channels: 3, background: '#3a7' } })
    .jpeg()
    .toBuffer();
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

type Browser = ReturnType<typeof request.agent>;

/** A browser that is signed in with that key. */
async function openBrowser(name: keyof typeof TEST_KEYS = 'kari'): Promise<Browser> {
  const agent = request.agent(test.app).set('Accept', 'text/html');
  await agent.post('/login').type('form').send({ key: TEST_KEYS[name].key }).expect(303);
  return agent;
}
const MAIL = { to: 'kari@example.no', subject: 'Hello', text: 'Hello' };
const sendMail = (browser: Browser, fields: Record<string, string>) =>
  browser
    .post('/emails')
    .type('form')
    .send({ ...MAIL, ...fields });
const tokensIn = ({ text }: request.Response) =>
  [...text.matchAll(/name="formToken" value="([\w-]+)"/g)].map(([, token]) => token);
const locationOf = (answer: request.Response) => [answer.status, answer.headers['location']];
const threeTimes = <T>(send: () => PromiseLike<T>) => Promise.all([send(), send(), send()]);
const idOf = ({ headers }: request.Response) => /\/jobs\/(\w+)/.exec(String(headers['location']))?.[1] as string;

describe('a form of the pages', () => {
  it('every one on the first page has a token of its own, and another one the next time', async () => {
    const browser = await openBrowser();
    const [first, second] = [tokensIn(await browser.get('/')), tokensIn(await browser.get('/'))];
    expect(first).toHaveLength(3);
    expect(new Set([...first, ...second]).size).toBe(6);
  });

  it('posted three times at once: one job, and who comes second is told that it was there', async () => {
    const browser = await openBrowser();
    const answers = await threeTimes(() => sendMail(browser, { formToken: 'token-1' }));
    expect(await test.waiting()).toBe(1);
    expect(new Set(answers.map(idOf)).size).toBe(1);
    const places = answers.map(({ headers }) => String(headers['location']).replace(/^\/jobs\/\w+/, ''));
    expect(places.toSorted()).toEqual(['', '?sent=again', '?sent=again']);
  });

  it('an upload posted three times at once: one job with its one file, under its own name in storage', async () => {
    const browser = await openBrowser();
    const send = () =>
      browser.post('/v1/images').field('formToken', 'token-1').field('width', '20').attach('file', jpeg, 'a.jpg');
    const answers = await threeTimes(send);
    expect(answers.map(({ status }) => status)).toEqual([303, 303, 303]);
    expect(await test.waiting()).toBe(1);
    const id = idOf(answers[0] as request.Response);
    const job = await test.producer.find(id);
    expect(await test.storedFiles()).toEqual([job?.envelope.uploads['file']?.key]);
    expect((await test.storedFiles())[0]).toContain(id);
  });

  it('another content, another token, another caller, no token: another job each', async () => {
    const [kari, ola] = [await openBrowser('kari'), await openBrowser('ola')];
    const answers = [
      await sendMail(kari, { formToken: 'token-1' }),
      await sendMail(kari, { formToken: 'token-1', text: 'Hello again' }),
      await sendMail(kari, { formToken: 'token-2' }),
      await sendMail(ola, { formToken: 'token-1' }),
      await sendMail(kari, {}),
      await sendMail(kari, {}),
    ];
    expect(new Set(answers.map(idOf)).size).toBe(6);
    expect(await test.waiting()).toBe(6);
  });

  it('refused: it is shown with the token it had, and sent when it is mended', async () => {
    const browser = await openBrowser();
    const refused = await sendMail(browser, { formToken: 'token-1', to: 'nobody' });
    expect([refused.status, tokensIn(refused).includes('token-1')]).toEqual([400, true]);
    expect((await sendMail(browser, { formToken: 'token-1' })).status).toBe(303);
    expect(await test.waiting()).toBe(1);
  });

  it('an application sends no token: the field is as unknown as before', async () => {
    const answer = await request(test.app)
      .post('/v1/images')
      .set('Authorization', bearer('kari'))
      .field('formToken', 'token-1')
      .attach('file', jpeg, 'a.jpg');
    expect([answer.status, answer.body.errors[0].pointer]).toEqual([400, '/formToken']);
  });
});

describe('Send once more', () => {
  it('the page of a job that was there offers it: one more job with a copy of the file, however often it is pressed', async () => {
    const browser = await openBrowser();
    const send = () => browser.post('/v1/images').field('formToken', 'token-1').attach('file', jpeg, 'a.jpg');
    const first = await send();
    expect((await browser.get(String(first.headers['location']))).text).not.toContain('Send once more');
    const page = await browser.get(String((await send()).headers['location']));
    expect(page.text).toMatch(/You sent this already[\s\S]+Send once more/);
    const again = () =>
      browser
        .post(`/jobs/${idOf(first)}/again`)
        .type('form')
        .send({ formToken: 'token-2' });
    const answers = await threeTimes(again);
    const ids = new Set([first, ...answers].map(idOf));
    expect([ids.size, await test.waiting(), (await test.storedFiles()).length]).toEqual([2, 2, 2]);
    const [one, other] = await Promise.all([...ids].map((id) => test.producer.find(id)));
    expect(other?.envelope).toMatchObject({ input: one?.envelope.input, title: 'a.jpg' });
    expect(other?.envelope.uploads['file']?.sha256).toBe(one?.envelope.uploads['file']?.sha256);
  });

  it('its file is gone: 404, and nothing is queued or left', async () => {
    const browser = await openBrowser();
    const sent = await browser.post('/v1/images').field('formToken', 'token-1').attach('file', jpeg, 'a.jpg');
    await test.storage.remove(`uploads/${(await test.storedFiles())[0]?.split('/')[1]}`);
    const answer = await browser
      .post(`/jobs/${idOf(sent)}/again`)
      .type('form')
      .send({ formToken: 'token-2' });
    expect([answer.status, await test.waiting(), await test.storedFiles()]).toEqual([404, 1, []]);
  });

  it('a key that may not post the kind: 403, though it may see the job', async () => {
    const sent = await sendMail(await openBrowser('kari'), {});
    const answer = await (await openBrowser('operator')).post(`/jobs/${idOf(sent)}/again`);
    expect([answer.status, await test.waiting()]).toEqual([403, 1]);
  });

  it('another caller’s job: 404', async () => {
    const sent = await sendMail(await openBrowser('kari'), {});
    const answer = await (await openBrowser('ola')).post(`/jobs/${idOf(sent)}/again`);
    expect([answer.status, await test.waiting()]).toEqual([404, 1]);
  });
});

describe('an action of the pages', () => {
  const noticeIn = ({ text }: request.Response) => /<p class="notice" role="status"[^>]*>([^<]+)</.exec(text)?.[1];

  it('Erase three times at once: erased, each answer leads to the list, which says so once', async () => {
    const browser = await openBrowser();
    const id = idOf(await sendMail(browser, {}));
    const [formToken] = tokensIn(await browser.get(`/jobs/${id}/erase`));
    const erase = () => browser.post(`/jobs/${id}/erase`).type('form').send({ formToken });
    const answers = await threeTimes(erase);
    expect([...answers, await erase()].map(locationOf)).toEqual(Array(4).fill([303, '/jobs']));
    expect(await test.producer.find(id)).toBeNull();
    expect(noticeIn(await browser.get('/jobs'))).toBe('Erased: Hello.');
    expect(noticeIn(await browser.get('/jobs'))).toBeUndefined();
  });

  it('a part of a page that a script reads leaves the notice to the page', async () => {
    const browser = await openBrowser('operator');
    await browser.post('/admin/images/pause').expect(303);
    expect(noticeIn(await browser.get('/admin').set('X-Part', '1'))).toBeUndefined();
    expect(noticeIn(await browser.get('/admin'))).toBe('Images: paused.');
    await browser.post('/admin/images/resume').expect(303);
  });

  it('Pause posted again after somebody resumed: it was done once, and is not done again', async () => {
    const browser = await openBrowser('operator');
    const pause = () => browser.post('/admin/reports/pause').type('form').send({ formToken: 'token-1' });
    await pause();
    expect((await test.producer.counts())['reports']?.paused).toBe(true);
    await browser.post('/admin/reports/resume').type('form').send({ formToken: 'token-1' });
    expect(locationOf(await pause())).toEqual([303, '/admin']);
    expect((await test.producer.counts())['reports']?.paused).toBe(false);
  });

  it('Run again posted again: the job runs one more time, not two', async () => {
    const browser = await openBrowser();
    const id = idOf(await sendMail(browser, {}));
    const cancel = async () => {
      const [formToken] = tokensIn(await browser.get(`/jobs/${id}`));
      await browser.post(`/jobs/${id}/cancel`).type('form').send({ formToken });
    };
    await cancel();
    const [formToken] = tokensIn(await browser.get(`/jobs/${id}`));
    const runAgain = () => browser.post(`/jobs/${id}/retry`).type('form').send({ formToken });
    await runAgain();
    await cancel();
    expect(locationOf(await runAgain())).toEqual([303, `/jobs/${id}`]);
    expect(await test.producer.find(id)).toMatchObject({ state: 'cancelled', retries: 1 });
  });

  it('Stop mail and Lift: what was done is said, and a faulty form keeps nothing from being sent', async () => {
    const browser = await openBrowser('operator');
    const stop = (address: string) =>
      browser.post('/suppressions').type('form').send({ formToken: 'token-1', address, reason: 'manual' });
    expect((await stop('nobody')).status).toBe(400);
    expect((await stop('kari@example.no')).status).toBe(303);
    expect(noticeIn(await browser.get('/suppressions'))).toBe('kari@example.no gets no more mail.');
    const lift = { formToken: 'token-1', address: 'kari@example.no', messageStream: '' };
    await browser.post('/suppressions/lift').type('form').send(lift);
    expect(noticeIn(await browser.get('/suppressions'))).toBe('Lifted for kari@example.no.');
    await stop('kari@example.no');
    expect(await test.suppressions.get('kari@example.no', undefined)).toEqual([]);
  });

  it('a notice that was made elsewhere is not shown', async () => {
    const browser = await openBrowser();
    const page = await browser.get('/jobs').set('Cookie', 'heavylift_notice=WyJZb3Ugd29uIl0');
    expect(noticeIn(page)).toBeUndefined();
  });
});

describe('Change and send again', () => {
  /** What the form on that page is filled in with, by field. */
  const valuesOf = async (browser: Browser, id: string, path = '/') => {
    const { text } = await browser.get(`${path}?from=${id}`);
    const inputs = [...text.matchAll(/<input id="[\w-]+" name="(\w+)"[^>]*? value="([^"]*)"/g)].map((found) =>
      found.slice(1),
    );
    const areas = [...text.matchAll(/<textarea[^>]* name="(\w+)"[^>]*>([^<]*)</g)].map((found) => found.slice(1));
    const chosen = [...text.matchAll(/<select[^>]* name="(\w+)"[\s\S]*?<\/select>/g)].map(([select, name]) => [
      name,
      /value="([^"]*)" selected/.exec(select)?.[1],
    ]);
    return { note: noticeOf(text), ...Object.fromEntries([...inputs, ...areas, ...chosen]) };
  };
  const noticeOf = (text: string) => /<p class="notice" role="status"[^>]*>([^<]+)</.exec(text)?.[1];
  const BEFORE = 'Filled in as it was sent before.';

  it('a mail: as it was typed', async () => {
    const browser = await openBrowser();
    const to = '"Kari, Nordmann" <kari@example.no>, ola@example.no';
    const id = idOf(await sendMail(browser, { to, text: 'En\ntekst' }));
    expect(await valuesOf(browser, id)).toMatchObject({
      note: BEFORE,
      to: to.replaceAll('"', '&quot;').replace('<', '&lt;').replace('>', '&gt;'),
      subject: 'Hello',
      text: 'En\ntekst',
    });
  });

  it('an image: its options and its file; where that is gone, a word about it', async () => {
    const browser = await openBrowser();
    const sent = browser.post('/v1/images').field('width', '321').field('fit', 'cover').field('height', '9');
    const id = idOf(await sent.field('format', 'webp').field('quality', '70').attach('file', jpeg, 'a.jpg'));
    expect(await valuesOf(browser, id)).toMatchObject({
      note: BEFORE,
      width: '321',
      height: '9',
      fit: 'cover',
      format: 'webp',
      quality: '70',
    });
    expect((await browser.get(`/?from=${id}`)).text).toContain(`name="kept.file" value="${id}"`);
    await test.storage.remove(`uploads/${(await test.storedFiles())[0]?.split('/')[1]}`);
    const page = await browser.get(`/?from=${id}`);
    expect(noticeOf(page.text)).toBe(`${BEFORE} Choose the file again.`);
    expect(page.text).toContain('name="kept.file" value="" disabled');
  });

  it('a report: of the example, and of data with the rows that were pasted', async () => {
    const browser = await openBrowser();
    const example = idOf(await browser.post('/reports').type('form').send({ month: '2026-09', name: 'Ola' }));
    expect(await valuesOf(browser, example)).toMatchObject({ note: BEFORE, month: '2026-09', name: 'Ola' });
    const fields = {
      title: 'Sales',
      locale: 'nb-NO',
      orientation: 'landscape',
      pasted: 'month,amount\n2026-10,5',
      columns: 'month\namount = currency:NOK',
      chart: 'bar',
      by: 'month',
      category: 'month',
      value: 'amount',
    };
    const sent = browser.post('/reports/new').field(fields).field('sums', '1');
    expect(await valuesOf(browser, idOf(await sent), '/reports/new')).toMatchObject({ note: BEFORE, ...fields });
  });

  it('a job that asks for more than a form can say, or is another caller’s: nothing is filled in', async () => {
    const [kari, ola] = [await openBrowser('kari'), await openBrowser('ola')];
    const send = (more: object) =>
      request(test.app)
        .post('/v1/emails')
        .set('Authorization', bearer('kari'))
        .send({ ...MAIL, ...more });
    const ids = [(await send({ html: '<p>Hello</p>' })).body.id, (await send({ tags: ['spring'] })).body.id];
    for (const id of ids) expect((await valuesOf(kari, id)).note).toBeUndefined();
    const plain = (await send({})).body.id;
    expect([(await valuesOf(kari, plain)).note, (await valuesOf(ola, plain)).note]).toEqual([BEFORE, undefined]);
  });
});

describe('a paused queue', () => {
  it('its jobs say so on their page and in the list', async () => {
    const browser = await openBrowser();
    await test.producer.setPaused('reports', true);
    const id = idOf(await browser.post('/reports').type('form').send({ month: '2026-09', name: 'Ola' }));
    expect((await browser.get(`/jobs/${id}`)).text).toContain('Reports are paused at the moment. ');
    expect((await browser.get('/jobs')).text).toContain('Reports are paused at the moment.');
    await test.producer.setPaused('reports', false);
    expect((await browser.get('/jobs')).text).not.toContain('paused');
  });
});
