import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import request from 'supertest';
import { TEMPLATE_EXAMPLE } from '../../../src/http/openapi/rows/templates.ts';
import { createLinks } from '../../../src/signing/links.ts';
import { bearer, openTestApp, type TEST_KEYS, type TestApp } from '../../support/app.ts';

type Name = keyof typeof TEST_KEYS;

let test: TestApp;
let logo: Buffer;
beforeAll(async () => {
  test = await openTestApp();
  logo = await sharp({ create: { width: 400, height: 200, channels: 3, background: '#0a5f38' } })
    .png()
    .toBuffer();
});
afterAll(() => test.close());

const PATH = '/v1/templates/reports';
const ask = (method: 'get' | 'put' | 'delete' | 'post', path: string, name: Name = 'kari') =>
  request(test.app)[method](path).set('Authorization', bearer(name));
const put = (name: string, body: object, caller: Name = 'kari') => ask('put', `${PATH}/${name}`, caller).send(body);
const post = (body: object, caller: Name = 'kari') => ask('post', '/v1/reports', caller).send(body);
const errorsOf = (body: { errors: { pointer: string; detail: string }[] }) =>
  body.errors.map(({ pointer, detail }) => `${pointer} ${detail}`);
const inputOf = async (id: string) => {
  const { input, inputFile } = (await test.producer.find(id))?.envelope ?? {};
  return inputFile ? JSON.parse((await test.storage.read(inputFile.key)).toString()) : input;
};
const titled = (title: string) => ({ data: { title, blocks: [] } });
const DATA = { customer: { name: 'Kari' }, total: 12.5, orders: [{ item: 'Beans', amount: 12.5 }] };

describe('a stored template', () => {
  it('is made, read in each of its versions, changed and removed by its key alone', async () => {
    const made = await put('sales', titled('One'));
    expect([made.status, made.headers['location'], made.headers['etag']]).toEqual([
      201,
      `${PATH}/sales`,
      expect.stringMatching(/^"1-\w+"$/),
    ]);
    const removed = await put('gone', titled('Gone'));
    await ask('delete', `${PATH}/gone`)
      .set('If-Match', removed.headers['etag'] ?? '')
      .expect(204);
    const anew = await put('gone', titled('Another'));
    // Versions go on counting: the first one was another template.
    expect([anew.status, anew.body.version]).toEqual([201, 2]);
    const refused = await post({ template: 'gone@1' });
    expect([refused.status, errorsOf(refused.body)[0]]).toEqual([400, expect.stringMatching(/^\/template .*gone@1/)]);
    expect((await ask('get', `${PATH}/gone@1`)).status).toBe(404);
    const old = { 'If-None-Match': removed.headers['etag'] ?? '' };
    expect((await ask('get', `${PATH}/gone`).set(old)).body.template).toEqual(titled('Another'));
    expect((await put('gone', {}).set('If-Match', removed.headers['etag'] ?? '')).status).toBe(412);
    await ask('delete', `${PATH}/gone`);
    expect(made.body).toMatchObject({ name: 'sales', version: 1, template: titled('One') });
    expect((await put('sales', titled('One'))).body.version).toBe(1);
    for (let version = 2; version <= 12; version += 1) await put('sales', titled(`Number ${version}`)).expect(200);
    expect((await put('sales', titled('Late')).set('If-Match', '"3"')).status).toBe(412);
    expect((await ask('get', `${PATH}/sales`)).body).toMatchObject({ version: 12, template: titled('Number 12') });
    expect((await ask('get', `${PATH}/sales@4`)).body).toMatchObject({ version: 4, template: titled('Number 4') });
    const { versions } = (await ask('get', `${PATH}/sales/versions`)).body as { versions: { version: number }[] };
    expect(versions.map(({ version }) => version)).toEqual([12, 11, 10, 9, 8, 7, 6, 5, 4, 3]);
    expect((await ask('get', `${PATH}/sales@2`)).status).toBe(404);
    expect((await ask('get', `${PATH}/sales`, 'ola')).status).toBe(404);
    expect((await ask('get', PATH)).body.templates).toMatchObject([{ name: 'sales', version: 12 }]);
    expect((await ask('get', PATH, 'mailer')).status).toBe(403);
    expect((await ask('get', '/v1/templates/images')).status).toBe(404);
    expect((await ask('get', '/v1/templates/emails')).body).toEqual({ templates: [] });
    await ask('delete', `${PATH}/sales`).expect(204);
    expect((await ask('get', `${PATH}/sales@12`)).status).toBe(404);
  });

  it('is refused with the place of each fault, and under a name that is taken', async () => {
    const blocks = [{ type: 'text', text: '{% if %' }, { type: 'texts' }];
    const refused = await put('sales', { data: { title: 'T', blocks } });
    expect([refused.status, errorsOf(refused.body).map((one) => one.split(' ')[0])]).toEqual([
      400,
      ['/data/blocks/0/text', '/data/blocks/1/type'],
    ]);
    for (const name of ['invoice', 'Sales', 'a@1']) expect((await put(name, titled('T'))).status).toBe(400);
    expect((await put('sales', titled('x'.repeat(100_000)))).status).toBe(413);
    expect((await put('sales', [])).status).toBe(400);
    const raw = (json: string) => ask('put', `${PATH}/sales`).type('json').send(json);
    const refusals = await Promise.all([
      put('sales', { ...titled('T'), password: 'hunter2hunter2' }),
      raw('{"data":{"title":"T","blocks":[{"type":"table","rows":[{"a":1e999}]}]}}'),
      raw(`{"data":{"title":"T","blocks":${'['.repeat(3000)}${']'.repeat(3000)}}}`),
    ]);
    expect(refusals.map(({ status, body }) => `${status} ${errorsOf(body)[0]}`)).toEqual([
      '400 /password must be given with each request: a template is kept, and shown, as it is',
      '400  The body must have numbers of at most 1.7e308.',
      '400  The body must be nested at most 100 deep',
    ]);
    expect((await ask('get', `${PATH}/sales`)).status).toBe(404);
  });
});

describe('a report by a stored template', () => {
  it('as docs/templates.md has it: the example is stored, filled, and drawn as it says', async () => {
    const examples = [...readFileSync('docs/templates.md', 'utf8').matchAll(/```json\n(.*?)```/gs)].map(
      ([, json = '']) => json,
    );
    const [template, asked] = examples.map((json) => JSON.parse(json) as { template: string; data: object });
    expect((await put('orders', template ?? {})).status).toBe(201);
    const posted = await post(asked ?? {});
    expect([posted.status, posted.body.facts.title]).toEqual([202, 'Orders of Kari Nordmann']);
    const { data } = await inputOf(posted.body.id);
    expect(data.blocks.map(({ type }: { type: string }) => type)).toEqual(['text', 'table', 'heading', 'list']);
    expect(data.blocks[0].text).toBe('Dear **Kari Nordmann**, you ordered 2 times, for NOK\u00a0308.50.');
    const missing = await post({ ...asked, data: { ...asked?.data, customer: {} } });
    expect(errorsOf(missing.body)[0]).toMatch(/^\/data\/customer\/name must be given/);
    await ask('delete', `${PATH}/orders`);
  });

  it('is filled when it is accepted, with what the request says beside', async () => {
    await put('orders', TEMPLATE_EXAMPLE).expect(201);
    const posted = await post({ template: 'orders', data: DATA, locale: 'nb-NO', tags: ['a'], preview: true });
    expect([posted.status, posted.body.facts.title, posted.body.tags]).toEqual([202, 'Preview: Orders of Kari', ['a']]);
    expect(await inputOf(posted.body.id)).toMatchObject({
      template: 'document',
      locale: 'nb-NO',
      preview: true,
      data: {
        title: 'Orders of Kari',
        blocks: [{ text: '1 orders, 12,50\u00a0kr in all.' }, { rows: DATA.orders }],
      },
    });
  });

  it('has the version that is asked for, and the newest at accept without one', async () => {
    await put('page', titled('First'));
    const posted = await post({ template: 'page' });
    await put('page', titled('Second'));
    const titles = await Promise.all(
      ['page', 'page@1', 'page@2'].map(async (template) => (await post({ template })).body.facts.title),
    );
    expect([posted.body.facts.title, ...titles]).toEqual(['First', 'Second', 'First', 'Second']);
  });

  it('sent again with its Idempotency-Key is the same job, whatever has become of the template', async () => {
    await put('again', titled('Before {{ a }}'));
    const send = (a: string) => post({ template: 'again', data: { a } }).set('Idempotency-Key', '"again"');
    const first = await send('x');
    await put('again', titled('After {{ a }}'));
    const replayed = await send('x');
    expect([replayed.body.id, replayed.headers['idempotency-replayed']]).toEqual([first.body.id, 'true']);
    expect((await send('y')).status).toBe(422);
    const table = { type: 'table', rows: { file: 'f' } };
    const filling = (title: string) => put('filed', { data: { title, blocks: [table] } });
    await filling('{{ a }}');
    const form = () =>
      ask('post', '/v1/reports')
        .set('Idempotency-Key', '"form"')
        .field('report', JSON.stringify({ template: 'filed', data: { a: 'x' }, tags: ['t'] }))
        .attach('f', Buffer.from('a;b\n1;2\n'), 'a.csv');
    const filed = await form();
    await put('again', { tags: ['other'], ...titled('{{ a }} wants {{ b }}') });
    await filling('{{ b }}');
    const [after, filedAfter] = [await send('x'), await form()];
    for (const name of ['again', 'filed']) await ask('delete', `${PATH}/${name}`);
    expect(filed.status).toBe(202);
    for (const again of [after, await send('x')]) {
      expect([again.status, again.body.id, again.headers['idempotency-replayed']]).toEqual([
        202,
        first.body.id,
        'true',
      ]);
    }
    for (const again of [filedAfter, await form()]) expect([again.status, again.body.id]).toEqual([202, filed.body.id]);
    expect((await send('y')).status).toBe(400);
  });

  it("is its caller's, else an operator's", async () => {
    const refused = await post({ template: 'house' });
    expect(errorsOf(refused.body)).toEqual([
      '/template names no template of yours: "house"; there are document, monthly, invoice, and ' +
        'PUT /v1/templates/reports/house makes one',
    ]);
    await put('house', titled("Ola's"), 'ola');
    expect((await post({ template: 'house' })).status).toBe(400);
    await put('house', titled('Of the house'), 'operator').expect(201);
    expect((await post({ template: 'house' })).body.facts.title).toBe('Of the house');
    expect((await post({ template: 'house' }, 'ola')).body.facts.title).toBe("Ola's");
    await put('house', titled('Of the house, again'), 'operator').expect(200);
    expect((await post({ template: 'house@2' })).body.facts.title).toBe('Of the house, again');
    expect((await post({ template: 'house@2' }, 'ola')).status).toBe(400);
  });

  it('says what is wrong at the data, with the place in the template', async () => {
    await put('strict', TEMPLATE_EXAMPLE);
    const errors = async (data: object, more: object = {}) =>
      errorsOf((await post({ template: 'strict', data, ...more }).expect(400)).body);
    const { customer: _customer, ...without } = DATA;
    expect(await errors(without)).toEqual([
      '/data/customer must be given, since it is used by: the template "strict@1", /data/title',
    ]);
    expect(await errors({ ...DATA, orders: [{ item: {} }] })).toEqual([
      '/data/orders/0/item must be a text, a number, true, false or null: the template "strict@1", /data/blocks/1/rows',
    ]);
    expect(await errors({ ...DATA, customer: { name: 'x'.repeat(301) } })).toEqual([
      '/template must be a text of 1 to 300 characters: the template "strict@1", /data/title',
    ]);
    expect(await errors(DATA, { locale: 'xx-nothing', colour: 1 })).toEqual([
      expect.stringMatching(/^\/locale must be a language tag/),
      '/colour is not a known field',
    ]);
    await put('branded', { brand: 'none', locale: 'nb-NO', ...titled('T') });
    expect(errorsOf((await post({ template: 'branded' })).body)).toEqual([
      '/template names no brand of yours: "none"; PUT /v1/brands/none makes it: the template "branded@1", /brand',
    ]);
    expect(errorsOf((await post({ template: 'branded', brand: 'mine' })).body)[0]).toMatch(/^\/brand names no brand/);
    const deep = `{"template":"branded","brand":null,"data":{"a":${'['.repeat(3000)}${']'.repeat(3000)}}}`;
    expect(errorsOf((await ask('post', '/v1/reports').type('json').send(deep)).body)[0]).toMatch(/100 deep$/);
    await put('local', { locale: 'nb-NO', ...titled("{{ n | format: 'number:2' }}") });
    const local = await post({ template: 'local', locale: null, data: { n: 1234.5 } });
    expect(local.body.facts.title).toBe('1\u00a0234,50');
    expect(await errors({ ...DATA, customer: { name: 'a' } }, { template: 'Strict!' })).toEqual([
      '/template must be document, monthly or invoice',
    ]);
  });

  it('of a large body, in a form with a file, and with a brand', async () => {
    await put('files', {
      brand: '{{ brand }}',
      data: {
        title: 'T',
        blocks: [
          { type: 'table', rows: { file: 'sales' } },
          { type: 'table', columns: [{ key: 'n' }], rows: { data: 'rows' } },
        ],
      },
    });
    await ask('put', '/v1/brands/acme').send({ senderName: 'Acme' }).expect(201);
    const rows = Array.from({ length: 15_000 }, (_, n) => ({
      n,
      more: 'a text that makes the body larger than what the loop reads',
    }));
    const report = JSON.stringify({ template: 'files', data: { brand: 'acme', rows }, password: 'secret' });
    const posted = await ask('post', '/v1/reports')
      .field('report', report)
      .attach('sales', Buffer.from('a;b\n1;2\n'), 'sales.csv');
    expect(posted.status).toBe(202);
    const envelope = (await test.producer.find(posted.body.id))?.envelope;
    expect([envelope?.brand?.senderName, Object.keys(envelope?.uploads ?? {})]).toEqual(['Acme', ['sales']]);
    const small = JSON.stringify({ template: 'files', data: { brand: 'none', rows: [] } });
    const refused = await ask('post', '/v1/reports')
      .field('report', small)
      .attach('sales', Buffer.from('a;b\n1;2\n'), 'sales.csv');
    expect(errorsOf(refused.body)).toEqual([expect.stringMatching(/^\/template names no brand of yours: "none"/)]);
  });
});

describe('a mail by a stored template', () => {
  const MAIL = {
    subject: 'Order {{ order.id }}',
    html: '<p>Hello {{ name }}, see <a href="{{ url | link }}">your order</a>.</p>',
    text: 'Hello {{ name }}',
  };
  const VARIABLES = { name: '<Kari> & Ola', order: { id: 7 }, url: 'https://example.no/7' };
  const asked = { to: 'kari@example.no', template: 'order', variables: VARIABLES };
  const send = (body: object) => ask('post', '/v1/emails').send(body);
  beforeAll(async () => {
    expect((await ask('put', '/v1/templates/emails/order').send(MAIL)).status).toBe(201);
  });

  it('is the mail that comes of it, with values escaped in HTML; a subject of its own comes first', async () => {
    const posted = await send(asked);
    expect([posted.status, posted.body.facts.subject]).toEqual([202, 'Order 7']);
    const { template, variables, ...input } = await inputOf(posted.body.id);
    expect([template, variables]).toEqual([undefined, undefined]);
    expect(input).toMatchObject({
      subject: 'Order 7',
      html: '<p>Hello &lt;Kari&gt; &amp; Ola, see <a href="https://example.no/7">your order</a>.</p>',
      text: 'Hello <Kari> & Ola',
    });
    expect((await send({ ...asked, subject: 'Mine' })).body.facts.subject).toBe('Mine');
  });

  it('escapes what it has captured once, tells times in UTC, and refuses an object', async () => {
    const html = '{% capture who %}<b>{{ name }}</b>{% endcapture %}<p>{{ who }}</p>{{ at | date: "%d %H:%M" }}';
    await ask('put', '/v1/templates/emails/made').send({ subject: 'S', html }).expect(201);
    const post = (variables: object) => send({ to: 'kari@example.no', template: 'made', variables });
    const made = await post({ name: 'a & b', at: '2026-10-31T23:30:00Z' });
    expect((await inputOf(made.body.id)).html).toBe('<p><b>a &amp; b</b></p>31 23:30');
    const refused = await Promise.all([post({ name: {}, at: '' }), post({ name: ['a', {}], at: '' })]);
    for (const { status, body } of refused) {
      expect([status, errorsOf(body)[0]]).toEqual([
        400,
        expect.stringMatching(/^\/template can not be filled .*object/),
      ]);
    }
  });

  it('takes in others of its owner, as they stood when the mail was accepted', async () => {
    const store = (name: string, body: object, caller: Name = 'kari') =>
      ask('put', `/v1/templates/emails/${name}`, caller).send(body);
    await store('frame', {
      html: '<main>{% block body %}{% endblock %}</main>{{ name }}',
      text: '[{% block body %}{% endblock %}]',
    });
    await store('foot', { html: '<i>{{ who }}</i>' });
    await store('foot', { html: '<b>{{ who }}</b>' });
    const html =
      "{% layout 'frame' %}{% block body %}{% for one in list %}{% render 'foot', who: one %}{% endfor %}{% render'foot@1', who: name %}{% endblock %}";
    const text = "{% layout 'frame' %}{% block body %}Hi{% endblock %}";
    await store('whole', { subject: 'S', html, text }).expect(201);
    const sendAs = (template: string, caller: Name = 'kari', variables: object = { name: '<K>', list: ['a', 'b'] }) =>
      ask('post', '/v1/emails', caller).send({ to: 'kari@example.no', template, variables });
    const posted = await sendAs('whole');
    expect(await inputOf(posted.body.id)).toMatchObject({
      html: '<main><b>a</b><b>b</b><i>&lt;K&gt;</i></main>&lt;K&gt;',
      text: '[Hi]',
    });
    // An operator's template has the operator's parts, whoever uses it.
    await store('foot', { html: 'operator {{ who }}' }, 'operator');
    await store('shared', { subject: 'S', html: "{% render 'foot', who: name %}" }, 'operator');
    expect((await inputOf((await sendAs('shared')).body.id)).html).toBe('operator &lt;K&gt;');

    await store('a', { subject: 'S', html: "{% render 'b' %}" });
    await store('b', { html: "{% render 'a' %}" });
    await store('lost', { subject: 'S', html: "{% render 'nobody' %}" });
    await store('blind', { subject: 'S', html: "{% render 'foot' %}" });
    for (let at = 0; at <= 20; at += 1) await store(`p${at}`, { html: `{% render 'p${at + 1}' %}` });
    await store('many', { subject: 'S', html: "{% render 'p0' %}" });
    const faults = ['a', 'lost', 'many', 'blind'].map(async (name) => errorsOf((await sendAs(name)).body)[0]);
    expect(await Promise.all(faults)).toEqual([
      '/template takes in itself, by way of "a@1": the template "a@1"',
      '/template can not be filled (takes in "nobody", which is not there): the template "lost@1", /html',
      '/template takes in more than 20 other templates: the template "many@1"',
      '/variables/who must be given, since it is used by: the template "blind@1", /html',
    ]);
    const missing = await sendAs('blind', 'kari', { who: 'K' });
    expect(errorsOf(missing.body)).toEqual([
      '/template can not be filled (there is no "who" in what it renders: give it along in `render`): the template "blind@1", /html',
    ]);
    for (const bad of [
      '{% render name %}',
      "{% include 'foot' %}",
      "{% layout 'a{{ b }}' %}",
      "{% render '../foot' %}",
    ]) {
      expect((await store('bad', { subject: 'S', html: bad })).status).toBe(400);
    }
    const loud = { subject: 'S', html: '<p>{{ name }}</p>', inlineCss: true };
    await store('loud', loud).expect(201);
    expect((await inputOf((await sendAs('loud')).body.id)).inlineCss).toBe(true);
  });

  it('shows its mail: language, brand and the link that its headers have; a footer that it takes in too', async () => {
    const upload = await ask('post', '/v1/uploads').type('image/png').send(logo);
    const brand = {
      logo: { upload: upload.body.id },
      senderName: 'Fjord & Co',
      postalAddress: ['Strandgata 12', '5013 Bergen'],
      colours: { accent: '#0a5f38' },
    };
    await ask('put', '/v1/brands/fjord').send(brand).expect(201);
    const footer =
      '{{ mail.brand.senderName }}, {{ mail.brand.postalAddress | join: ", " }}' +
      '{% if mail.unsubscribeUrl %} <a href="{{ mail.unsubscribeUrl | link }}">{{ mail.words.unsubscribe }}</a>{% endif %}';
    const letter = {
      subject: '{{ mail.words.isReady | replace: "{title}", title }}',
      html:
        '<html lang="{{ mail.lang }}" dir="{{ mail.direction }}"><title>{{ mail.subject }}</title>' +
        '<img src="cid:brand-logo" width="{{ mail.brand.logo.width }}" height="{{ mail.brand.logo.height }}" alt="{{ mail.brand.logo.alt }}">' +
        '<h1 style="color:{{ mail.colours.accent }}">{{ title }}{{ mail.links | size }}</h1>{% render "footer" %}</html>',
      text: '{{ title }}: {{ mail.unsubscribeUrl }}',
    };
    await ask('put', '/v1/templates/emails/footer').send({ html: footer }).expect(201);
    await ask('put', '/v1/templates/emails/letter').send(letter).expect(201);
    const variables = { title: 'A<B', mail: { lang: 'theirs' } };
    const asked = { to: 'Kari <Kari@Example.no>', template: 'letter', variables, brand: 'fjord' };
    const made = async (more: object) => inputOf((await send({ ...asked, ...more }).expect(202)).body.id);

    const { subject, html, text, lang } = await made({ messageStream: 'newsletter', lang: 'nb' });
    const [, url = ''] = /href="([^"]+)">Meld deg av</.exec(html) ?? [];
    expect([subject, text, lang]).toEqual(['A<B er klar', `A<B: ${url}`, 'nb']);
    expect(html).toBe(
      '<html lang="nb" dir="ltr"><title>A&lt;B er klar</title>' +
        '<img src="cid:brand-logo" width="128" height="64" alt="Fjord &amp; Co">' +
        '<h1 style="color:#0a5f38">A&lt;B0</h1>Fjord &amp; Co, Strandgata 12, 5013 Bergen' +
        ` <a href="${url}">Meld deg av</a></html>`,
    );
    const links = createLinks(test.secrets, 'http://127.0.0.1:3000');
    expect(links.readUnsubscribe(url.split('/u/')[1] ?? '')).toEqual({
      address: 'kari@example.no',
      messageStream: 'newsletter',
      caller: 'kari',
      page: { lang: 'nb', sender: 'Fjord & Co', brand: 'fjord' },
    });
    // Of the mail alone, or of its variables: without a stream nobody leaves one.
    const plain = await made({ variables: { ...variables, lang: 'ar' } });
    expect([plain.lang, plain.text, plain.html]).toEqual(['ar', 'A<B: ', expect.stringContaining('dir="rtl"')]);
    expect((await made({ unsubscribeUrl: 'https://a.no/?b&c' })).html).toContain('href="https://a.no/?b&amp;c"');
    expect((await made({ brand: null })).html).toContain('width="" height="" alt=""');
    await ask('put', '/v1/templates/emails/wrong').send({ subject: 'S', text: '{{ mail.brand.sender }}' });
    const refused = await Promise.all([
      send({ ...asked, template: 'wrong' }),
      send({ ...asked, brand: 'nobody' }),
      send({ ...asked, to: 'kari', messageStream: 'newsletter' }),
    ]);
    expect(refused.map(({ body }) => errorsOf(body)[0])).toEqual([
      '/template can not be filled (this mail has no "mail.brand.sender"): the template "wrong@1", /text',
      '/brand names no brand of yours: "nobody"; PUT /v1/brands/nobody makes it',
      expect.stringMatching(/^\/to must be one address/),
    ]);
  });

  it('is written as texts on its page, tried as a dry run, and sent to an address', async () => {
    const form = (path: string, fields: Record<string, string>, name: Name = 'mailer') =>
      ask('post', `/mail-templates${path}`, name)
        .type('form')
        .send({ formToken: String(Math.random()), ...fields });
    const page = (path = '', name: Name = 'mailer') => ask('get', `/mail-templates${path}`, name);
    expect((await page('', 'printer')).status).toBe(403);
    expect((await page()).text).toContain('{{ order.id }} is on its way');
    const refused = await form('', { name: 'hello', subject: 'S', html: '{% if %}', text: '' });
    expect(refused.status).toBe(400);
    expect(refused.text).toMatch(/id="new-body-html-fault".*It can not be read as Liquid/s);
    expect(refused.text).toContain('>\n{% if %}</textarea>');
    const texts = { subject: 'Hi {{ name }}', html: '<p>\r\n{{ name }}</p>', text: '', inlineCss: 'yes' };
    expect((await form('', { name: 'hello', ...texts })).headers['location']).toBe('/mail-templates/hello');
    const { body } = await ask('get', '/v1/templates/emails/hello', 'mailer');
    expect(body.template).toEqual({ subject: 'Hi {{ name }}', html: '<p>\n{{ name }}</p>', inlineCss: true });
    await form('/hello', { version: '1', ...texts, subject: 'Hello {{ name }}' });
    expect((await page('/hello?version=1')).text).toMatch(/former version.*Hi \{\{ name/s);
    const data = '{"name":"Kari"}';
    const tried = await form('/hello/preview', { do: 'preview', data, messageStream: 'news', brand: '' });
    expect(await inputOf(tried.body.id)).toMatchObject({
      ...{ subject: 'Hello Kari', html: '<p>\nKari</p>', dryRun: true, messageStream: 'news' },
    });
    const sent = await form('/hello/preview', { do: 'send', data, to: 'ola@example.no' });
    expect(await inputOf(sent.body.id)).toMatchObject({ to: [{ address: 'ola@example.no' }], subject: 'Hello Kari' });
    expect((await inputOf(sent.body.id)).dryRun).toBeUndefined();
    const nobody = await form('/hello/preview', { do: 'send', data, to: '' });
    expect([nobody.status, nobody.text]).toEqual([400, expect.stringMatching(/id="to-fault".*It must/s)]);
    const missing = await form('/hello/preview', { do: 'preview', data: '{}' });
    expect(missing.text).toMatch(/id="data-fault".*variables\/name must be given/s);

    const preview = (id: string, name: Name) => ask('get', `/mail-previews/${id}`, name);
    const shown = await preview(tried.body.id, 'mailer');
    expect([shown.status, shown.text]).toEqual([200, expect.stringMatching(/http-equiv="refresh".*being made/s)]);
    const others = [
      preview(tried.body.id, 'kari'),
      preview('eml_none', 'mailer'),
      preview(`${tried.body.id}/html`, 'mailer'),
    ];
    expect((await Promise.all(others)).map(({ status }) => status)).toEqual([404, 404, 404]);
  });

  it('in a batch: a verdict for each entry, and the same key again finds the same mails', async () => {
    const messages = [
      asked,
      { ...asked, variables: {} },
      { to: 'ola@example.no', subject: 'S', text: 'T' },
      { ...asked, template: 'none' },
    ];
    const post = () => ask('post', '/v1/emails/batch').set('Idempotency-Key', '"mails"').send({ messages });
    const items = (await post()).body.items as {
      status: number;
      job?: { id: string };
      problem?: { errors: { pointer: string }[] };
    }[];
    expect(items.map(({ status, problem }) => problem?.errors[0]?.pointer ?? status)).toEqual([
      202,
      '/messages/1/variables/order',
      202,
      '/messages/3/template',
    ]);
    await ask('put', '/v1/templates/emails/order').send({ ...MAIL, text: 'Changed' });
    expect((await post()).body.items[0].job.id).toBe(items[0]?.job?.id);
    await ask('delete', '/v1/templates/emails/order');
    expect((await post()).body.items[0]).toMatchObject({ status: 202, replayed: true, job: { id: items[0]?.job?.id } });
    await ask('put', '/v1/templates/emails/order').send(MAIL);
  });

  it('in a batch has one time for all of its entries', async () => {
    const text = '{% for a in (1..3000) %}{% for b in (1..3000) %}{{ b }}{% endfor %}{% endfor %}';
    await ask('put', '/v1/templates/emails/slow').send({ subject: 'S', text }).expect(201);
    const messages = [
      ...Array.from({ length: 20 }, () => ({ ...asked, template: 'slow' })),
      { ...asked, template: 'order' },
    ];
    const { body } = await ask('post', '/v1/emails/batch').send({ messages });
    const said = body.items.map(
      ({ problem }: { problem?: { errors: { detail: string }[] } }) => problem?.errors[0]?.detail,
    );
    expect(said[0]).toMatch(/^can not be filled \(template render limit exceeded/);
    expect(said.at(-1)).toMatch(
      /^takes more than the 2 seconds that a request has for filling templates: the template "order@/,
    );
  });

  it.each<[string, object, string]>([
    [
      'a variable that is missing',
      { variables: { ...VARIABLES, name: undefined } },
      '/variables/name must be given, since it is used by: the template "order@',
    ],
    ['content beside it', { text: 'T' }, '/text must not be given together with `template`'],
    [
      'a link that could run something',
      { variables: { ...VARIABLES, url: 'javascript:alert(1)' } },
      '/template can not be filled (a link must be an absolute address',
    ],
    [
      'a subject of two lines',
      { variables: { ...VARIABLES, order: { id: 'a\nb' } } },
      '/template must not contain line breaks or other control characters: the template "order@',
    ],
  ])('%s is refused', async (_what, more, said) => {
    const { status, body } = await send({ ...asked, ...more });
    expect([status, errorsOf(body)[0]]).toEqual([400, expect.stringContaining(said)]);
  });

  it.each<[string, object, string]>([
    ['without a text', { subject: 'S' }, '/text must be given, or `html`'],
    ['with a field that mails have and templates not', { text: 'T', to: 'a@example.no' }, '/to is not a known field'],
    ['that is no Liquid', { text: '{{ a', html: '{% if %}' }, '/html can not be read as Liquid'],
    [
      'that would read a file',
      { text: "{% render '_frame' %}" },
      '/text can not be read as Liquid: "render" must name a template in quotes',
    ],
  ])('a template %s is refused', async (_what, body, said) => {
    const refused = await ask('put', '/v1/templates/emails/other').send(body);
    expect([refused.status, errorsOf(refused.body)[0]]).toEqual([400, expect.stringContaining(said)]);
  });
});
