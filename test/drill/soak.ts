import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { listProcesses } from '../../bin/launch/supervisor.ts';
import type { Deployment } from './deployment.ts';

/** What is taken at first counts from here on: by then every library has loaded and every pool is full. */
export const WARM_MINUTES = 5;
/** What has grown by more than this share of itself is a fault. */
const MAY_GROW = 0.1;
/** Nor by so few: of 20 open files two are 10 %, and the pool of libvips comes and goes by three threads. */
const FEW = { rssMb: 8, files: 4, threads: 4, redisMb: 1 } as const;
/** A figure is the median of those of so long a time, taken so often: garbage comes and goes. */
const LOOK_FOR_MS = 45_000;
const LOOK_EVERY_MS = 3000;
const MEGABYTE = 1_000_000;

/** What is bounded by a number or an age that a soak does not reach, by the part of the keys' names. */
const BOUNDED = { tombstones: /:expired(:known)?$/, history: /:history:/ } as const;

/** A figure of one process, or of Redis, at the mark and at the end. */
export interface SoakRow {
  name: string;
  /** Its fields, in the order of the columns. */
  figures: Readonly<Record<string, readonly [before: number, after: number]>>;
}

type Looks = Map<string, Record<string, number[]>>;

/** Waits until the mark, looks, waits until the end and looks again: a row for each process and one for Redis. */
export async function soak(deployment: Deployment, minutes: number, say: (text: string) => void): Promise<SoakRow[]> {
  const begunAt = performance.now();
  const reach = (minute: number) => delay(Math.max(0, begunAt + minute * 60_000 - LOOK_FOR_MS - performance.now()));
  const marks: Looks[] = [];
  for (const minute of [Math.min(WARM_MINUTES, minutes / 2), minutes]) {
    await reach(minute);
    marks.push(await look(deployment));
    say(`minute ${minute}: looked at ${marks.at(-1)?.size} processes`);
  }
  const [before, after] = marks as [Looks, Looks];
  return [...after].map(([name, fields]) => ({
    name,
    figures: Object.fromEntries(
      Object.entries(fields).map(([field, values]) => [
        field,
        [median(before.get(name)?.[field] ?? []), median(values)] as const,
      ]),
    ),
  }));
}

/** The figures that have grown too much, or that were not there before, each in a few words. */
export function findGrown(rows: readonly SoakRow[]): string[] {
  return rows.flatMap(({ name, figures }) =>
    Object.entries(figures).flatMap(([field, [before, after]]) => {
      const few = FEW[field as keyof typeof FEW];
      if (few === undefined || after - before <= Math.max(before * MAY_GROW, few)) return [];
      return [`${name}: ${field} from ${round(before)} to ${round(after)}`];
    }),
  );
}

/** Writes the rows as a table. */
export function describeSoak(rows: readonly SoakRow[]): string {
  return rows
    .map(({ name, figures }) => {
      const cells = Object.entries(figures).map(([field, [before, after]]) => {
        const share = before > 0 ? `${after >= before ? '+' : ''}${((after / before - 1) * 100).toFixed(1)} %` : 'new';
        return `${field} ${round(before)} -> ${round(after)} (${share})`.padEnd(36);
      });
      return `${name.padEnd(26)} ${cells.join(' ')}`.trimEnd();
    })
    .join('\n');
}

async function look(deployment: Deployment): Promise<Looks> {
  const looks: Looks = new Map();
  const end = performance.now() + LOOK_FOR_MS;
  while (performance.now() < end) {
    for (const { name, pid } of await processesOf(deployment)) keep(looks, name, readFigures(pid));
    keep(looks, 'Redis', await deployment.withRedis(readRedis));
    await delay(LOOK_EVERY_MS);
  }
  return looks;
}

function keep(looks: Looks, name: string, figures: Record<string, number> | null): void {
  if (!figures) return;
  const all = looks.get(name) ?? {};
  for (const [field, value] of Object.entries(figures)) all[field] = [...(all[field] ?? []), value];
  looks.set(name, all);
}

async function processesOf({ paths }: Deployment): Promise<{ name: string; pid: number }[]> {
  const supervisord = Number(readFileSync(join(paths.run, 'supervisord.pid'), 'utf8'));
  const programs = (await listProcesses(paths.supervisorSocket)).filter(({ state }) => state === 'RUNNING');
  return [{ name: 'supervisord', pid: supervisord }, ...programs.map(({ name, pid }) => ({ name, pid }))];
}

/** Of /proc; null for one that has ended meanwhile. */
function readFigures(pid: number): Record<string, number> | null {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const read = (field: string) => Number(new RegExp(`^${field}:\\s*(\\d+)`, 'm').exec(status)?.[1]);
    const files = readdirSync(`/proc/${pid}/fd`).length;
    return { rssMb: (read('VmRSS') * 1024) / MEGABYTE, files, threads: read('Threads') };
  } catch {
    return null;
  }
}

/** What Redis holds: `redisMb` without what is bounded otherwise, which stands beside it. */
async function readRedis(redis: Redis): Promise<Record<string, number>> {
  const used = Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]);
  const bounded: Record<string, number> = {};
  for (const [name, pattern] of Object.entries(BOUNDED)) bounded[name] = await memoryOf(redis, pattern);
  const { tombstones = 0, history = 0 } = bounded;
  return {
    usedMb: used / MEGABYTE,
    redisMb: (used - tombstones - history) / MEGABYTE,
    tombstonesMb: tombstones / MEGABYTE,
    historyMb: history / MEGABYTE,
  };
}

async function memoryOf(redis: Redis, pattern: RegExp): Promise<number> {
  let [cursor, bytes] = ['0', 0];
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1000);
    cursor = next;
    for (const key of keys) if (pattern.test(key)) bytes += (await redis.memory('USAGE', key, 'SAMPLES', 100)) ?? 0;
  } while (cursor !== '0');
  return bytes;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, ''));
