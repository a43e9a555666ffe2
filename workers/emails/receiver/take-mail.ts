import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../../../src/log.ts';
import type { ReadReturned } from '../returns/read-returned.ts';
import { type ReportDeps, type TakenReport, takeReport } from '../returns/take-report.ts';
import type { MailTaker, ReceivedMail, Reply } from './mail-server.ts';

/** Who hands a mail over waits no longer for it to be kept, and tries again later. */
const KEEP_WITHIN_MS = 10_000;
/** While Redis is away, so many mails may wait to be kept; further ones are not read. */
const MOST_PENDING = 40;

/** What takes mails is made of. */
export interface TakerDeps {
  reports: ReportDeps;
  read: ReadReturned;
  /** The domain of the return paths. */
  domain: string;
  log: Log;
}

const KEPT: Reply = { code: 250, text: '2.0.0 Kept' };
const UNKNOWN: Reply = { code: 550, text: '5.1.1 No such return path here' };
const LATER: Reply = { code: 451, text: '4.3.0 It can not be kept now. Try again later' };

/**
 * Makes what takes mails that come back: to return paths that were written here, and to nobody else. A mail counts for the
 * one that its return path names, whatever else it says.
 */
export function createMailTaker({ reports, read, domain, log }: TakerDeps): MailTaker {
  let pending = 0;
  const localPartOf = (address: string): string | null => {
    const at = address.lastIndexOf('@');
    return address.slice(at + 1).toLowerCase() === domain ? address.slice(0, at) : null;
  };
  const know = (address: string): Reply => {
    const localPart = localPartOf(address);
    if (localPart === null || reports.returnPaths.read(localPart) === null) return UNKNOWN;
    return pending < MOST_PENDING ? KEPT : LATER;
  };

  const keep = async ({ source }: ReceivedMail, address: string): Promise<TakenReport> => {
    const report = await read(source, { isNamed: true });
    if (typeof report === 'string') return { none: report };
    const named = { ...report, localParts: [localPartOf(address) ?? ''], jobs: [] };
    return takeReport(reports, named, { isTheirs: () => true, hasReturnPaths: true, isProven: false });
  };
  const takeOne = async (mail: ReceivedMail, address: string): Promise<Reply> => {
    pending += 1;
    const over = new AbortController();
    const kept = keep(mail, address).finally(() => {
      pending -= 1;
      over.abort();
    });
    const late = delay(KEEP_WITHIN_MS, null, { signal: over.signal, ref: false }).catch(() => null);
    try {
      const taken = await Promise.race([kept, late]);
      if (taken === null) return LATER;
      log.info('none' in taken ? taken : { returns: taken.returns.length }, 'a returned mail was received');
      return KEPT;
    } catch (err) {
      log.warn({ err }, 'a returned mail was not kept, and is sent again');
      return LATER;
    }
  };

  return {
    know,
    async take(mail) {
      const replies: Reply[] = [];
      for (const address of mail.to) replies.push(await takeOne(mail, address));
      return replies;
    },
  };
}
