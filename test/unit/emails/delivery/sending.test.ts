import { describe, expect, it } from '@jest/globals';
import { mail, onlyMail, openMail, runContext, runningJob, storeJob } from '../open-mail.ts';

describe('a mail that the server takes', () => {
  it('text, html and Norwegian letters: arrive as they were written', async () => {
    const { server, send } = await openMail();
    const result = await send({
      to: 'Kåre Ødegård <kare@blåbær.no>',
      subject: 'Rapport for påske – æøå og en lang linje som må brytes over flere linjer i hodet på meldingen',
      text: 'Hei på deg!\n.\nEn linje med bare et punktum er ikke slutten.\n',
      html: '<p>Hei <b>på</b> deg, æøå</p>',
    });
    const { parsed, from, to, source } = onlyMail(server);
    expect(parsed.subject).toBe(
      'Rapport for påske – æøå og en lang linje som må brytes over flere linjer i hodet på meldingen',
    );
    expect(parsed.text?.replace(/\n+$/, '\n')).toBe('Hei på deg!\n.\nEn linje med bare et punktum er ikke slutten.\n');
    expect(parsed.html).toContain('<p>Hei <b>på</b> deg, æøå</p>');
    expect(parsed.to).toMatchObject({ value: [{ name: 'Kåre Ødegård' }] });
    expect([from, to]).toEqual(['post@firma.no', ['kare@blåbær.no']]); // the test server shows what xn-- stands for
    expect(source).toContain('<kare@xn--blbr-roah.no>');
    expect(result).toMatchObject({
      state: 'sent',
      recipients: [{ address: 'kare@xn--blbr-roah.no', state: 'accepted', response: expect.stringMatching(/^250 /) }],
    });
  });

  it('bcc: delivered, and named in no header; the same address twice gets one copy', async () => {
    const { server, send } = await openMail();
    await send({ ...mail, cc: ['ola@example.no', 'kari@example.no'], bcc: 'secret@example.no' });
    const { to, source, parsed } = onlyMail(server);
    expect(to).toEqual(['kari@example.no', 'ola@example.no', 'secret@example.no']);
    expect(source).not.toMatch(/secret@|^bcc:/im);
    expect(parsed.cc).toMatchObject({ value: [{ address: 'ola@example.no' }, { address: 'kari@example.no' }] });
  });

  it('headers, replyTo and from of the caller: set; nothing names our software', async () => {
    const { server, send } = await openMail();
    const headers = { 'X-Order': '7 – æøå', 'List-Id': '<nyheter.example.no>', References: '<a@example.no>' };
    await send({ ...mail, from: '"Firma, AS" <salg@example.no>', replyTo: 'svar@example.no', headers });
    const { parsed, from, source } = onlyMail(server);
    expect(from).toBe('salg@example.no');
    expect(parsed.from?.value).toEqual([{ name: 'Firma, AS', address: 'salg@example.no' }]);
    expect(parsed.replyTo?.value[0]?.address).toBe('svar@example.no');
    expect(source).toContain(`X-Order: =?UTF-8?B?${Buffer.from('7 – æøå').toString('base64')}?=\r\n`);
    expect(parsed.references).toBe('<a@example.no>');
    expect(source).toMatch(/^List-ID: <nyheter\.example\.no>\r$/m);
    expect(source).not.toMatch(/nodemailer/i);
  });

  it('a name full of syntax: one mailbox with that name, and no other recipient', async () => {
    const { server, send } = await openMail();
    const name = 'x@evil.example>, "Bcc: y@evil.example" <z@evil.example';
    await send({ ...mail, to: { name, address: 'kari@example.no' } });
    const { parsed, to } = onlyMail(server);
    expect(to).toEqual(['kari@example.no']);
    expect(parsed.to).toMatchObject({ value: [{ name, address: 'kari@example.no' }] });
  });

  it('two runs of a job: the same Message-ID from the job and the sender, and the job’s date', async () => {
    const { server, processor, redis } = await openMail();
    const results = [];
    for (const attempt of [1, 2]) {
      const job = runningJob(mail, 7, attempt);
      await storeJob(redis, job); // as if the first run had left nothing behind
      results.push(await processor.process(job, runContext()));
    }
    const [first, second] = server.mails.map(({ parsed }) => parsed);
    expect(first?.messageId).toBe('<eml_00000000000000000000000007@firma.no>');
    expect(second?.messageId).toBe(first?.messageId);
    expect(second?.date).toEqual(new Date('2026-10-31T08:00:00Z'));
    expect(results.map(({ result }) => result.messageId)).toEqual([first?.messageId, first?.messageId]);
  });

  it('ten mails one after the other: one connection; ten at once: no more than SMTP_CONNECTIONS in all', async () => {
    const { server, send } = await openMail();
    for (let count = 0; count < 10; count += 1) await send(mail);
    expect(server.connections).toBe(1);
    await Promise.all(Array.from({ length: 10 }, () => send(mail)));
    expect(server.mails).toHaveLength(20);
    expect(server.connections).toBeLessThanOrEqual(5);
  });
});
