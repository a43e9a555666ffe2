import type { Log } from '../../../src/log.ts';
import type { MailParser } from '../inbox/parse/mail-parser.ts';
import type { ReadReturned } from '../returns/read-returned.ts';
import { type ReportDeps, takeReport } from '../returns/take-report.ts';
import { type LeaveServices, leave } from '../unsubscribe/leave.ts';
import type { UnsubscribeMailbox } from '../unsubscribe/mailbox.ts';
import { KEPT, type Mailbox } from './take-mail.ts';

/** Makes the mailbox of return paths. A mail counts for the one that its return path names, whatever else it says. */
export const openReturnBox = (reports: ReportDeps, read: ReadReturned, log: Log): Mailbox => ({
  isOurs: (localPart) => reports.returnPaths.read(localPart) !== null,
  async take({ source }, localPart) {
    const report = await read(source, { isNamed: true });
    const named = typeof report === 'string' ? report : { ...report, localParts: [localPart], jobs: [] };
    const options = { isTheirs: () => true, hasReturnPaths: true, isProven: false };
    const taken = typeof named === 'string' ? { none: named } : await takeReport(reports, named, options);
    log.info('none' in taken ? taken : { returns: taken.returns.length }, 'a returned mail was received');
    return KEPT;
  },
});

/** What unsubscribing by mail stands on. */
interface LeaveDeps {
  mailbox: UnsubscribeMailbox;
  services: LeaveServices;
  parser: MailParser;
  log: Log;
}

/**
 * Makes the mailbox of those who leave by mail: who has the address and the subject leaves, as who has the link. What a
 * program answers by itself is nobody's wish, nor is what comes from no sender, as reports and answers of absence do.
 */
export const openLeaveBox = ({ mailbox, services, parser, log }: LeaveDeps): Mailbox => ({
  isOurs: mailbox.isOurs,
  async take({ source, from }) {
    if (from === '') return KEPT;
    const { subject, headers } = await parser.parse(async () => Uint8Array.from(source));
    if (headers.some(({ name, value }) => isOfProgram(name.toLowerCase(), value))) return KEPT;
    const subscription = mailbox.read(subject);
    if (!subscription) return { code: 550, text: '5.6.0 The subject does not say what to leave: leave it as it is' };
    await leave(services, subscription, subscription.messageStream);
    log.info({ messageStream: subscription.messageStream }, 'somebody unsubscribed by mail');
    return KEPT;
  },
});

const isOfProgram = (name: string, value: string): boolean =>
  (name === 'auto-submitted' && /^\s*auto-replied\b/i.test(value)) ||
  (name === 'content-type' && /^\s*multipart\/report\b/i.test(value));
