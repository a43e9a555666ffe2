import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { faultOf, mail, onlyMail, openMail, reportId, runContext, runningJob, storedFile } from './open-mail.ts';

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

  it('a job with several files: `file` chooses by name, with or without extension; without `file` it is an error', async () => {
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
    const fault = await faultOf(attach());
    expect([fault.code, fault.retryable]).toEqual(['source_unavailable', false]);
    expect(fault.message).toContain('Say which with `file`; its files are: large.webp, thumb.webp.');
    expect((await faultOf(attach('medium'))).message).toContain('There is no file medium;');
  });

  it('a job that has not finished: nothing is sent; it is looked at again soon, then patiently, for two days', async () => {
    const { server, processor } = await openMail();
    const input = { ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] };
    const context = runContext({ found: { id: reportId, state: 'pending', files: [] } });
    const faultAfter = (ms: number) =>
      faultOf(processor.process({ ...runningJob(input), createdAt: new Date(Date.now() - ms) }, context));
    const faults = await Promise.all([0, 3_600_000].map(faultAfter));
    expect(faults.map(({ code, retryAfterSeconds }) => [code, retryAfterSeconds])).toEqual([
      ['waiting_for_job', 2],
      ['waiting_for_job', 15],
    ]);
    expect(await faultAfter(49 * 3_600_000)).toMatchObject({ code: 'source_unavailable', retryable: false });
    expect(server.connections).toBe(0);
  });

  it.each(['failed', 'cancelled', 'missing'] as const)(
    'a job that is %s: final, and the job is named',
    async (state) => {
      const { server, send } = await openMail();
      const context = runContext({ found: { id: reportId, state, files: [] } });
      const fault = await faultOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context));
      expect([fault.code, fault.retryable]).toEqual(['source_unavailable', false]);
      expect(fault.message).toContain(reportId);
      expect(server.connections).toBe(0);
    },
  );

  it('files of more than 20 MB, and a file that was removed: refused before a connection is made', async () => {
    const { server, send } = await openMail();
    const input = { ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] };
    const found = (bytes: number) => ({
      found: { id: reportId, state: 'completed' as const, files: [storedFile('a.pdf', bytes)] },
    });
    expect((await faultOf(send(input, runContext(found(20_000_001))))).code).toBe('payload_too_large');
    expect((await faultOf(send(input, runContext(found(4))))).code).toBe('source_unavailable');
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
    expect(await faultOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context))).toBe(
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
    const fault = await faultOf(send({ ...mail, attachments: [{ filename: 'a.pdf', job: reportId }] }, context));
    expect([fault.code, fault.retryable]).toEqual(['storage_unavailable', true]);
    expect(server.mails).toHaveLength(0);
  });
});
