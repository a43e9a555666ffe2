import type { RouteServices } from '../../../src/kinds/routes.ts';
import { judgeReport } from './judge-report.ts';
import { type MailReturn, type NotedReturn, noteReturn, type ReturnDeps } from './note-return.ts';
import type { MailReport, ReportedRecipient } from './report/mail-report.ts';
import type { ReturnedMail, ReturnPaths } from './return-path.ts';
import { findRecipient, readSentMail, type SentMail } from './sent-mail.ts';

/** Reports that were read, and what becomes of them. */
export interface ReportDeps extends ReturnDeps, Pick<RouteServices, 'findJob'> {
  returnPaths: ReturnPaths;
}

/** Why nothing came of a mail: it reports nothing, or on no mail of the caller's that is kept here. */
export type NoReport = 'no_report' | 'no_mail';

/** What came of a returned mail. */
export type TakenReport = { returns: NotedReturn[] } | { none: NoReport };

const EVENTS = { failed: 'bounced', delayed: 'deferred', delivered: 'delivered' } as const;

/**
 * Keeps what a returned mail reports of its recipients. `isTheirs` says whether a mail may be reported on; `trusted` is
 * whether a Message-ID, which anybody may know, is enough to name one. A bounce stops every caller's mails where its return
 * path is that of a mail to one, or `isProven` says that who hands it in vouches for it; else those of the mail's caller.
 */
export async function takeReport(
  deps: ReportDeps,
  report: MailReport,
  { isTheirs, trusted, isProven }: { isTheirs: (caller: string) => boolean; trusted: boolean; isProven: boolean },
): Promise<TakenReport> {
  if (report.sort === 'other') return { none: 'no_report' };
  const found = await findMail(deps, report, trusted);
  if (!found || !isTheirs(found.mail.caller)) return { none: 'no_mail' };
  const { mail, isRecipient, isOfOne } = found;
  const returns: NotedReturn[] = [];
  const done = new Set<string>();
  for (const one of report.recipients) {
    const address = findRecipient(mail, [one.original, one.final], isRecipient);
    if (address === undefined || done.has(address)) continue;
    done.add(address);
    const given = toReturn(mail, address, one, report.sort);
    returns.push(await noteReturn(deps, { ...given, isProven: isProven || isOfOne }));
  }
  return returns.length > 0 ? { returns } : { none: 'no_mail' };
}

/** Finds the mail by its return path, or else by its Message-ID where that is enough. */
export async function findMail(
  { returnPaths, findJob, jobFields }: ReportDeps,
  { localParts, jobs }: Pick<MailReport, 'localParts' | 'jobs'>,
  trusted: boolean,
): Promise<{ mail: SentMail; isRecipient: ReturnedMail['isRecipient']; isOfOne: boolean } | null> {
  const named = localParts.flatMap((localPart) => returnPaths.read(localPart) ?? []);
  const others = trusted ? jobs.map((job) => ({ job, isRecipient: () => true, isOfOne: false })) : [];
  for (const { job, isRecipient, isOfOne } of [...named, ...others]) {
    const mail = await readSentMail(await findJob(job), jobFields);
    if (mail) return { mail, isRecipient, isOfOne };
  }
  return null;
}

function toReturn(
  mail: SentMail,
  address: string,
  one: ReportedRecipient,
  sort: MailReport['sort'],
): Omit<MailReturn, 'isProven'> {
  const event = sort === 'complaint' ? 'complained' : EVENTS[one.action];
  const report = judgeReport(one);
  const ownWords = one.diagnostic ?? 'Reported as spam.';
  return {
    ...{ event, address, mail, caller: mail.caller },
    id: `${mail.job.id} ${mail.job.retries} ${address} ${event}`,
    report: event === 'complained' ? { ...report, code: null, status: null, response: ownWords } : report,
    isOwn: one.original !== null || one.final === null || one.final.toLowerCase() === address.toLowerCase(),
  };
}
