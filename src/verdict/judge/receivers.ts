import type { FailingHost } from '../../delivery/hosts.ts';
import { formatNumber } from '../../kinds/formats.ts';
import type { Facts } from '../facts.ts';
import { inSentence } from '../words.ts';
import type { Finding } from './finding.ts';

/** So many failures in a row are no accident. */
const FAILURES = 5;

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
  if (!isAll) return failing.map(describeHost);
  const hosts = `none of the ${formatNumber(failing.length)} hosts that they go to takes one`;
  const text = `All webhooks fail: ${hosts} (${first.host}: ${inSentence(first.why)})`;
  return [{ code: 'webhooks_all', text, sinceAt: latest }];
}

const describeHost = ({ host, why, failures, since }: FailingHost): Finding => ({
  code: 'webhooks_host',
  about: host,
  text: `All webhooks to ${host} fail: ${inSentence(why)} (${formatNumber(failures)} in a row)`,
  sinceAt: since,
});
