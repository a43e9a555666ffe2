import type { Redis } from 'ioredis';
import { now } from '../clock.ts';
import { hostReportsKey, unloadedKey } from '../redis/keys.ts';

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
