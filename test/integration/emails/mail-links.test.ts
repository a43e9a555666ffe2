import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import request from 'supertest';
import { createLinks } from '../../../src/signing/links.ts';
import { WORDS } from '../../../workers/emails/unsubscribe/languages/languages.ts';
import type { UnsubscribeWords } from '../../../workers/emails/unsubscribe/languages/unsubscribe-words.ts';
import { createStreams } from '../../../workers/emails/unsubscribe/streams.ts';
import { chooseLanguage, wordsOf } from '../../../workers/emails/unsubscribe/words.ts';
import { WORDS as MAIL_WORDS } from '../../../workers/emails/words/languages.ts';
import { bearer, openTestApp, type TestApp } from '../../support/app.ts';
import { until } from '../../support/until.ts';

/** The links that mails bring: nobody who follows them has a key. */
let test: TestApp;
let links: ReturnType<typeof createLinks>;
beforeAll(async () => {
  test = await openTestApp();
  links = createLinks(test.secrets, '');
});
afterEach(() => test.clear());
afterAll(() => test.close());

const BROWSER = { Accept: 'text/html,application/xhtml+xml,*/*;q=0.8' };
const isSuppressed = async (address: string, stream: string, caller = 'kari') =>
  (await test.suppressions.find([address], stream, caller)).get(address)?.reason ?? null;

describe('an unsubscribe link', () => {
  const url = (caller: string | null = 'kari') =>
    links.unsubscribeUrl({ address: 'kari@example.no', messageStream: 'news', caller });

  it('opened: a page with a button, and nothing changes', async () => {
    const page = await request(test.app).get(url()).set(BROWSER);
    expect([page.status, page.headers['cache-control'], page.headers['x-robots-tag']]).toEqual([
      200,
      'no-store',
      'noindex',
    ]);
    expect(page.text).toMatch(/<form[^>]* method="post">\s*<button[^>]*>Unsubscribe<\/button>/);
    expect(page.text).toContain('kari@example.no');
    expect(page.text).not.toMatch(/Sign (?:in|out)|href="\/(?!assets)/);
    expect((await request(test.app).head(url())).status).toBe(200);
    expect(await isSuppressed('kari@example.no', 'news')).toBeNull();
  });

  it.each([
    ['application/x-www-form-urlencoded', 'List-Unsubscribe=One-Click'],
    [
      'multipart/form-data; boundary=b',
      '--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--',
    ],
  ])('posted by a mail program as %s: 200, and the person is off that stream alone', async (type, body) => {
    const answer = await request(test.app).post(url()).type(type).send(body);
    expect([answer.status, answer.text]).toEqual([200, 'Unsubscribed.\n']);
    expect(await isSuppressed('kari@example.no', 'news')).toBe('unsubscribe');
    expect(await isSuppressed('kari@example.no', 'receipts')).toBeNull();
    expect((await request(test.app).post(url())).status).toBe(200);
  });

  it('stops the mails of the caller who sent it; of an operator, and of a link that names nobody, everybody’s', async () => {
    await request(test.app).post(url('kari'));
    expect([
      await isSuppressed('kari@example.no', 'news'),
      await isSuppressed('kari@example.no', 'news', 'ola'),
    ]).toEqual(['unsubscribe', null]);
    for (const sender of ['operator', null]) {
      await test.clear();
      await request(test.app).post(url(sender));
      expect(await isSuppressed('kari@example.no', 'news', 'ola')).toBe('unsubscribe');
    }
  });

  it('its button pressed: a page that says so', async () => {
    const answer = await request(test.app).post(url()).set(BROWSER);
    expect([answer.status, /You are unsubscribed/.test(answer.text)]).toEqual([200, true]);
    expect(await isSuppressed('kari@example.no', 'news')).toBe('unsubscribe');
  });

  describe('its page', () => {
    const linkOf = (page: { lang?: string; sender?: string; brand?: string }, messageStream = 'news') =>
      links.unsubscribeUrl({
        ...{ address: 'kari@example.no', messageStream, caller: 'kari' },
        page: { lang: null, sender: null, brand: null, ...page },
      });
    const open = async (link: string, languages = '') =>
      (await request(test.app).get(link).set(BROWSER).set('Accept-Language', languages)).text;
    const press = async (link: string, what: string) =>
      (await request(test.app).post(`${link}?do=${what}`).set(BROWSER)).text;

    it('is in the sender’s name, and in the language of the mail, else of the browser', async () => {
      const page = await open(linkOf({ lang: 'nb-NO', sender: 'Blomster & Bær' }), 'de');
      expect(page).toContain('<html lang="nb" dir="ltr">');
      expect(page).toContain('<title>Melde deg av? · Blomster &amp; Bær</title>');
      expect(page).toMatch(/vil ikke lenger få «<strong class="address"><bdi>news<.* fra <strong.*Blomster &amp; Bær</);
      expect(page).not.toContain('Heavylift');
      expect(await open(linkOf({ lang: 'xx', sender: 'S' }), 'xx, fr;q=0.4, de-CH;q=0.8')).toContain(
        '>Abmelden</button>',
      );
      expect(await open(linkOf({ lang: 'ar' }))).toContain('<html lang="ar" dir="rtl">');
      for (const [asked, lang] of [
        ['no', 'nb'],
        ['zh-TW', 'zh-Hant'],
        ['pt_BR', 'pt-BR'],
        ['pt-PT', 'pt'],
        ['iw', 'he'],
      ] as const) {
        expect(await open(linkOf({ lang: asked }))).toContain(
          `<html lang="${lang}" dir="${lang === 'he' ? 'rtl' : 'ltr'}">`,
        );
      }
      expect(await open(linkOf({}), '*, tlh, ja;q=0.5')).toContain('>配信停止</button>');
      expect(await open(linkOf({}, 'transactional'))).toContain('mails like this one');
    });

    it('has what the brand says of the sender, as it is now', async () => {
      const brand = { senderName: 'Hagesenteret', postalAddress: ['Storgata 1', '0155 Oslo'] };
      await request(test.app).put('/v1/brands/garden').set('Authorization', bearer('kari')).send(brand).expect(201);
      const page = await open(linkOf({ sender: 'Kari', brand: 'garden' }));
      expect(page).toContain('Unsubscribe? · Hagesenteret');
      expect(page).toContain('<bdi>0155 Oslo</bdi>');
      expect(await open(linkOf({ sender: 'Kari', brand: 'gone' }))).toContain('Unsubscribe? · Kari');
    });

    it('has the logo and the colour of the brand', async () => {
      const png = Buffer.from(
        'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
        'base64',
      );
      const as = (method: 'post' | 'put', path: string) =>
        request(test.app)[method](path).set('Authorization', bearer('kari'));
      const { body } = await as('post', '/v1/uploads').type('image/png').send(png);
      const brand = { senderName: 'Hagesenteret', logo: { upload: body.id }, colours: { accent: '#0a5f38' } };
      await as('put', '/v1/brands/green').send(brand).expect(201);
      const link = linkOf({ brand: 'green' });
      const page = await open(link);
      expect(page).toContain(`src="${link}/logo" alt="Hagesenteret"`);
      expect(page).toContain(`<link rel="stylesheet" href="${link}/look.css">`);
      const logo = await request(test.app).get(`${link}/logo`);
      expect([logo.headers['content-type'], Buffer.compare(logo.body, png)]).toEqual(['image/png', 0]);
      const look = await request(test.app).get(`${link}/look.css`);
      expect([look.headers['content-type'], look.text]).toEqual([
        'text/css; charset=utf-8',
        expect.stringContaining('--accent:#0a5f38;'),
      ]);
      for (const none of [linkOf({}), linkOf({ brand: 'gone' }), '/u/none']) {
        expect((await request(test.app).get(`${none}/logo`)).status).toBe(404);
        expect((await request(test.app).get(`${none}/look.css`)).status).toBe(404);
      }
    });

    it('offers the other streams of the sender, each to be left and taken back', async () => {
      const redis = test.redis.client();
      const streams = createStreams(redis);
      for (const stream of ['news', 'offers', 'tips & <b>']) await streams.note('kari', stream);
      await streams.note('ola', 'secret');
      const link = linkOf({ sender: 'Shop' });
      const page = await open(link);
      expect(page).toMatch(/Also from Shop.*stream=offers".*stream=tips%20%26%20%3Cb%3E".*tips &amp; &lt;b&gt;/s);
      expect(page).not.toMatch(/secret|stream=news"/);
      expect(await press(link, 'stream&stream=offers')).toMatch(/Unsubscribe\?.*do=undo&(?:amp;)?stream=offers"/s);
      expect([await isSuppressed('kari@example.no', 'offers'), await isSuppressed('kari@example.no', 'news')]).toEqual([
        'unsubscribe',
        null,
      ]);
      await press(link, 'undo&stream=offers');
      expect(await isSuppressed('kari@example.no', 'offers')).toBeNull();
      const none = await request(test.app).post(`${link}?do=stream&stream=secret`).set(BROWSER);
      expect([none.status, await isSuppressed('kari@example.no', 'secret')]).toEqual([404, null]);
      expect(await press(link, 'all')).not.toContain('Also from');
      for (let at = 0; at < 30; at += 1) await streams.note('kari', `s${at}`);
      expect((await streams.list('kari')).length).toBe(20);
    });

    it('shows what was left, and takes it back: the stream, or all mail of the sender', async () => {
      const link = linkOf({ sender: 'Shop' });
      expect(await press(link, 'stream')).toMatch(/do=undo".*>Undo</s);
      expect(await open(link)).toContain('You are unsubscribed');
      expect(await press(link, 'undo')).toContain('gets mail from');
      expect([await isSuppressed('kari@example.no', 'news'), await open(link)]).toEqual([
        null,
        expect.stringContaining('Unsubscribe?'),
      ]);
      expect(await press(link, 'all')).toMatch(/gets no more mail from.*do=undo-all/s);
      expect(await isSuppressed('kari@example.no', 'receipts')).toBe('unsubscribe');
      expect(await isSuppressed('kari@example.no', 'receipts', 'ola')).toBeNull();
      await press(link, 'undo-all');
      expect(await isSuppressed('kari@example.no', 'receipts')).toBeNull();
    });

    it('says in every language of mails what is filled in', () => {
      expect(Object.keys(MAIL_WORDS).filter((name) => chooseLanguage([name]) === 'en')).toEqual(['en']);
      const places = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();
      const english = Object.entries(wordsOf('en')) as [keyof UnsubscribeWords, string][];
      for (const [language, words] of Object.entries(WORDS)) {
        expect([language, ...english.map(([word]) => places(words[word]))]).toEqual([
          language,
          ...english.map(([, text]) => places(text)),
        ]);
      }
    });

    it('takes back nothing that came by another way', async () => {
      const entry = { address: 'kari@example.no', note: null, caller: 'kari' };
      await test.suppressions.add([{ ...entry, messageStream: 'news', reason: 'complaint' }]);
      const link = linkOf({});
      await press(link, 'stream');
      expect(await press(link, 'undo')).toMatch(/gets no more “(?!.*<button)/s);
      expect(await isSuppressed('kari@example.no', 'news')).toBe('complaint');
    });

    it.each(['manual', 'unsubscribe'] as const)(
      'leaves what the application entered (%s), and says so',
      async (reason) => {
        const entry = { address: 'kari@example.no', messageStream: null, reason, note: 'by letter', caller: 'kari' };
        const link = linkOf({ sender: 'Shop' });
        const standing = async () =>
          (await test.suppressions.get('kari@example.no', ['kari'])).map((one) => [
            one.messageStream,
            one.reason,
            one.note,
          ]);
        await test.suppressions.add([entry]);
        await press(link, 'all');
        await press(link, 'stream');
        expect(await standing()).toEqual([
          [null, reason, 'by letter'],
          ['news', 'unsubscribe', null],
        ]);
        expect((await request(test.app).post(`${link}?do=undo-all`)).text).toMatch(/^Still unsubscribed: /);
        expect(await press(link, 'undo')).toMatch(/gets no more mail from(?!.*<button)/s);
        expect(await standing()).toEqual([[null, reason, 'by letter']]);
        // Entered after the link was used, and after the person was erased: it stays as well.
        await test.suppressions.remove('kari@example.no', null, ['kari']);
        await press(link, 'all');
        await test.suppressions.add([entry]);
        await test.suppressions.forget('kari@example.no', ['kari']);
        await press(link, 'all');
        await test.suppressions.forget('kari@example.no', ['kari']);
        await press(link, 'undo-all');
        expect(await standing()).toEqual([[null, reason, null]]);
      },
    );

    it('of a stream and of all mail: takes back one, and shows the other', async () => {
      const link = linkOf({});
      for (const what of ['stream', 'all']) await press(link, what);
      await test.suppressions.forget('kari@example.no', ['kari']);
      expect(await press(link, 'undo-all')).toMatch(/gets no more “.*do=undo"/s);
      expect(await press(link, 'undo')).toContain('as before');
    });
  });

  it('changed, cut, made up, or of another sort: 404, and nobody is unsubscribed', async () => {
    const token = url().slice('/u/'.length);
    const flipped = `${token.slice(0, 20)}${token[20] === 'A' ? 'B' : 'A'}${token.slice(21)}`;
    const other = links.resultUrl({ job: 'x', file: null }, Date.now() + 60_000).slice('/r/'.length);
    const foreign = createLinks(['another secret, as long as it needs'], '').unsubscribeUrl({
      address: 'kari@example.no',
      messageStream: 'news',
      caller: 'kari',
    });
    for (const bad of [flipped, token.slice(0, -3), 'x', `${token}A`, other, foreign.slice('/u/'.length)]) {
      expect((await request(test.app).post(`/u/${bad}`)).status).toBe(404);
      expect((await request(test.app).get(`/u/${bad}`).set(BROWSER)).status).toBe(404);
    }
    expect(await isSuppressed('kari@example.no', 'news')).toBeNull();
  });

  it('tells nobody on the way whose it is, and is the same each time', () => {
    const token = url().slice('/u/'.length);
    expect(Buffer.from(token, 'base64url').toString('latin1')).not.toMatch(/kari|news/);
    expect(url()).toBe(url());
  });

  it('Redis is away: 503, so that the mail program tries again', async () => {
    await test.redis.kill();
    expect((await request(test.app).post(url())).status).toBe(503);
    await test.redis.start();
    await until('the app has found Redis again', () => test.producer.check().then(() => true));
  });
});

describe('a link to a result', () => {
  const soon = () => Date.now() + 60_000;
  const post = async (path: string, body: object) =>
    (await request(test.app).post(path).set('Authorization', bearer('kari')).send(body)).body.id as string;
  const waitingReport = () => post('/v1/reports', { data: { title: 'T' } });
  /** A completed job with these files, as a worker would leave it. */
  async function complete(files: string[]): Promise<string> {
    const id = await waitingReport();
    const stored = await Promise.all(
      files.map(async (name) => {
        const key = `results/${id}/${name}`;
        const type = name.endsWith('.pdf') ? 'application/pdf' : 'text/html';
        return { key, name, type, ...(await test.storage.put(key, [Buffer.from(`${name}!`)] as never)) };
      }),
    );
    const client = test.redis.client();
    const key = (name: string) => `heavylift:{reports}:reports:${name}`;
    await client
      .multi()
      .lrem(key('wait'), 0, id)
      .zrem(key('priority'), id)
      .zadd(key('completed'), Date.now(), id)
      .hset(key(id), { returnvalue: JSON.stringify({ result: {}, files: stored }), finishedOn: Date.now() })
      .exec();
    return id;
  }

  it('of one file: that file, without a key; of several: a list, or the one that the link names', async () => {
    const one = await request(test.app).get(
      links.resultUrl({ job: await complete(['report.pdf']), file: null }, soon()),
    );
    expect([one.status, one.headers['content-type'], one.body.toString()]).toEqual([
      200,
      'application/pdf',
      'report.pdf!',
    ]);
    const job = await complete(['a.pdf', 'b.html']);
    const all = links.resultUrl({ job, file: null }, soon());
    expect((await request(test.app).get(all)).body.map(({ name }: { name: string }) => name)).toEqual([
      'a.pdf',
      'b.html',
    ]);
    const page = await request(test.app).get(all).set(BROWSER);
    expect(page.text).toContain(`href="${all}/b.html"`);
    const html = await request(test.app).get(`${all}/b.html`).set(BROWSER);
    expect([html.text, html.headers['content-disposition']]).toEqual(['b.html!', 'attachment; filename="b.html"']);
    const named = await request(test.app).get(links.resultUrl({ job, file: 'b' }, soon()));
    expect(named.text).toBe('b.html!');
    expect((await request(test.app).get(`${links.resultUrl({ job, file: 'b' }, soon())}/a.pdf`)).status).toBe(404);
    expect((await request(test.app).get(`${all}/..%2f..%2fsecret`)).status).toBe(404);
  });

  it('of a job that has not ended: 202, and a page that looks again', async () => {
    const url = links.resultUrl({ job: await waitingReport(), file: null }, soon());
    const [program, page] = [await request(test.app).get(url), await request(test.app).get(url).set(BROWSER)];
    expect([program.status, program.headers['retry-after']]).toEqual([202, '10']);
    expect([page.status, page.text]).toEqual([202, expect.stringContaining('http-equiv="refresh" content="10"')]);
  });

  it('of a job that was cancelled: why there is no file', async () => {
    const id = await waitingReport();
    await request(test.app).post(`/v1/jobs/${id}/cancel`).set('Authorization', bearer('kari'));
    const answer = await request(test.app).get(links.resultUrl({ job: id, file: null }, soon()));
    expect([answer.status, answer.body.code]).toEqual([409, 'cancelled']);
  });

  it('too old, of a job that is gone, not ours: 410, 410, 404, for people in a sentence', async () => {
    const job = await complete(['report.pdf']);
    const late = links.resultUrl({ job, file: null }, Date.now() - 60_000);
    const gone = links.resultUrl({ job: `rep_${'0'.repeat(26)}`, file: null }, soon());
    const urls = [
      late,
      gone,
      '/r/abc',
      links.unsubscribeUrl({ address: 'a@b.no', messageStream: 'x', caller: null }).replace('/u/', '/r/'),
    ];
    expect(await Promise.all(urls.map(async (url) => (await request(test.app).get(url)).status))).toEqual([
      410, 410, 404, 404,
    ]);
    const page = await request(test.app).get(late).set(BROWSER);
    expect([page.status, page.text]).toEqual([410, expect.stringContaining('limited time, which is over')]);
  });
});

describe('the page of suppressions', () => {
  const as = (who: Parameters<typeof bearer>[0], method: 'get' | 'post', path = '/suppressions') =>
    request(test.app)[method](path).set('Authorization', bearer(who)).set(BROWSER);

  it('is the operator’s: entered, shown with its note, lifted', async () => {
    expect((await as('kari', 'get')).status).toBe(403);
    const typed = { address: 'Kari@example.no', reason: 'complaint', messageStream: '', note: '<b>by post</b>' };
    expect((await as('operator', 'post').type('form').send(typed)).headers['location']).toBe('/suppressions');
    const page = await as('operator', 'get');
    expect(page.text).toContain('kari@example.no');
    expect(page.text).toContain('&lt;b&gt;by post&lt;/b&gt;');
    const [, ask = ''] = /href="([^"]*\/lift\?[^"]*)"/.exec(page.text) ?? [];
    const asked = await as('operator', 'get', ask.replaceAll('&amp;', '&'));
    expect(asked.text).toMatch(/<strong class="address">kari@example\.no<.*Complaint.*every mail of everybody/s);
    expect(asked.text).toContain('This person said that our mail is spam');
    expect(await isSuppressed('kari@example.no', 'news')).toBe('complaint');
    const lift = { address: 'kari@example.no', messageStream: '' };
    const lifted = await as('operator', 'post', '/suppressions/lift').type('form').send(lift);
    expect(lifted.status).toBe(303);
    expect(await isSuppressed('kari@example.no', 'news')).toBeNull();
    const after = await as('operator', 'get', lifted.headers['location']);
    expect(after.text).toContain('No address is suppressed.');
    const [, token = ''] = /name="lifted" value="([\w-]+)"/.exec(after.text) ?? [];
    const restore = (text: string) =>
      as('operator', 'post', '/suppressions/restore').type('form').send({ lifted: text });
    await restore(`${token}x`);
    expect(await isSuppressed('kari@example.no', 'news')).toBeNull();
    await restore(token);
    expect(await test.suppressions.get('kari@example.no', [null])).toMatchObject([
      { reason: 'complaint', note: '<b>by post</b>', caller: null, messageStream: null },
    ]);
    expect((await as('operator', 'get')).text).not.toContain('Take it back');
  });

  it('a bounce: until when it holds; taken back it holds as long, and one that a link entered is undone by that link', async () => {
    const at = new Date(Date.now() - 86_400_000).toISOString();
    await test.suppressions.add([
      { address: 'gone@example.no', messageStream: null, reason: 'bounce', note: null, caller: null, at },
    ]);
    const link = links.unsubscribeUrl({ address: 'kari@example.no', messageStream: 'news', caller: 'kari' });
    await request(test.app).post(link);
    const [before] = await test.suppressions.get('gone@example.no', [null]);
    const page = await as('operator', 'get');
    expect(page.text).toMatch(
      new RegExp(`until <time datetime="${before?.until}">[^<]+</time>, then one mail is tried`),
    );
    for (const lift of [
      { address: 'gone@example.no', messageStream: '', caller: '' },
      { address: 'kari@example.no', messageStream: 'news', caller: 'kari' },
    ]) {
      const lifted = await as('operator', 'post', '/suppressions/lift').type('form').send(lift);
      const token = new URL(lifted.headers['location'] ?? '', 'http://x').searchParams.get('lifted');
      await as('operator', 'post', '/suppressions/restore').type('form').send({ lifted: token });
    }
    expect(await test.suppressions.get('gone@example.no', [null])).toEqual([before]);
    expect((await request(test.app).post(`${link}?do=undo`)).text).toBe('Subscribed again.\n');
  });

  it('a fault: at its field, with what was typed', async () => {
    const typed = { address: 'nobody', reason: 'manual', messageStream: 'No!', note: 'kept' };
    const page = await as('operator', 'post').type('form').send(typed);
    expect(page.status).toBe(400);
    expect(page.text).toContain('Address must be one address like');
    expect(page.text).toMatch(/id="suppress-messageStream-fault" role="alert">/);
    expect(page.text).toContain('value="kept"');
  });
});
