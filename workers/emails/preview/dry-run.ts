import { Readable } from 'node:stream';
import type { Outcome, RunContext } from '../../../src/jobs/processor.ts';
import type { ComposedMail } from '../content/compose.ts';
import type { MailWarning } from '../content/warnings.ts';
import type { EmailResult } from '../job.ts';
import type { DkimKeys } from '../source/dkim-keys.ts';
import { openSource } from '../source/source.ts';
import { createSpamCheck, type SpamScore } from './spam-check.ts';

/** How many characters of text and of HTML are in the result itself; the files have all of them. */
export const SHOWN_LENGTH = 20_000;

export interface PreviewOptions {
  /** What the mail is signed with. */
  keys: DkimKeys;
  /** Where SpamAssassin is asked about it. */
  spamd: string | undefined;
}

/** What SpamAssassin's answer is a reason to warn of. */
function spamWarnings(spam: SpamScore | string | undefined): MailWarning[] {
  if (typeof spam === 'string') return [{ code: 'spam_not_checked', message: spam }];
  if (spam === undefined || spam.score < spam.threshold) return [];
  const message = `SpamAssassin takes the mail for spam: ${spam.score} of ${spam.threshold}, by ${spam.rules.join(', ')}.`;
  return [{ code: 'spam_score', message }];
}

/** Makes the outcome of a dry run: the mail as it would have been sent, as files and in the result. Sends nothing. */
export async function showMail(
  { message, content, suppressed, warnings }: ComposedMail,
  { keys, spamd }: PreviewOptions,
  { storage, signal }: RunContext,
): Promise<Outcome<EmailResult>> {
  const { subject, text, html } = content;
  const { envelope, messageId } = message;
  const files = [];
  if (html !== undefined)
    files.push(await storage.write('preview.html', 'text/html; charset=utf-8', Buffer.from(html)));
  if (text !== undefined) {
    files.push(await storage.write('preview.txt', 'text/plain; charset=utf-8', Buffer.from(text)));
  }
  const source = openSource(message, keys);
  signal.addEventListener('abort', () => source.destroy(signal.reason as Error), { once: true });
  const check = spamd === undefined ? undefined : createSpamCheck(spamd);
  const watched = check ? Readable.from(check.watch(source), { objectMode: false }) : source;
  files.push(await storage.write('message.eml', 'message/rfc822', watched));
  const spam = await check?.finish(signal);
  const isScored = typeof spam === 'object';
  const preview = {
    from: envelope.from,
    recipients: envelope.to.filter((address) => !suppressed.some((one) => one.address === address)),
    subject,
    text: text?.slice(0, SHOWN_LENGTH) ?? null,
    html: html?.slice(0, SHOWN_LENGTH) ?? null,
    ...(isScored ? { spam } : {}),
  };
  const all = [...warnings, ...spamWarnings(spam)];
  return {
    result: {
      messageId,
      recipients: [],
      ...(suppressed.length > 0 ? { suppressed } : {}),
      preview,
      ...(all.length > 0 ? { warnings: all } : {}),
      state: 'preview',
    },
    files,
  };
}
