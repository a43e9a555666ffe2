import type { FailingHost } from '../../delivery/hosts.ts';
import { formatNumber } from '../../kinds/formats.ts';
import type { Facts } from '../facts.ts';
import { inSentence } from '../words.ts';
import type { Finding } from './finding.ts';

/** So many failures in a row are no accident. */
const FAILURES = 5;
/** Of more hosts of one caller it is said how many they are. */
const MOST_HOSTS = 5;

/**
 * Finds which receivers of webhooks take nothing; where all of those that something was sent to do, it is our way out. One of
 * several callers, who has a few dead hosts, does not make it look so.
 */
export function judgeReceivers({ receivers }: Facts): Finding[] {
  const failing = (receivers?.failing ?? []).filter(({ failures }) => failures >= FAILURES);
  const [first] = failing;
  if (!first) return [];
  const latest = Math.max(...failing.map(({ since }) => since));
  const owners = new Set(failing.map(({ caller }) => caller));
  const areOfOne = owners.size === 1 && !owners.has(undefined) && (receivers?.callers ?? 0) > 1;
  const isAll = failing.length > 1 && !areOfOne && (receivers?.takenAt ?? 0) < latest;
  if (!isAll) return partByCaller(failing).flatMap(describeHostsOf);
  const hosts = `none of the ${formatNumber(failing.length)} hosts that they go to takes one`;
  const text = `All webhooks fail: ${hosts} (${first.host}: ${inSentence(first.why)})`;
  return [{ code: 'webhooks_all', text, sinceAt: latest }];
}

/** Hosts that fail for the jobs of one caller, or of several. */
export interface HostsOfCaller {
  /** `the key shop`, `several keys` */
  whose: string;
  /** Those that fail longest: they stay so while others come. */
  named: FailingHost[];
  others: FailingHost[];
}

/** Parts the hosts that fail by their callers, so that one with many dead hosts hides nobody else's. */
export const partByCaller = (failing: readonly FailingHost[]): HostsOfCaller[] =>
  [...Map.groupBy(failing, ({ caller }) => caller)].map(([caller, hosts]) => {
    const sorted = hosts.toSorted((one, other) => one.since - other.since || (one.host < other.host ? -1 : 1));
    const whose = caller === undefined ? 'several keys' : `the key ${caller}`;
    return { whose, named: sorted.slice(0, MOST_HOSTS), others: sorted.slice(MOST_HOSTS) };
  });

function describeHostsOf({ whose, named, others }: HostsOfCaller): Finding[] {
  const [first] = others;
  if (!first) return named.map(describeHost);
  const hosts = others.length === 1 ? '1 more host' : `${formatNumber(others.length)} more hosts`;
  const text = `All webhooks of ${whose} to ${hosts} fail too (${first.host}: ${inSentence(first.why)})`;
  return [...named.map(describeHost), { code: 'webhooks_host', about: `more of ${whose}`, text, sinceAt: first.since }];
}

const describeHost = ({ host, why, failures, since }: FailingHost): Finding => ({
  code: 'webhooks_host',
  about: host,
  text: `All webhooks to ${host} fail: ${inSentence(why)} (${formatNumber(failures)} in a row)`,
  sinceAt: since,
});
