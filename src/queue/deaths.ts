import type { Redis } from 'ioredis';
import { kindsOfProgram } from '../processes/program.ts';
import { deathsKey, restartsKey } from '../redis/keys.ts';

/** The death of a process, as the watch of its host has noted it. */
export interface Death {
  /** When it was seen (ISO 8601). */
  at: string;
  host: string;
  /** `images-0` */
  process: string;
  /** The program that it was one process of: `web`, or the names of the kinds that it worked for (`emails+webhooks`). */
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

/** Reads how often the workers of each kind, and the other programs, were started again after a death. */
export async function readRestarts(redis: Redis): Promise<Record<string, number>> {
  const restarts: Record<string, number> = {};
  for (const [program, count] of Object.entries(await redis.hgetall(restartsKey()))) {
    for (const kind of kindsOfProgram(program)) restarts[kind] = (restarts[kind] ?? 0) + Number(count);
  }
  return restarts;
}
