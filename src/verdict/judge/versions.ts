import { formatVersion } from '../../kinds/formats.ts';
import type { Facts } from '../facts.ts';
import { oneOf } from '../words.ts';
import type { Finding } from './finding.ts';

/** An upgrade from host to host takes a while. */
const UPGRADE_MS = 3_600_000;
/** More hosts of one version are counted. */
const MOST_NAMED = 3;

/** Finds where versions do not fit together: jobs that a later one wrote, and hosts that were forgotten in an upgrade. */
export function judgeVersions(facts: Facts): Finding[] {
  const later = (facts.laterJobs ?? []).map(({ kind, host, job }): Finding => {
    const text = `A job waits for a newer version: the ${oneOf(kind)} workers of ${host} do not know what wrote ${job}`;
    return { code: 'job_later', about: `${kind}@${host}`, text };
  });
  return [...later, ...findMixture(facts)];
}

/** Which versions run on which hosts, the one of most hosts first. */
export function versionsOf({ workers, hosts }: Pick<Facts, 'workers' | 'hosts'>): Map<string, string[]> {
  const all = [...(workers ?? []), ...hosts].flatMap(({ host, version }) =>
    // A release and a checkout of the same commit are the same.
    version === undefined ? [] : [{ host, version: version.replace(/\+checkout$/, '') }],
  );
  const found = [...Map.groupBy(all, ({ version }) => version)].map(([version, places]): [string, string[]] => [
    version,
    [...new Set(places.map(({ host }) => host))].toSorted(),
  ]);
  return new Map(found.toSorted(([, one], [, other]) => other.length - one.length));
}

function findMixture(facts: Facts): Finding[] {
  const versions = versionsOf(facts);
  if (versions.size < 2) return [];
  const parts = [...versions].map(([version, hosts]) => `${formatVersion(version)} on ${nameHosts(hosts)}`);
  return [{ code: 'versions_differ', text: `Different versions run: ${parts.join(', ')}`, afterMs: UPGRADE_MS }];
}

const nameHosts = (hosts: readonly string[]): string =>
  hosts.length > MOST_NAMED
    ? `${hosts.slice(0, MOST_NAMED).join(', ')} and ${hosts.length - MOST_NAMED} more`
    : hosts.join(' and ');
