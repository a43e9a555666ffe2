import { hostname } from 'node:os';
import type { Redis } from 'ioredis';
import { now } from '../clock.ts';
import { hostReportsKey, laterJobsKey, unloadedKey } from '../redis/keys.ts';

/** A report that is older is none: its watch is gone. */
const HOLDS_MS = 10_000;

/** A process of a host, as supervisord has it. */
export interface WatchedProcess {
  /** `images-0` */
  name: string;
  program: string;
  /** RUNNING, STARTING, BACKOFF, FATAL, EXITED, STOPPED or STOPPING. */
  state: string;
  pid: number;
  /** For how long it runs (ms), by the clock of its host; null while it does not. */
  upMs: number | null;
  /** Why it could not be started; empty for nothing. */
  why: string;
}

/** What runs on a host and what should, as its watch has seen it. */
export interface HostReport {
  /** The run of its supervisord, with which the places of its processes begin. */
  run: string;
  host: string;
  /** When it was written (ms). */
  at: number;
  processes: WatchedProcess[];
}

/** Reads the reports of all hosts whose watch lives. */
export async function readHostReports(redis: Redis): Promise<HostReport[]> {
  const reports = (await redis.hvals(hostReportsKey())).map((text) => JSON.parse(text) as HostReport);
  return reports.filter(({ at }) => Math.abs(now() - at) < HOLDS_MS);
}

/** A kind whose workers could not load what its jobs need. */
export interface Unloaded {
  kind: string;
  host: string;
  message: string;
  at: number;
}

/** It is told of for so long after the last try, unless one succeeds. */
const UNLOADED_MS = 600_000;

/** Notes that a process could not load what its jobs need. */
export async function noteUnloaded(redis: Redis, unloaded: Omit<Unloaded, 'at'>): Promise<void> {
  const text = JSON.stringify({ ...unloaded, at: now() } satisfies Unloaded);
  const field = `${unloaded.kind}@${unloaded.host}`;
  await redis.multi().hset(unloadedKey(), field, text).pexpire(unloadedKey(), UNLOADED_MS).exec();
}

/** Notes that a kind's workers of a host could load all. */
export async function noteLoaded(redis: Redis, { kind, host }: Pick<Unloaded, 'kind' | 'host'>): Promise<void> {
  await redis.hdel(unloadedKey(), `${kind}@${host}`);
}

/** Reads which kinds' workers could not load what they need, and have not shown since that they can. */
export async function readUnloaded(redis: Redis): Promise<Unloaded[]> {
  const noted = (await redis.hvals(unloadedKey())).map((text) => JSON.parse(text) as Unloaded);
  return noted.filter(({ at }) => now() - at < UNLOADED_MS);
}

/** A job of a later version that the workers of a host put back. */
export interface LaterJob {
  kind: string;
  host: string;
  job: string;
  at: number;
}

/** Such a job is looked at again every 30 seconds: what nobody has put back for longer has found its worker. */
const LATER_MS = 45_000;

/** Notes that workers of this host have put a job back, since a later version wrote it. */
export async function noteLaterJob(redis: Redis, later: Omit<LaterJob, 'at' | 'host'>): Promise<void> {
  const note: LaterJob = { ...later, host: hostname(), at: now() };
  const field = `${note.kind}@${note.host}`;
  await redis.multi().hset(laterJobsKey(), field, JSON.stringify(note)).pexpire(laterJobsKey(), LATER_MS).exec();
}

/** Reads the last jobs that wait for workers of a later version. */
export async function readLaterJobs(redis: Redis): Promise<LaterJob[]> {
  const noted = (await redis.hvals(laterJobsKey())).map((text) => JSON.parse(text) as LaterJob);
  return noted.filter(({ at }) => now() - at < LATER_MS);
}
