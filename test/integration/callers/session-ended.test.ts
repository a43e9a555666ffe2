import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { openTestApp, TEST_KEYS, type TestApp } from '../../support/app.ts';

let test: TestApp;
beforeAll(async () => {
  test = await openTestApp();
});
afterEach(() => test.clear());
afterAll(() => test.close());

type Browser = ReturnType<typeof request.agent>;
const openBrowser = (): Browser => request.agent(test.app).set('Accept', 'text/html');
const MAIL = { formToken: 'token-1', to: 'kari@example.no', subject: 'Hei "du" <3', text: 'En\n\ntekst & mer' };
const sendMail = (browser: Browser, fields: Record<string, string> = MAIL) =>
  browser.post('/emails').type('form').send(fields);
const keptIn = ({ text }: request.Response) => /name="kept" value="([\w-]+)"/.exec(text)?.[1];
const signIn = (browser: Browser, kept?: string, key: string = TEST_KEYS.kari.key) =>
  browser
    .post('/login')
    .type('form')
    .send({ key, ...(kept ? { kept } : {}) });
const noticeIn = ({ text }: request.Response) => /<p class="notice" role="status"[^>]*>([^<]+)</.exec(text)?.[1];

async function expectNothingStored() {
  expect([await test.waiting(), await test.storedFiles()]).toEqual([0, []]);
  const names = await test.redis.client().keys('*');
  expect(names.filter((name) => !name.startsWith('heavylift:{deployment}:'))).toEqual([]);
}

describe('a form that is posted without a session', () => {
  it('401 and the sign-in page, which holds what was typed and shows none of it; nothing is stored', async () => {
    const answer = await sendMail(openBrowser());
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([401, undefined]);
    expect(answer.text).toContain('You are not signed in any more, so nothing was done. What you typed comes back');
    expect(answer.text).not.toContain('kari@example.no');
    await expectNothingStored();
  });

  it('after signing in the form is there as it was typed, with its token, and is sent as the same job', async () => {
    const browser = openBrowser();
    const kept = keptIn(await sendMail(browser));
    const wrong = await signIn(browser, kept, 'not-a-key');
    expect([wrong.status, keptIn(wrong)]).toEqual([401, kept]);
    const page = await signIn(browser, kept);
    expect([page.status, noticeIn(page)]).toEqual([200, 'You are signed in. What you typed is here again.']);
    expect(page.text).toContain('value="Hei &quot;du&quot; &lt;3"');
    expect(page.text).toContain('>En\n\ntekst &amp; mer</textarea>');
    expect(page.text).toContain('name="formToken" value="token-1"');
    expect(page.text).toContain('<span class="who" title="Signed in with this key">kari</span>');
    expect((await sendMail(browser)).status).toBe(303);
    expect(await test.waiting()).toBe(1);
  });

  it('an upload: its fields come back, its file does not and the page says so', async () => {
    const browser = openBrowser();
    const file = Buffer.alloc(3_000_000, 7);
    const answer = await browser.post('/v1/images').field('width', '321').attach('file', file, 'photo.jpg');
    expect(answer.status).toBe(401);
    await expectNothingStored();
    const page = await signIn(browser, keptIn(answer));
    expect(noticeIn(page)).toMatch(/Choose the file again: files are not kept\.$/);
    expect(page.text).toMatch(/id="images-width"[^>]+value="321"/);
  });

  it('a form with a page of its own: that page is shown', async () => {
    const browser = openBrowser();
    const answer = await browser.post('/reports/new').field('title', 'Sales').field('pasted', 'a,b\n1,2');
    const page = await signIn(browser, keptIn(answer));
    expect(page.text).toMatch(/<h1[^>]*>Report from your data<[\s\S]+>a,b\n1,2<\/textarea>/);
  });

  it('64 KB of text are kept, whatever is in it; more is not, and the page says so', async () => {
    const send = (browser: Browser, pasted: string) =>
      browser.post('/reports/new').field('title', 'Sales').field('pasted', pasted);
    const browser = openBrowser();
    const kept = keptIn(await send(browser, '"\n'.repeat(31_900)));
    expect((await signIn(browser, kept)).text).toContain('&quot;\n&quot;\n');
    const refused = await send(openBrowser(), 'x'.repeat(64_001));
    expect([refused.status, keptIn(refused)]).toEqual([401, undefined]);
    expect(refused.text).toContain('What you typed is too much to be kept');
  });

  it('from another site: nothing of it is kept', async () => {
    const answer = await sendMail(openBrowser().set('Sec-Fetch-Site', 'cross-site'));
    expect([answer.status, keptIn(answer)]).toEqual([401, undefined]);
  });

  it('a text that was not sealed here, or a key that may not post it: the first page', async () => {
    const forged = await signIn(openBrowser(), 'WyIvZW1haWxzIl0');
    expect([forged.status, forged.headers['location']]).toEqual([303, '/']);
    const browser = openBrowser();
    const kept = keptIn(await sendMail(browser));
    const answer = await signIn(browser, kept, TEST_KEYS.printer.key);
    expect([answer.status, answer.headers['location']]).toEqual([303, '/']);
  });

  it('an action: leads to the page it stood on', async () => {
    const browser = openBrowser();
    const answer = await browser
      .post('/admin/images/pause')
      .set('Referer', 'http://127.0.0.1/admin')
      .set('Host', '127.0.0.1')
      .type('form')
      .send({ formToken: 'token-1' });
    expect(answer.status).toBe(401);
    expect(answer.text).toContain('action="/login?next=%2Fadmin"');
    expect(keptIn(answer)).toBeUndefined();
  });

  it('an application with a wrong key is told so, as before', async () => {
    const answer = await request(test.app).post('/v1/images').set('Authorization', 'Bearer wrong');
    expect([answer.status, answer.body.detail]).toEqual([401, 'The API key is not known.']);
  });
});

describe('GET /session', () => {
  it('who is signed in; 401 for others', async () => {
    const browser = request.agent(test.app);
    expect((await browser.get('/session')).status).toBe(401);
    await signIn(browser);
    expect((await browser.get('/session')).body).toMatchObject({ caller: expect.any(String) });
  });
});
