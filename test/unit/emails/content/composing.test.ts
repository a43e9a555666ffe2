import { describe, expect, it } from '@jest/globals';
import { createLinks } from '../../../../src/signing/links.ts';
import { createSuppressions } from '../../../../src/suppressions/store.ts';
import { FILLING_MS } from '../../../../src/templates/template.ts';
import { defaultConfig } from '../../../../workers/config.ts';
import { engine } from '../../../../workers/emails/stored/engine.ts';
import { errorOf, mail, onlyMail, openMail, runContext, runningJob, storeJob } from '../open-mail.ts';

const SECRET = 'a secret of the tests that is long enough';

describe('a mail made of a template', () => {
  it('arrives with text, HTML and subject', async () => {
    const { server, send } = await openMail();
    const variables = { title: 'Rapport for blåbær', name: 'Kari' };
    await send({ to: 'kari@example.no', template: 'report-ready', variables });
    const { subject, text, html } = onlyMail(server).parsed;
    expect([subject, text]).toEqual(['Rapport for blåbær is ready', expect.stringContaining('Hello Kari,')]);
    expect(html).toContain('Rapport for blåbær</h1>');
  });

  it('that misses a variable: fails for good, names it, and nothing is sent', async () => {
    const { server, send } = await openMail();
    const error = await errorOf(send({ to: 'kari@example.no', template: 'notification', subject: 'S' }));
    expect([error.code, error.retryable]).toEqual(['template_failed', false]);
    expect(error.message).toMatch(/^The template notification \(html, line \d+\) failed: undefined variable: \w+\.$/);
    expect(server.connections).toBe(0);
  });
});

describe('a brand', () => {
  const upload = `upd_${'2'.repeat(26)}`;
  const logo = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  );
  const brand = {
    ...{ name: 'fjord', version: 1, senderName: 'Fjordkaffe AS', postalAddress: ['Strandgata 12', '5013 Bergen'] },
    ...{ logo: { upload }, colours: { accent: '#0a5f38', muted: '#444444' } },
  };
  const stored = { key: 'uploads/logo', name: 'logo.png', type: 'image/png', bytes: logo.length, sha256: '' };
  const context = {
    files: { 'uploads/logo': logo },
    found: { id: upload, state: 'completed' as const, files: [stored] },
  };
  const news = { messageStream: 'news', to: 'kari@example.no' };

  it('is the mail’s logo, colours, sender and address, where the mail is made by us', async () => {
    const { server, processor, redis } = await openMail();
    const mails = [
      { ...news, template: 'notification', variables: { title: 'Nytt', message: 'Hei' }, from: 'news@firma.no' },
      { ...news, subject: 'Nytt', markdown: 'Hei', from: 'Kari <kari@firma.no>' },
      { ...news, subject: 'Nytt', html: '<p>Hei</p>', text: 'Hei' },
      { ...news, subject: 'Nytt', html: '<p><img src="cid:brand-logo"></p>', text: 'Hei' },
    ];
    const warnings: unknown[] = [];
    for (const [index, input] of mails.entries()) {
      const job = { ...runningJob({ ...input, brand: 'fjord' }, index), brand };
      await storeJob(redis, job);
      const { result } = await processor.process(job, runContext(context));
      warnings.push(result.warnings?.map(({ code }) => code));
    }
    expect(server.mails.map(({ parsed }) => parsed.from?.text)).toEqual([
      '"Fjordkaffe AS" <news@firma.no>',
      '"Kari" <kari@firma.no>',
      '"Fjordkaffe AS" <post@firma.no>',
      '"Fjordkaffe AS" <post@firma.no>',
    ]);
    const [made, written, plain, own] = server.mails.map(({ parsed }) => parsed);
    expect(made?.text).toMatch(/\nFjordkaffe AS\nStrandgata 12\n5013 Bergen\n$/);
    expect(made?.html).toMatch(/a \{ color: #0a5f38; \}.*style="color:#444444;">Unsubscribe</s);
    expect(written?.html).toContain('<bdi>5013 Bergen</bdi>');
    // In the place of its content id, the reader puts the picture itself.
    for (const mail of [made, written, own])
      expect(mail?.html).toContain(`src="data:image/png;base64,${logo.toString('base64')}"`);
    expect(server.mails.map(({ source }) => /Content-Id: <brand-logo>/i.test(source))).toEqual([
      true,
      true,
      false,
      true,
    ]);
    expect([plain?.html, plain?.attachments]).toEqual(['<p>Hei</p>', []]);
    // What the caller has written itself has no postal address.
    expect(warnings).toEqual([undefined, undefined, ['no_postal_address'], ['no_postal_address']]);
  });

  it('whose logo was erased: the mail goes without it, and says so', async () => {
    const { server, processor, redis } = await openMail();
    const job = { ...runningJob({ to: 'kari@example.no', subject: 'S', markdown: 'Hei', brand: 'fjord' }), brand };
    await storeJob(redis, job);
    const { result } = await processor.process(job, runContext());
    expect(result.warnings).toEqual([
      { code: 'logo_missing', message: 'The logo of the brand "fjord" was erased, so the mail goes without it.' },
    ]);
    const { html } = onlyMail(server).parsed;
    expect([html, html]).toEqual([
      expect.stringContaining('<bdi>Fjordkaffe AS</bdi>'),
      expect.not.stringContaining('<img'),
    ]);
  });
});

describe('unsubscribing', () => {
  it('the caller’s own link: in the headers of RFC 8058', async () => {
    const { server, send } = await openMail();
    const unsubscribeUrl = 'https://example.no/avmeld?id=blåbær&x=1';
    await send({ ...mail, to: ['kari@example.no', 'ola@example.no'], unsubscribeUrl });
    const { source } = onlyMail(server);
    expect(source).toMatch(/^List-Unsubscribe: <https:\/\/example\.no\/avmeld\?id=bl%C3%A5b%C3%A6r&x=1>\r$/m);
    expect(source).toMatch(/^List-Unsubscribe-Post: List-Unsubscribe=One-Click\r$/m);
  });

  it('a stream: our own link, for this person and stream, the same in every run and in stored templates', async () => {
    const { server, processor, redis } = await openMail();
    const news = { template: 'notification', variables: { title: 'Nytt', message: 'Hei', lang: 'nb' } };
    const from = 'Bær & Blomster <post@firma.no>';
    const job = runningJob({ ...news, from, to: 'Kari@Example.no', messageStream: 'news' });
    for (const attempt of [1, 2]) {
      await storeJob(redis, job);
      await processor.process({ ...job, attempt }, runContext());
    }
    const [first, second] = server.mails.map(({ source }) => source.replace(/boundary="[^"]*"|--[-\w]+/g, ''));
    expect(first).toBe(second);
    const headers = server.mails[0]?.source.replace(/\r\n[ \t]+/g, ' ') ?? '';
    const [, token = ''] = /^List-Unsubscribe: <https:\/\/www\.firma\.no\/mail\/u\/([\w-]+)>\r$/m.exec(headers) ?? [];
    expect(createLinks([SECRET], '').readUnsubscribe(token)).toEqual({
      address: 'kari@example.no',
      messageStream: 'news',
      caller: 'test',
      page: { lang: 'nb', sender: 'Bær & Blomster', brand: null },
    });
    const url = `https://www.firma.no/mail/u/${token}`;
    expect(server.mails[0]?.parsed.html).toContain(`href="${url}"`);
    const config = { ...defaultConfig(), PUBLIC_URL: 'https://www.firma.no/mail' };
    const { body } = engine.expand(
      { name: 'news@1', version: 1, body: { text: '{{ mail.unsubscribeUrl }}' } },
      { from, to: 'Kari@Example.no', messageStream: 'news', template: 'news', variables: { lang: 'nb' } },
      FILLING_MS,
      { caller: 'test', brand: null, secrets: [SECRET], config },
    );
    expect(body).toMatchObject({ lang: 'nb', text: url });
  });

  it('transactional, and a stream that wants none: no such header', async () => {
    const { server, send } = await openMail();
    await send(mail);
    await send({ ...mail, messageStream: 'transactional' });
    await send({ ...mail, to: ['a@example.no', 'b@example.no'], messageStream: 'alerts', unsubscribe: false });
    expect(server.mails.map(({ source }) => /list-unsubscribe/i.test(source))).toEqual([false, false, false]);
  });
});

describe('the suppression list', () => {
  it('suppressed recipients get nothing, and the result says why; others do', async () => {
    const { server, send, redis } = await openMail();
    await createSuppressions(redis, [SECRET]).add([
      { address: 'ola@example.no', messageStream: null, reason: 'bounce', note: null, caller: null },
      { address: 'per@example.no', messageStream: 'news', reason: 'unsubscribe', note: null, caller: null },
    ]);
    const to = ['kari@example.no', 'Ola@Example.no', 'per@example.no'];
    const result = await send({ ...mail, to, messageStream: 'news', unsubscribe: false });
    expect(onlyMail(server).to).toEqual(['kari@example.no']);
    expect(result).toMatchObject({
      state: 'partly',
      recipients: [
        { address: 'kari@example.no', state: 'accepted' },
        { address: 'Ola@example.no', state: 'suppressed' },
        { address: 'per@example.no', state: 'suppressed' },
      ],
      suppressed: [
        { address: 'Ola@example.no', reason: 'bounce', messageStream: null },
        { address: 'per@example.no', reason: 'unsubscribe', messageStream: 'news' },
      ],
    });
  });

  it('another stream, and a transactional mail: arrive', async () => {
    const { server, send, redis } = await openMail();
    const entry = {
      address: 'kari@example.no',
      messageStream: 'news',
      reason: 'unsubscribe',
      note: null,
      caller: null,
    } as const;
    await createSuppressions(redis, [SECRET]).add([entry]);
    await send({ ...mail, messageStream: 'receipts' });
    const result = await send(mail);
    expect(server.mails).toHaveLength(2);
    expect(result).not.toHaveProperty('suppressed');
  });

  it('what another caller has on the list stops nothing here; what the own one has does', async () => {
    const { server, send, redis } = await openMail();
    const entry = { messageStream: null, reason: 'complaint', note: null } as const;
    await createSuppressions(redis, [SECRET]).add([
      { ...entry, address: 'kari@example.no', caller: 'somebody-else' },
      { ...entry, address: 'ola@example.no', caller: 'test' },
    ]);
    const result = await send({ ...mail, to: ['kari@example.no', 'ola@example.no'] });
    expect(onlyMail(server).to).toEqual(['kari@example.no']);
    expect(result).toMatchObject({ suppressed: [{ address: 'ola@example.no', reason: 'complaint' }] });
  });

  it('nobody is left: the mail fails as recipient_suppressed, and no connection is made', async () => {
    const { server, send, redis } = await openMail();
    const entry = {
      address: 'kari@example.no',
      messageStream: null,
      reason: 'complaint',
      note: null,
      caller: null,
    } as const;
    await createSuppressions(redis, [SECRET]).add([entry]);
    const error = await errorOf(send(mail));
    expect([error.code, error.retryable, server.connections]).toEqual(['recipient_suppressed', false, 0]);
    expect(error.message).toBe(
      'Nothing was sent: every recipient is on the suppression list: kari@example.no (complaint).',
    );
  });

  it('a mailbox that is not there: suppressed from then on, for every caller; one refused for policy is not', async () => {
    const rcpt = (address: string) =>
      ({
        'gone@example.no': { code: 550, text: '5.1.1 <gone@example.no>: user unknown' },
        'blocked@example.no': { code: 550, text: '5.7.1 only members may write here' },
      })[address];
    const { send, redis } = await openMail({ rcpt });
    await send({ ...mail, to: ['kari@example.no', 'gone@example.no', 'blocked@example.no'] });
    const list = createSuppressions(redis, [SECRET]);
    expect((await list.list(null, 10)).suppressions).toMatchObject([
      {
        address: 'gone@example.no',
        messageStream: null,
        reason: 'bounce',
        note: '550 5.1.1 <gone@example.no>: user unknown',
        caller: null,
      },
    ]);
  });
});

describe('a dry run', () => {
  it('shows the mail, and sends nothing', async () => {
    const { server, processor, redis } = await openMail();
    const entry = {
      address: 'ola@example.no',
      messageStream: null,
      reason: 'manual',
      note: null,
      caller: null,
    } as const;
    await createSuppressions(redis, [SECRET]).add([entry]);
    const written: Record<string, string> = {};
    const base = runContext();
    const write = async (name: string, type: string, content: AsyncIterable<Uint8Array> | Uint8Array) => {
      const chunks = content instanceof Uint8Array ? [content] : await Array.fromAsync(content);
      written[name] = Buffer.concat(chunks).toString();
      return { key: name, name, type, bytes: written[name].length, sha256: '' };
    };
    const job = runningJob({
      to: ['Kari <kari@example.no>', 'ola@example.no'],
      bcc: 'per@example.no',
      subject: 'Hei',
      markdown: 'Hei **Kari**',
      attachments: [{ filename: 'a.txt', content: Buffer.from('vedlegg').toString('base64') }],
      dryRun: true,
    });
    const { result, files } = await processor.process(job, { ...base, storage: { ...base.storage, write } });
    expect(files.map(({ name, type }) => [name, type])).toEqual([
      ['preview.html', 'text/html; charset=utf-8'],
      ['preview.txt', 'text/plain; charset=utf-8'],
      ['message.eml', 'message/rfc822'],
    ]);
    expect(result).toMatchObject({
      state: 'preview',
      recipients: [],
      suppressed: [{ address: 'ola@example.no', reason: 'manual' }],
      preview: {
        from: 'post@firma.no',
        recipients: ['kari@example.no', 'per@example.no'],
        subject: 'Hei',
        text: 'Hei Kari\n',
        html: written['preview.html'],
      },
    });
    expect(written['message.eml']).toMatch(/^To: Kari <kari@example.no>, ola@example.no\r$/m);
    expect(written['message.eml']).toContain(Buffer.from('vedlegg').toString('base64'));
    expect(written['message.eml']).not.toMatch(/per@example/);
    expect(server.connections).toBe(0);
  });
});
