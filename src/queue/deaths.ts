import type { Redis } from 'ioredis';
import { deathsKey, restartsKey } from '../redis/keys.ts';

/** The death of a process, as the watch of its host has noted it. */
export interface Death {
  /** When it was seen (ISO 8601). */
  at: string;
  host: string;
  /** `images-0` */
  process: string;
  /** The program that it was one process of: a kind's name for its workers. */
  program: string;
  /** `SIGKILL`, `exit status 1`, `out of memory`, `frozen`, or `unknown`. */
  how: string;
  /** The ids of the jobs that it held; they run again. */
  jobs: string[];
}

/** Reads the last `limit` deaths, newest first. */
export async function readDeaths(redis: Redis, limit: number): Promise<Death[]> {
  return (await redis.lrange(deathsKey(), 0, limit - 1)).map((text) => JSON.parse(text) as Death);
}

/** Reads how often each program was started again after a death. */
export async function readRestarts(redis: Redis): Promise<Record<string, number>> {
  const counts = Object.entries(await redis.hgetall(restartsKey()));
  return Object.fromEntries(counts.map(([program, count]) => [program, Number(count)]));
}
