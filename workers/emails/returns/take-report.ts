import type { RouteServices } from '../../../src/kinds/routes.ts';
import { createBounces } from '../../../src/suppressions/bounces.ts';
import { judgeReport } from './judge-report.ts';
import { type MailReturn, type NotedReturn, noteReturn, type ReturnDeps } from './note-return.ts';
import type { MailReport, ReportedRecipient } from './report/mail-report.ts';
import { createReturnPaths, type ReturnedMail, type ReturnPaths } from './return-path.ts';
import { createSeenEvents } from './seen-events.ts';
import { findRecipient, readSentMail, type SentMail, sameAddress } from './sent-mail.ts';

/** Reports that were read, and what becomes of them. */
export interface ReportDeps extends ReturnDeps, Pick<RouteServices, 'findJob'> {
  returnPaths: ReturnPaths;
}

/** What keeps returns is made of. */
type ReportServices = Pick<
  RouteServices,
  'redis' | 'secrets' | 'suppressions' | 'jobFields' | 'tellEndpoints' | 'findJob'
>;

/** Makes what keeps returns, over any connection to Redis. */
export const createReportDeps = (services: ReportServices): ReportDeps => ({
  ...services,
  bounces: createBounces(services.redis, services.secrets, services.suppressions),
  seen: createSeenEvents(services.redis),
  returnPaths: createReturnPaths(services.secrets),
});

/** Why nothing came of a mail: it can't be read, reports nothing, or on no mail of the caller's that is kept here. */
export type NoReport = 'unreadable' | 'no_report' | 'no_mail';

/** What came of a returned mail. */
export type TakenReport = { returns: NotedReturn[] } | { none: NoReport };

const EVENTS = { failed: 'bounced', delayed: 'deferred', delivered: 'delivered' } as const;

/** Which mails may be reported on, and by whom. */
interface TakeOptions {
  isTheirs: (caller: string) => boolean;
  hasReturnPaths: boolean;
  isProven: boolean;
}

/**
 * Keeps what a returned mail reports of its recipients. `isTheirs` says whether a mail may be reported on; `hasReturnPaths`
 * whether mails have return paths: a complaint has to name its mail by that then, for every recipient knows the Message-ID.
 * A bounce stops every caller's mails where its return
 * path is that of a mail to one, or `isProven` says that who hands it in vouches for it; else those of the mail's caller.
 */
export async function takeReport(
  deps: ReportDeps,
  report: MailReport,
  { isTheirs, hasReturnPaths, isProven }: TakeOptions,
): Promise<TakenReport> {
  if (report.sort === 'other') return { none: 'no_report' };
  const isByPath = hasReturnPaths && report.sort === 'complaint';
  const found = await findMail(deps, isByPath ? { ...report, jobs: [] } : report);
  if (!found || !isTheirs(found.mail.caller)) return { none: 'no_mail' };
  const { mail, isRecipient, isOfOne } = found;
  const returns: NotedReturn[] = [];
  const done = new Set<string>();
  for (const one of report.recipients) {
    const address = findRecipient(mail, [one.original, one.final], isRecipient);
    if (address === undefined || done.has(address)) continue;
    done.add(address);
    const given = toReturn({ mail, address, isProven: isProven || isOfOne }, one, report.sort);
    returns.push(await noteReturn(deps, given));
  }
  return returns.length > 0 ? { returns } : { none: 'no_mail' };
}

/** Finds the mail by its return path, or else by its Message-ID. */
export async function findMail(
  { returnPaths, findJob, jobFields }: ReportDeps,
  { localParts, jobs }: Pick<MailReport, 'localParts' | 'jobs'>,
): Promise<{ mail: SentMail; isRecipient: ReturnedMail['isRecipient']; isOfOne: boolean } | null> {
  const named = localParts.flatMap((localPart) => returnPaths.read(localPart) ?? []);
  const others = jobs.map((job) => ({ job, isRecipient: () => true, isOfOne: false }));
  for (const { job, isRecipient, isOfOne } of [...named, ...others]) {
    const mail = await readSentMail(await findJob(job), jobFields);
    if (mail) return { mail, isRecipient, isOfOne };
  }
  return null;
}

function toReturn(
  { mail, address, isProven }: { mail: SentMail; address: string; isProven: boolean },
  one: ReportedRecipient,
  sort: MailReport['sort'],
): MailReturn {
  const event = sort === 'complaint' ? 'complained' : EVENTS[one.action];
  const report = judgeReport(one);
  // Behind a forward, another address than the mail's own is the one that bounced.
  const isOwn = one.final === null || sameAddress(one.final, address);
  const ownWords = one.diagnostic ?? 'Reported as spam.';
  return {
    ...{ event, address, mail, caller: mail.caller, isOwn, isProven },
    // A report that says more than the first one is another.
    id: `${mail.job.id} ${mail.job.retries} ${address} ${event} ${report.suppresses} ${isOwn} ${isProven}`,
    report: event === 'complained' ? { ...report, code: null, status: null, response: ownWords } : report,
  };
}
