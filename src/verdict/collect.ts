import { hostname } from 'node:os';
import { clockSkewMs, now } from '../clock.ts';
import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';
import { readHostsHealth } from '../delivery/hosts.ts';
import type { Membership } from '../deployment/membership.ts';
import { WEBHOOKS_KIND } from '../endpoints/keys.ts';
import type { JobContract } from '../jobs/contract.ts';
import { readBoot, readProcess } from '../processes/mark.js';
import { NoAnswer, withinOwnTime } from '../processes/own-time.ts';
import { createStealMeter } from '../processes/steal.ts';
import { codeVersion } from '../processes/version.ts';
import { type LostWorker, readCounts, readLostWorkers, readWorkers } from '../queue/counts.ts';
import { readDeaths } from '../queue/deaths.ts';
import { sumOf } from '../queue/history/figures.ts';
import { createHistory, type History, MINUTE_MS, sumSteps } from '../queue/history/history.ts';
import { readOldestWaiting } from '../queue/history/oldest-waiting.ts';
import { findLoneWaiting } from '../queue/history/waiting-callers.ts';
import { readHostReports, readLaterJobs, readUnloaded } from '../queue/host-reports.ts';
import type { Redis } from '../redis/script.ts';
import { readLate } from '../schedules/late.ts';
import { readRoom } from '../storage/disk-room.ts';
import { placeOf } from '../storage/place.ts';
import type { Storage } from '../storage/storage.ts';
import {
  type DiskFacts,
  type Facts,
  type FailedAlert,
  type HostFacts,
  type LostFacts,
  type Marks,
  type QueueFacts,
  SILENT,
} from './facts.ts';
import { createRedisLook } from './look-at-redis.ts';
import { shareHosts } from './share-hosts.ts';

/** A source that takes longer, of the time that this process has, does not answer. */
const WITHIN_MS = 2000;
/** Failures are counted over so many. */
const MINUTES = 60;
/** A queue of which some ended within so many moves. */
const MOVES_MINUTES = 5;
/** Deaths that are looked at: those of five minutes, even in a loop. */
const DEATHS = 100;

export interface CollectDeps {
  config: Config;
  contracts: readonly JobContract[];
  redis: Redis;
  storage: Pick<Storage, 'check'>;
  deployment?: Membership;
  /** On which ways the last alert was not told; none unless given. */
  failedAlerts?: () => readonly FailedAlert[];
}

/** Makes what collects the facts: no source for longer than two seconds, and all at once. Never rejects. */
export function createCollect(deps: CollectDeps): () => Promise<Facts> {
  const { config, contracts, redis, deployment } = deps;
  const kinds = contracts.map(({ kind }) => kind);
  const lookAtRedis = createRedisLook({ ...deps, replicas: config.REDIS_WAIT });
  const history = createHistory(redis, kinds);
  const readSteal = createStealMeter();
  const marks: Marks = { waitingMs: config.VERDICT_WAITING, failedPercent: config.VERDICT_FAILED_PERCENT };

  return async () => {
    const silent: string[] = [];
    const ask = <T>(name: string, work: Promise<T>): Promise<T | null> =>
      withinOwnTime(work, WITHIN_MS).catch(() => {
        silent.push(name);
        return null;
      });
    const [seen, host] = await Promise.all([lookAtRedis(), lookAtHost(deps, readSteal)]);
    const isUp = seen.state === 'up';
    const [queues, workers, lost, deaths, reports, unloaded, laterJobs, lateSchedules, receivers, notes, hosts] =
      await Promise.all([
        isUp ? ask('the queues', readQueues(redis, kinds, history, marks.waitingMs)) : null,
        isUp ? ask('the workers', readWorkers(redis, kinds)) : null,
        isUp ? ask('the workers', readLostWorkers(redis, kinds)) : null,
        isUp ? ask('the processes that died', readDeaths(redis, DEATHS)) : null,
        isUp ? ask('the watches', readHostReports(redis)) : null,
        isUp ? ask('the libraries', readUnloaded(redis)) : null,
        isUp ? ask('the jobs of a later version', readLaterJobs(redis)) : null,
        isUp ? ask('the schedules', readLate(redis, now())) : null,
        isUp ? ask('the receivers of webhooks', readHostsHealth(redis, WEBHOOKS_KIND)) : null,
        isUp && deployment ? ask('the deployment', deployment.readNotes()) : null,
        isUp ? shareHosts(redis, host, now()) : [host],
      ]);
    return {
      ...{ at: now(), redis: seen, hosts, queues, workers, deaths, reports, unloaded, laterJobs, receivers },
      lateSchedules,
      lost: lost?.map(withState) ?? null,
      ...{ deployment: notes, failedAlerts: deps.failedAlerts?.() ?? [], silent, marks },
    };
  };
}

async function readQueues(
  redis: Redis,
  kinds: readonly string[],
  history: History,
  markMs: number,
): Promise<QueueFacts[]> {
  const [counts, oldest, steps] = await Promise.all([
    readCounts(redis, kinds),
    readOldestWaiting(redis, kinds),
    history.read({ steps: MINUTES, stepMs: MINUTE_MS }),
  ]);
  const read = kinds.map(async (kind): Promise<QueueFacts[]> => {
    const [own, waitedMs = 0] = [counts[kind], oldest[kind]];
    const { completed, failed } = sumSteps(steps[kind] ?? []);
    const ended = { count: completed + sumOf(failed), failedBy: failed };
    if (!own) return [];
    const endedOfLate = sumSteps((steps[kind] ?? []).slice(-MOVES_MINUTES));
    const isHeld = waitedMs > markMs && endedOfLate.completed + sumOf(endedOfLate.failed) > 0;
    const heldCaller = isHeld ? await findLoneWaiting(redis, kind, markMs) : null;
    return [{ kind, counts: own, oldestAt: waitedMs > 0 ? now() - waitedMs : null, heldCaller, ended }];
  });
  return (await Promise.all(read)).flat();
}

/** One of this machine may be asked whether it stands still. */
function withState(lost: LostWorker): LostFacts {
  const found = lost.mark && lost.mark.boot === readBoot() ? readProcess(lost.mark.pid) : null;
  return { ...lost, isStopped: found?.state === 'T' && found.startedAt === lost.mark?.startedAt };
}

/** Looks at the volumes of this machine, and at its clock. Never rejects. */
export async function lookAtHost(
  { config, storage }: Pick<CollectDeps, 'config' | 'storage'>,
  readSteal: () => number | null,
): Promise<HostFacts> {
  const place = placeOf(config);
  const files = place.on === 'disk' ? { folder: place.folder } : { folder: null, bucket: place.name };
  const folders = [
    { of: 'storage', ...files, check: () => storage.check() },
    ...(config.REDIS_URL ? [] : [{ of: 'Redis', folder: dataPaths(config.DATA_DIR).redis, check: async () => {} }]),
  ];
  const disks = await Promise.all(
    folders.map(async ({ folder, check, ...what }): Promise<DiskFacts & { volume: string }> => {
      const inTime = <T>(work: Promise<T>) => withinOwnTime(work, WITHIN_MS, { byThreads: true });
      const fault = await inTime(check()).then(() => null, codeOf);
      const nothing = { freeBytes: 0, reserveBytes: 0, totalBytes: 0, volume: what.of };
      // What does not answer is not asked again: that would take another thread.
      const read = folder === null || fault === SILENT ? null : inTime(readRoom(folder, config.DISK_RESERVE));
      const room = await read?.catch(() => nothing);
      return { ...what, fault, ...(room ?? nothing) };
    }),
  );
  // Both lie on one volume as a rule.
  const [storageDisk, redisDisk] = disks;
  const isOne = redisDisk?.volume === storageDisk?.volume;
  return {
    host: hostname(),
    version: codeVersion(),
    skewMs: clockSkewMs(),
    stealPercent: readSteal(),
    disks: (isOne ? disks.slice(0, 1) : disks).map(({ volume: _volume, ...disk }) => disk),
  };
}

/** The disk's own code of what was thrown, or a server's own word; what is full is told by its room. */
function codeOf(thrown: unknown): string {
  if ([thrown, (thrown as Error).cause].some((error) => error instanceof NoAnswer)) return SILENT;
  const { code, cause } = thrown as { code?: unknown; cause?: { code?: unknown; name?: unknown } };
  if (code === 'storage_full') return 'ENOSPC';
  const word = cause?.name === 'Error' ? undefined : cause?.name;
  const found = cause?.code ?? word ?? code;
  return typeof found === 'string' ? found : 'EIO';
}
