import type { Outcome, RunContext } from '../../../src/jobs/processor.ts';
import type { EmailResult } from '../job.ts';
import type { DkimKey } from '../source/dkim.ts';
import { openSource } from '../source/source.ts';
import type { ComposedMail } from './compose.ts';

/** How many characters of text and of HTML are in the result itself; the files have all of them. */
export const SHOWN_LENGTH = 20_000;

/** Makes the outcome of a dry run: the mail as it would have been sent, as files and in the result. Sends nothing. */
export async function showMail(
  { message, content, suppressed }: ComposedMail,
  keys: readonly DkimKey[],
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
  files.push(await storage.write('message.eml', 'message/rfc822', source));
  const preview = {
    from: envelope.from,
    recipients: envelope.to.filter((address) => !suppressed.some((one) => one.address === address)),
    subject,
    text: text?.slice(0, SHOWN_LENGTH) ?? null,
    html: html?.slice(0, SHOWN_LENGTH) ?? null,
  };
  return {
    result: {
      messageId,
      recipients: [],
      ...(suppressed.length > 0 ? { suppressed } : {}),
      preview,
      state: 'preview',
    },
    files,
  };
}
