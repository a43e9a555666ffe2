import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../../src/errors.ts';
import { createLinks } from '../../../../src/signing/links.ts';
import { errorOf, mail, onlyMail, openMail, reportId, runContext, runningJob, storedFile } from '../open-mail.ts';

describe('attachments', () => {
  it('inline, binary and large: byte for byte, with name and type', async () => {
    const { server, send } = await openMail();
    const content = randomBytes(300_000);
    const text = Buffer.from('a\nb\r\n.\r\nc\rd');
    await send({
      ...mail,
      attachments: [
        { filename: 'årsrapport – påske.bin', content: content.toString('base64') },
        { filename: 'a.csv', content: text.toString('base64'), type: 'text/csv; charset=utf-8' },
        { filename: 'empty.txt', content: '' },
      ],
    });
    const received = onlyMail(server).parsed.attachments;
    expect(received.map(({ filename, contentType }) => [filename, contentType])).toEqual([
      ['årsrapport – påske.bin', 'application/octet-stream'],
      ['a.csv', 'text/csv'],
      ['empty.txt', 'text/plain'],
    ]);
    expect(received[0]?.content.equals(content)).toBe(true);
    expect(received[1]?.content.equals(text)).toBe(true);
    expect(received[2]?.content).toHaveLength(0);
  });

  it('the only file of a completed job: streamed from storage, byte for byte, under the name asked for', async () => {
    const { server, send } = await openMail();
    const content = randomBytes(500_000);
    const file = storedFile('report.pdf', content.length);
    const context = runContext({
      files: { [file.key]: content },
      found: { id: reportId, state: 'completed', files: [file] },
    });
    await send({ ...mail, attachments: [{ filename: 'oktober.pdf', job: reportId }] }, context);
    const [received] = onlyMail(server).parsed.attachments;
    expect([received?.filename, received?.contentType]).toEqual(['oktober.pdf', 'application/pdf']);
    expect(received?.content.equals(content)).toBe(true);
  });

  it('a job with several files: `file` chooses by name, with or without extension; none given is an error', async () => {
    const { server, send } = await openMail();
    const files = [storedFile('large.webp'), storedFile('thumb.webp')];
    const context = runContext({
      files: Object.fromEntries(files.map(({ key, name }) => [key, Buffer.from(name)])),
      found: { id: reportId, state: 'completed', files },
    });
    const attach = (file?: string) =>
      send({ ...mail, attachments: [{ filename: 'a.webp', job: reportId, file }] }, context);
    await attach('thumb');
    await attach('large.webp');
    const received = server.mails.map(({ parsed }) => parsed.attachments[0]?.content.toString());
    expect(received).toEqual(['thumb.webp', 'large.webp']);
    const error = await errorOf(attach());
    expect([error.code, error.retryable]).toEqual(['source_unavailable', false]);
    expect(error.message).toContain('say in "file" which one is meant; its files are: large.webp, thumb.webp.');
    expect((await errorOf(attach('medium'))).message).toContain('has no file medium;');
  });

  it('a job that has not ended: nothing is sent; the mail waits for its end, at most two days', async () => {
    const { server, processor } = await openMail();
    const input = { ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] };
    const context = runContext({ found: { id: reportId, state: 'pending', files: [] } });
    const faultAfter = (ms: number) =>
      errorOf(processor.process({ ...runningJob(input), createdAt: new Date(Date.now() - ms) }, context));
    expect(await faultAfter(0)).toMatchObject({
      code: 'waiting_for_job',
      waitingFor: [reportId],
      retryAfterSeconds: 15,
      message: `The attachment a.pdf can not be had. It needs a file of the job ${reportId}, which has not ended yet.`,
    });
    expect(await faultAfter(49 * 3_600_000)).toMatchObject({ code: 'source_unavailable', retryable: false });
    expect(server.connections).toBe(0);
  });

  it('a deadline: looked at again when it comes, and not waited for after it', async () => {
    const { processor } = await openMail();
    const context = runContext({ found: { id: reportId, state: 'pending', files: [] } });
    const faultWith = (deadline: string) => {
      const attachments = [{ filename: 'a.pdf', job: reportId, deadline }];
      return errorOf(processor.process(runningJob({ ...mail, attachments }), context));
    };
    const soon = await faultWith(new Date(Date.now() + 4500).toISOString());
    expect(soon.code).toBe('waiting_for_job');
    expect(soon.retryAfterSeconds).toBeGreaterThan(0);
    expect(soon.retryAfterSeconds).toBeLessThanOrEqual(5);
    const late = await faultWith('2026-10-31T09:00:00+01:00');
    expect(late.code).toBe('source_unavailable');
    expect(late.message).toMatch(/It had not ended by its deadline, 2026-10-31T09:00:00\+01:00\.$/);
  });

  it.each(['failed', 'cancelled', 'pending'] as const)(
    'a job that is %s when the mail must go, and `fallback` is link: the mail goes with a link that leads to it',
    async (state) => {
      const { server, send } = await openMail();
      const context = runContext({ found: { id: reportId, state, files: [] } });
      const deadline = '2026-10-31T09:00:00Z';
      const attachment = { filename: 'oktober & mer.pdf', job: reportId, file: 'report', fallback: 'link', deadline };
      await send({ ...mail, html: '<p>Hei</p></body>', attachments: [attachment] }, context);
      const { text, html, attachments } = onlyMail(server).parsed;
      const [, url = ''] = /^oktober & mer\.pdf: (\S+)$/m.exec(text ?? '') ?? [];
      expect(html).toContain(`<a href="${url}">oktober &#38; mer.pdf</a></p></body>`);
      expect(attachments).toEqual([]);
      const [, token = ''] = /^https:\/\/www\.firma\.no\/mail\/r\/([\w-]+)$/.exec(url) ?? [];
      const links = createLinks(['a secret of the tests that is long enough'], '');
      expect(links.readResult(token)).toMatchObject({ job: reportId, file: 'report', content: null });
    },
  );

  it.each(['missing', 'evicted'] as const)(
    'a job that is %s, and `fallback` is link: no link leads to what is gone, so the mail fails',
    async (state) => {
      const { server, send } = await openMail();
      const context = runContext({ found: { id: reportId, state, files: [] } });
      const attachment = { filename: 'a.pdf', job: reportId, fallback: 'link', deadline: '2026-10-31T09:00:00Z' };
      expect((await errorOf(send({ ...mail, attachments: [attachment] }, context))).code).toBe('source_unavailable');
      expect(server.connections).toBe(0);
    },
  );

  it('a picture that the HTML shows: arrives inside the mail under its name', async () => {
    const { server, send } = await openMail();
    const png = Buffer.from('89504e470d0a1a0a', 'hex');
    const attachments = [{ filename: 'logo.png', content: png.toString('base64'), cid: 'logo' }];
    await send({ ...mail, html: '<p><img src="cid:logo" alt="Logo"></p>', attachments });
    const { parsed, source } = onlyMail(server);
    expect(parsed.attachments[0]).toMatchObject({ cid: 'logo', contentDisposition: 'inline', related: true });
    expect(source).toMatch(/^Content-Type: multipart\/related/m);
    expect(source).toMatch(/^Content-Id: <logo>/im);
  });

  it.each(['failed', 'cancelled', 'missing', 'evicted'] as const)(
    'a job that is %s: final, and the job is named',
    async (state) => {
      const { server, send } = await openMail();
      const context = runContext({ found: { id: reportId, state, files: [] } });
      const error = await errorOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context));
      expect([error.code, error.retryable]).toEqual(['source_unavailable', false]);
      expect(error.message).toContain(reportId);
      expect(server.connections).toBe(0);
    },
  );

  it('files of more than 20 MB, and a file that was removed: refused before a connection is made', async () => {
    const { server, send } = await openMail();
    const input = { ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] };
    const found = (bytes: number) => ({
      found: { id: reportId, state: 'completed' as const, files: [storedFile('a.pdf', bytes)] },
    });
    expect((await errorOf(send(input, runContext(found(20_000_001))))).code).toBe('payload_too_large');
    expect((await errorOf(send(input, runContext(found(4))))).code).toBe('source_unavailable');
    expect(server.connections).toBe(0);
  });

  it('a run that is stopped while its files are opened: nothing is sent, and the files are closed', async () => {
    const { server, send } = await openMail();
    const stopped = new AppError('interrupted', 'The worker is shutting down.');
    const controller = new AbortController();
    const content = Readable.from([Buffer.from('unread')]);
    const base = runContext({ found: { id: reportId, state: 'completed', files: [storedFile('a.pdf')] } });
    const open = async () => {
      controller.abort(stopped);
      return content;
    };
    const context = { ...base, signal: controller.signal, storage: { ...base.storage, open } };
    expect(await errorOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context))).toBe(
      stopped,
    );
    expect([content.destroyed, server.connections]).toEqual([true, 0]);
  });

  it('a file that breaks off while it is read: tried again, and the server keeps no half mail', async () => {
    const { server, send } = await openMail();
    const broken = Readable.from(
      (async function* () {
        yield randomBytes(200_000);
        throw new AppError('storage_unavailable', 'The disk is gone.');
      })(),
    );
    const base = runContext({ found: { id: reportId, state: 'completed', files: [storedFile('a.pdf', 400_000)] } });
    const context = { ...base, storage: { ...base.storage, open: async () => broken } };
    const error = await errorOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context));
    expect([error.code, error.retryable]).toEqual(['storage_unavailable', true]);
    expect(server.mails).toHaveLength(0);
  });
});
