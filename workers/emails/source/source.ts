import { Readable } from 'node:stream';
import MailComposer from 'nodemailer/lib/mail-composer';
import type MimeNode from 'nodemailer/lib/mime-node';
import type { MailMessage } from '../content/message.ts';
import { signMail } from './dkim.ts';
import type { DkimKeys } from './dkim-keys.ts';
import { writeSubject } from './headers.ts';
import { createLineEnds } from './line-ends.ts';

/**
 * Makes nodemailer's tree give the mail's bytes as they shall arrive: with a subject that no line is too long for, CRLF
 * alone, and signed. To be called once for each tree, before it is read.
 */
export function finishSource(tree: MimeNode, { subject, date, from }: MailMessage, keys: DkimKeys): void {
  if (subject !== '') tree.setHeader('Subject', { prepared: true, foldLines: true, value: writeSubject(subject) });
  tree.transform(createLineEnds);
  // Not the envelope's sender, which may be a return path: DMARC asks for a signature of the domain that people see.
  const own = keys(from.address.slice(from.address.lastIndexOf('@') + 1));
  if (own.length > 0) tree.processFunc((input) => Readable.from(signMail(input, own, date), { objectMode: false }));
}

/** Opens the bytes of a mail, as they leave to a relay but for the dots that SMTP adds. */
export function openSource(message: MailMessage, keys: DkimKeys): Readable {
  const tree = new MailComposer(message).compile();
  finishSource(tree, message, keys);
  return tree.createReadStream();
}
