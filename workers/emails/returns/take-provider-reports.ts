import { judgeReport } from './judge-report.ts';
import { type NotedReturn, noteReturn } from './note-return.ts';
import type { ProviderReport } from './providers/provider.ts';
import { jobsIn, returnPathsIn } from './report/names.ts';
import { isAddress } from './report/report-fields.ts';
import type { Reporter } from './reporters.ts';
import { findRecipient, sameAddress } from './sent-mail.ts';
import { findMail, type ReportDeps } from './take-report.ts';

/** Keeps what a provider reports, one after the other; what is about mails of others than the reporter's is passed over. */
export async function takeProviderReports(
  deps: ReportDeps,
  reports: readonly ProviderReport[],
  { provider, caller }: Pick<Reporter, 'provider' | 'caller'>,
): Promise<NotedReturn[]> {
  const returns: NotedReturn[] = [];
  for (const report of reports) {
    const { id, event, names, isRemembered = false } = report;
    const named = { localParts: returnPathsIn(names), jobs: jobsIn(names) };
    const found = await findMail(deps, named);
    const isOthers = found !== null && caller !== null && found.mail.caller !== caller;
    const address = found ? findRecipient(found.mail, [report.address], found.isRecipient) : report.address;
    if (isOthers || address === undefined || !isAddress(address)) continue;
    const mail = found?.mail ?? null;
    const judged = judgeReport(report);
    const noted = await noteReturn(deps, {
      ...{ event, address, mail, caller: mail?.caller ?? caller },
      id: `${provider} ${id}`,
      report: event === 'complained' ? { ...judged, code: null, status: null, response: 'Reported as spam.' } : judged,
      isOwn: !isRemembered && report.address !== null && sameAddress(report.address, address),
      // Who has a reporter of its own may know its address, and so what it could report.
      isProven: caller === null || (found?.isOfOne ?? false),
    });
    returns.push(noted);
  }
  return returns;
}
