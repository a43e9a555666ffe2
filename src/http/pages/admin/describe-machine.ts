import type { CallerUsage } from '../../../jobs/usage.ts';
import { formatAge, formatBytes, formatDuration, formatNumber, formatVersion } from '../../../kinds/formats.ts';
import type { MemoryOfKind } from '../../../queue/memory-by-kind.ts';
import type { Facts, HostFacts, RedisFacts } from '../../../verdict/facts.ts';
import { partByCaller } from '../../../verdict/judge/receivers.ts';

/** A fact by its name; a share of a whole is drawn beside it (0 to 100). */
export interface Reading {
  name: string;
  text: string;
  percent?: number;
  isBad?: boolean;
}

/** What the queues stand on, every text ready; groups without readings are left out. */
export interface MachineView {
  groups: { title: string; readings: Reading[] }[];
}

const MOST_CALLERS = 10;
const CLOCK_OFF_MS = 5000;
const MUCH_STEAL = 10;

/** What is read for the page beside the facts of the verdict. */
export interface MachineFacts {
  memory: readonly MemoryOfKind[];
  callers: readonly CallerUsage[];
}

/** Describes hosts, Redis, disks, relays, receivers and callers. */
export function describeMachine(facts: Facts, { memory, callers }: MachineFacts): MachineView {
  const groups = [
    { title: 'Hosts, and what runs there', readings: describeHosts(facts) },
    { title: 'Redis', readings: describeRedis(facts.redis, memory) },
    ...facts.hosts.map((host) => ({ title: `Machine ${host.host}`, readings: describeHost(host) })),
    { title: 'Mail relays', readings: describeRelays(facts) },
    { title: 'Webhooks that fail, by host', readings: describeReceivers(facts) },
    { title: 'Callers by use', readings: describeCallers(callers) },
  ];
  return { groups: groups.filter(({ readings }) => readings.length > 0) };
}

/** What runs on each host, and of which version. */
function describeHosts({ workers, hosts }: Facts): Reading[] {
  const webs = hosts.map(({ host, version }) => ({ host, version, what: 'web' }));
  const all = [...webs, ...(workers ?? []).map(({ host, version, kind }) => ({ host, version, what: kind }))];
  return [...Map.groupBy(all, ({ host }) => host)]
    .toSorted(([one], [other]) => one.localeCompare(other))
    .map(([name, running]): Reading => {
      const what = [...Map.groupBy(running, (one) => one.what)].map(([one, { length }]) =>
        length > 1 ? `${length} ${one}` : one,
      );
      const versions = new Set(running.flatMap(({ version }) => (version === undefined ? [] : formatVersion(version))));
      const version = versions.size > 0 ? `; version ${[...versions].join(' and ')}` : '';
      return { name, text: `${what.join(', ')}${version}` };
    });
}

function describeRedis(redis: RedisFacts, memory: readonly MemoryOfKind[]): Reading[] {
  if (redis.state !== 'up') return [];
  const { usedBytes, maxBytes, writeMs, syncPolicy, isLogWritten } = redis;
  const percent = Math.round((usedBytes / maxBytes) * 100);
  const used = Number.isFinite(maxBytes)
    ? { text: `${formatBytes(usedBytes)} of ${formatBytes(maxBytes)}, ${percent} %`, percent, isBad: percent > 80 }
    : { text: `${formatBytes(usedBytes)}, without a limit` };
  return [
    { name: 'Memory', ...used },
    ...memory.map(({ kind, bytes, jobs }): Reading => {
      return { name: `of it ${kind}`, text: `about ${formatBytes(bytes)} for ${formatNumber(jobs)} jobs` };
    }),
    { name: 'A write, synced', text: formatDuration(writeMs), isBad: writeMs > 250 },
    {
      name: 'Append-only file',
      text: isLogWritten ? `written, appendfsync ${syncPolicy}` : 'can not be written',
      isBad: !isLogWritten,
    },
  ];
}

function describeHost({ disks, skewMs, stealPercent }: HostFacts): Reading[] {
  return [
    ...disks.map(({ of, freeBytes, totalBytes, reserveBytes, fault }): Reading => {
      const text = `${formatBytes(freeBytes)} free of ${formatBytes(totalBytes)}; ${formatBytes(reserveBytes)} stay free`;
      const percent = totalBytes > 0 ? Math.round((1 - freeBytes / totalBytes) * 100) : 0;
      return { name: `Disk of ${of}`, text, percent, isBad: fault !== null || freeBytes < reserveBytes };
    }),
    { name: 'Clock', text: `${formatDuration(Math.abs(skewMs))} off`, isBad: Math.abs(skewMs) > CLOCK_OFF_MS },
    ...(stealPercent === null
      ? []
      : [
          {
            name: 'Processor time taken by others (steal)',
            text: `${stealPercent} %`,
            isBad: stealPercent > MUCH_STEAL,
          },
        ]),
  ];
}

function describeRelays({ workers }: Facts): Reading[] {
  const relays = (workers ?? []).flatMap(({ dependency }) => dependency?.parts ?? (dependency ? [dependency] : []));
  return [...Map.groupBy(relays, ({ name }) => name)].map(([name, sights]): Reading => {
    const sight = sights.find(({ ok }) => !ok) ?? sights[0];
    return { name, text: sight?.detail ?? '', isBad: !sight?.ok };
  });
}

function describeReceivers({ receivers, at }: Facts): Reading[] {
  return partByCaller(receivers?.failing ?? []).flatMap(({ whose, named, others }): Reading[] => [
    ...named.map(({ host, failures, why, since }): Reading => {
      const text = `${formatNumber(failures)} in a row for ${formatAge(at - since)}, of ${whose}: ${why}`;
      return { name: host, text, isBad: true };
    }),
    ...(others.length > 0
      ? [{ name: `Other hosts of ${whose}`, text: `${formatNumber(others.length)} fail too`, isBad: true }]
      : []),
  ]);
}

const describeCallers = (callers: readonly CallerUsage[]): Reading[] => [
  ...callers.slice(0, MOST_CALLERS).map(({ name, waiting, running, waitingBytes, storedBytes }) => {
    const stored = `${formatBytes(storedBytes)} stored`;
    const text = `${formatNumber(waiting)} waiting (${formatBytes(waitingBytes)}), ${formatNumber(running)} running, ${stored}`;
    return { name, text };
  }),
  ...(callers.length > MOST_CALLERS
    ? [{ name: 'Other callers', text: `${formatNumber(callers.length - MOST_CALLERS)} with less` }]
    : []),
];
