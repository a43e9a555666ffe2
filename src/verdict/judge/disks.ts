import { formatBytes, formatDuration } from '../../kinds/formats.ts';
import { type DiskFacts, type Facts, type HostFacts, SILENT } from '../facts.ts';
import type { Finding } from './finding.ts';

/** A clock that is further off is told of. */
const CLOCK_OFF_MS = 5000;
/** The volume of Redis' log, where storage lies on another one. */
const REDIS = 'Redis';
const FULL = ['ENOSPC', 'EDQUOT'];
/** Below this part of the reserve every job is refused, and below this results wait. */
const [NO_JOBS, NO_RESULTS] = [1 / 2, 1 / 4];

/** Finds what is wrong with the machines of the web processes: disks and clocks. */
export function judgeDisks({ hosts, workers }: Pick<Facts, 'hosts' | 'workers'>): Finding[] {
  const disks = hosts.flatMap((host) => host.disks.flatMap((disk) => judgeDisk(disk, host, hosts.length > 1) ?? []));
  const clocks = new Map<string, number>();
  for (const { host, skewMs = 0 } of [...(workers ?? []), ...hosts]) {
    if (Math.abs(skewMs) > Math.abs(clocks.get(host) ?? 0)) clocks.set(host, skewMs);
  }
  const off = [...clocks].filter(([, skewMs]) => Math.abs(skewMs) > CLOCK_OFF_MS);
  return [
    ...disks,
    ...off.map(([host, skewMs]): Finding => {
      const direction = skewMs > 0 ? 'ahead of' : 'behind';
      const text = `The clock of ${host} is ${formatDuration(Math.abs(skewMs))} ${direction} that of Redis, which is used`;
      return { code: 'clock_off', about: host, text };
    }),
  ];
}

function judgeDisk(disk: DiskFacts, { host }: HostFacts, isOneOfMany: boolean): Finding | null {
  const { of, bucket, fault, freeBytes, reserveBytes } = disk;
  if (bucket !== undefined) return judgeBucket(bucket, fault, isOneOfMany ? host : null);
  const where = `the disk of ${of}${isOneOfMany ? ` on ${host}` : ''}`;
  const about = isOneOfMany ? `${of}@${host}` : of;
  const left = `${formatBytes(freeBytes)} free of the ${formatBytes(reserveBytes)} that it keeps free`;
  if (fault === 'EROFS') {
    return { code: 'disk_read_only', about, text: `No upload or result can be kept: ${where} is read-only` };
  }
  const isFull = fault !== null && FULL.includes(fault) && freeBytes >= reserveBytes;
  if (isFull || freeBytes < reserveBytes * NO_RESULTS) {
    const what = of === REDIS ? 'Redis is about to end' : 'Nothing is accepted and results wait';
    return { code: 'disk_full', about, text: `${what}: ${where} is full (${left})` };
  }
  if (freeBytes < reserveBytes) {
    const refused = freeBytes < reserveBytes * NO_JOBS ? 'Nothing is accepted' : 'No upload is accepted';
    const what = of === REDIS ? 'Redis may run out of room' : refused;
    return { code: 'disk_reserve', about, text: `${what}: ${where} has ${left}` };
  }
  if (fault === null) return null;
  const says = fault === SILENT ? 'does not answer (within 2 s)' : `says ${fault}`;
  return { code: 'storage_unavailable', about, text: `No upload or result can be kept: ${where} ${says}` };
}

/** Judges what a machine has seen of the bucket that all have their files in. */
function judgeBucket(bucket: string, fault: string | null, host: string | null): Finding | null {
  if (fault === null) return null;
  const about = host === null ? 'storage' : `storage@${host}`;
  const seenFrom = host === null ? '' : ` (seen from ${host})`;
  if (FULL.includes(fault)) {
    const text = `No upload is accepted and results wait: ${bucket} takes no more, as its quota says${seenFrom}`;
    return { code: 'storage_full', about, text };
  }
  const says = fault === SILENT ? 'does not answer' : `says ${fault}`;
  return { code: 'storage_unavailable', about, text: `No upload or result can be kept: ${bucket} ${says}${seenFrom}` };
}
