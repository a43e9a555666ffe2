import { type Level, VERDICT_CODES, type VerdictCode } from './codes.ts';
import type { Facts } from './facts.ts';
import { judgeAlerts } from './judge/alerts.ts';
import { judgeDeployment } from './judge/deployment.ts';
import { judgeDisks } from './judge/disks.ts';
import type { Finding } from './judge/finding.ts';
import { judgeQueues } from './judge/queues.ts';
import { judgeReceivers } from './judge/receivers.ts';
import { judgeRedis } from './judge/redis.ts';
import { judgeRelays } from './judge/relays.ts';
import { judgeSchedules } from './judge/schedules.ts';
import { judgeVersions } from './judge/versions.ts';
import { judgeWorkers } from './judge/workers.ts';
import { clockTime } from './words.ts';

/** One thing that is wrong. */
export interface VerdictItem {
  code: VerdictCode;
  level: Exclude<Level, 'green'>;
  /** Since when, RFC 3339. */
  since: string;
  /** What is wrong, in a sentence without a full stop. */
  text: string;
  fix: string;
}

/** Whether all is well; else the worst that is wrong, and all of it, the worst first. */
export interface Verdict {
  level: Level;
  /** Since when the worst of it is; null where all is well. */
  since: string | null;
  text: string;
  items: VerdictItem[];
}

/** Since when each thing that is wrong is so (ms), by its name: that of `nameOf`. */
export type Since = ReadonlyMap<string, number>;

const ALL_WELL = 'All is well: jobs are accepted and done';
const CODES = Object.keys(VERDICT_CODES);

/** What a finding is known by from one look to the next. */
export const nameOf = ({ code, about }: Finding): string => (about === undefined ? code : `${code}:${about}`);

/** Finds what is wrong, in the order of the codes. Pure. */
export function findFaults(facts: Facts): Finding[] {
  const found = [
    ...judgeRedis(facts),
    ...judgeDisks(facts),
    ...judgeWorkers(facts),
    ...judgeQueues(facts),
    ...judgeRelays(facts),
    ...judgeReceivers(facts),
    ...judgeSchedules(facts),
    ...judgeDeployment(facts),
    ...judgeVersions(facts),
    ...judgeAlerts(facts),
  ];
  return found.toSorted((one, other) => CODES.indexOf(one.code) - CODES.indexOf(other.code));
}

/** Selects what has been wrong for long enough to be said. Pure; what `since` does not have is so since `at`. */
export const selectDue = (findings: readonly Finding[], since: Since, at: number): Finding[] =>
  findings.filter((finding) => at - sinceAtOf(finding, since, at) >= (finding.afterMs ?? 0));

const sinceAtOf = (finding: Finding, since: Since, at: number): number =>
  finding.sinceAt ?? since.get(nameOf(finding)) ?? at;

/** Makes the verdict of what is wrong, without what has not been so for long enough. Pure. */
export function judge(findings: readonly Finding[], since: Since, at: number): Verdict {
  const due = selectDue(findings, since, at);
  const dated = due.map((finding) => ({ ...finding, at: sinceAtOf(finding, since, at) }));
  const items = dated.map(({ code, text, at: sinceAt }): VerdictItem => {
    const { level, fix } = VERDICT_CODES[code];
    return { code, level, since: new Date(sinceAt).toISOString(), text, fix };
  });
  const [worst] = dated;
  const [first] = items;
  if (!worst || !first) return { level: 'green', since: null, text: ALL_WELL, items };
  const text = worst.isDated ? worst.text : sinceOf(worst.text, clockTime(worst.at, at));
  return { level: first.level, since: first.since, text, items };
}

/** What is said in two parts has its beginning behind both. */
const sinceOf = (text: string, time: string): string =>
  /[;.] /.test(text) ? `${text} (since ${time})` : `${text} since ${time}`;
