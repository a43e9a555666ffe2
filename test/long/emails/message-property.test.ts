import { buffer } from 'node:stream/consumers';
import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { type AddressObject, simpleParser } from 'mailparser';
import { createMessage } from '../../../workers/emails/content/message.ts';
import { emails } from '../../../workers/emails/job.ts';
import { openSource } from '../../../workers/emails/source/source.ts';
import { runningJob } from '../../unit/emails/open-mail.ts';

const isTaken = (input: Record<string, unknown>) => emails.input.safeParse(input).success;
const mail = { to: 'kari@example.no', subject: 'Hei', text: 'Hei!' };

const line = (maxLength: number) =>
  fc
    .oneof(
      fc.string({ unit: 'grapheme', minLength: 1, maxLength }),
      fc.string({ unit: fc.constantFrom(...'a "\\,;:<>@=?_()æ🎈'), minLength: 1, maxLength }),
    )
    // White space at the ends and in a row is not kept by header folding.
    .map((text) => text.replace(/\s+/g, ' ').trim())
    .filter((text) => text !== '' && isTaken({ ...mail, subject: text }));
const mailbox = fc.record({ name: line(60), address: fc.constantFrom('kari@example.no', 'ola.n+x@mail.example.no') });
/** A subject keeps the white space that it has. */
const subject = fc
  .string({ unit: fc.constantFrom(...'ab cæ=?_🎈"\\', '  ', 'long'.repeat(25)), minLength: 1, maxLength: 60 })
  .filter((text) => text.trim() !== '' && isTaken({ ...mail, subject: text }));
const given = fc.record({
  from: mailbox,
  to: fc.array(mailbox, { minLength: 1, maxLength: 3 }),
  subject: fc.oneof(line(120), subject),
  text: fc.string({ unit: 'grapheme', minLength: 1, maxLength: 300 }).filter((text) => !text.includes('\0')),
  filename: line(80).filter((name) => !/[/\\]/.test(name)),
});

const valuesOf = (list: AddressObject | AddressObject[] | undefined) =>
  [list ?? []].flat().flatMap(({ value }) => value.map(({ name, address }) => ({ name, address })));

it('any mail that is taken at POST: reads back with the names, addresses, subject, text and file given', async () => {
  await fc.assert(
    fc.asyncProperty(given, async ({ filename, ...fields }) => {
      const input = { ...fields, attachments: [{ filename, content: 'aGVp' }] };
      const job = runningJob(input);
      const attachments = [{ filename, content: Buffer.from('hei') }];
      const content = { subject: fields.subject, text: fields.text, html: undefined };
      const leaving = { unsubscribeUrl: null, unsubscribeMailto: null };
      const message = createMessage(job, { sender: fields.from, content, attachments, ...leaving });
      const source = await buffer(openSource(message, () => []));
      const parsed = await simpleParser(source, { skipTextToHtml: true });
      expect(valuesOf(parsed.from)).toEqual([fields.from]);
      expect(valuesOf(parsed.to)).toEqual(fields.to);
      expect(parsed.subject).toBe(fields.subject);
      expect(
        Math.max(
          ...source
            .toString('latin1')
            .split('\r\n')
            .map((one) => one.length),
        ),
      ).toBeLessThanOrEqual(998);
      expect(parsed.attachments.map(({ filename: name, content: bytes }) => [name, String(bytes)])).toEqual([
        [filename, 'hei'],
      ]);
      expect(parsed.text?.trimEnd()).toBe(fields.text.replace(/\r\n?|\n/g, '\n').trimEnd());
    }),
    { numRuns: 100 },
  );
});
