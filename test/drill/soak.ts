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

/** What has grown by less in Redis is not told, by the keys' names. */
const TOLD_KB = 10;
const MOST_TOLD = 12;

/** A figure of one process, or of Redis, at the mark and at the end. */
export interface SoakRow {
  name: string;
  /** Its fields, in the order of the columns. */
  figures: Readonly<Record<string, readonly [before: number, after: number]>>;
}

type Looks = Map<string, Record<string, number[]>>;
/** Bytes in Redis by what its keys are called. */
type ByName = Map<string, number>;

/** Waits until the mark, looks, waits until the end and looks again: a row for each process, one for Redis, and some for its keys. */
export async function soak(deployment: Deployment, minutes: number, say: (text: string) => void): Promise<SoakRow[]> {
  const begunAt = performance.now();
  const reach = (minute: number) => delay(Math.max(0, begunAt + minute * 60_000 - LOOK_FOR_MS - performance.now()));
  const marks: { looks: Looks; keys: ByName }[] = [];
  for (const minute of [Math.min(WARM_MINUTES, minutes / 2), minutes]) {
    await reach(minute);
    const looks = await look(deployment);
    const keys = await deployment.withRedis(weighKeys);
    for (const bytes of looks.get('Redis')?.['usedMb'] ?? []) keepBounded(looks, bytes, keys);
    marks.push({ looks, keys });
    say(`minute ${minute}: looked at ${looks.size} processes`);
  }
  const [before, after] = marks as [(typeof marks)[number], (typeof marks)[number]];
  const rows = [...after.looks].map(([name, fields]) => ({
    name,
    figures: Object.fromEntries(
      Object.entries(fields).map(([field, values]) => [
        field,
        [median(before.looks.get(name)?.[field] ?? []), median(values)] as const,
      ]),
    ),
  }));
  return [...rows, ...compareKeys(before.keys, after.keys)];
}

/** The keys that take more in Redis than at the mark, by what they are called; those that have grown most. */
function compareKeys(before: ByName, after: ByName): SoakRow[] {
  return [...after]
    .map(([name, bytes]) => ({ name, kb: [(before.get(name) ?? 0) / 1000, bytes / 1000] as const }))
    .filter(({ kb: [from, to] }) => to - from > TOLD_KB)
    .toSorted((one, other) => other.kb[1] - other.kb[0] - (one.kb[1] - one.kb[0]))
    .slice(0, MOST_TOLD)
    .map(({ name, kb }) => ({ name: `  ${name}`, figures: { kb } }));
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

const readRedis = async (redis: Redis): Promise<Record<string, number>> => ({
  usedMb: Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))?.[1]) / MEGABYTE,
});

/** Sets beside what Redis uses: `redisMb`, which is without what is bounded otherwise, and that. */
function keepBounded(looks: Looks, usedMb: number, keys: ByName): void {
  const sum = (pattern: RegExp) =>
    [...keys].reduce((bytes, [name, own]) => (pattern.test(name) ? bytes + own : bytes), 0) / MEGABYTE;
  const [tombstonesMb, historyMb] = [sum(BOUNDED.tombstones), sum(BOUNDED.history)];
  keep(looks, 'Redis', { redisMb: usedMb - tombstonesMb - historyMb, tombstonesMb, historyMb });
}

/** Weighs all keys, and adds up those that differ in ids, numbers and digests alone. */
async function weighKeys(redis: Redis): Promise<ByName> {
  const found: ByName = new Map();
  let cursor = '0';
  do {
    const [next, keys] = await redis.scan(cursor, 'COUNT', 1000);
    cursor = next;
    const asked = redis.pipeline();
    for (const key of keys) asked.memory('USAGE', key, 'SAMPLES', 100);
    const answers = (await asked.exec()) ?? [];
    for (const [place, key] of keys.entries()) {
      const name = key.replaceAll(/\b[a-z]{3}_[0-9a-z]{26}\b|\b[\w-]{43}\b|\d+/g, '*');
      found.set(name, (found.get(name) ?? 0) + Number(answers[place]?.[1] ?? 0));
    }
  } while (cursor !== '0');
  return found;
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const round = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toFixed(1).replace(/\.0$/, ''));
