import type { Cron } from 'croner';
import { lazy } from '../../lazy.ts';
import { earliestWall, momentAfterGap, momentsOf } from './zone.ts';

/** When a schedule runs: a cron pattern of five fields by the wall clocks of a zone. */
export interface Timing {
  cron: string;
  timeZone: string;
}

/** So many patterns are remembered. */
const MOST_PATTERNS = 500;
/** As long as the longest pattern that people write, several times over. */
export const MAX_CRON_LENGTH = 100;

const NICKNAMES = new Set(['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly']);

/** Loaded by the first schedule. */
const load = lazy(() => import('croner'));

const patterns = new Map<string, Cron>();

/** Opens a pattern as one of wall-clock times, given as if they were UTC. Rejects with what is wrong with it. */
async function openPattern(cron: string): Promise<Cron> {
  const known = patterns.get(cron);
  if (known) return known;
  const { Cron: Pattern } = await load();
  const pattern = new Pattern(cron, { mode: '5-part', utcOffset: 0, paused: true });
  if (patterns.size >= MOST_PATTERNS) patterns.clear();
  patterns.set(cron, pattern);
  return pattern;
}

const SHAPE =
  'must be five fields (minute, hour, day of month, month, day of week) such as "0 6 1 * *", or one of @hourly, @daily, ' +
  '@weekly, @monthly and @yearly';

/** Says what is wrong with a cron pattern, as a sentence goes on behind its name; null for nothing. */
export async function findCronFault(cron: string): Promise<string | null> {
  const text = cron.trim();
  if (text.length > MAX_CRON_LENGTH) return `must have at most ${MAX_CRON_LENGTH} characters`;
  const fields = text.split(/\s+/);
  if (fields.length === 6) return `${SHAPE}: six fields would have seconds, and once a minute is most`;
  if (fields.length !== 5 && !NICKNAMES.has(text.toLowerCase())) return SHAPE;
  // It stands for the time of the start elsewhere: the times would depend on when they are named.
  if (text.includes('?')) return 'must have no "?": "*" stands for any value';
  try {
    const pattern = await openPattern(text);
    return pattern.nextRun(new Date(0)) === null ? 'must name a day that there is: this one never comes' : null;
  } catch (error) {
    const message = error instanceof Error ? error.message.replace(/^CronPattern: (Syntax error, )?/, '') : SHAPE;
    // The library counts days and months from 0 there.
    const why = message.replace(/(value for (?:day|month): )(-?\d+)/, (_all, what, at) => what + (Number(at) + 1));
    return `must be a cron pattern that can be read: ${why.charAt(0).toLowerCase()}${why.slice(1).replace(/\.$/, '')}`;
  }
}

/**
 * Names the next times (ms) of a schedule after a moment, at most `count`: fewer where there are no more. A time that the wall
 * clocks skip is the next moment there is. One that they show twice counts once, the first time, unless the pattern has more
 * than one minute of an hour: then each of them counts. Rejects for a pattern or a zone that is none.
 */
export async function nextTimes({ cron, timeZone }: Timing, afterMs: number, count: number): Promise<number[]> {
  const pattern = await openPattern(cron.trim());
  const isOften = isOftenHourly(pattern);
  const found = new Set<number>();
  const firstOf = () => [...found].sort((one, other) => one - other).slice(0, count);
  let wall: Date | null = new Date(earliestWall(timeZone, afterMs) - 1000);
  for (;;) {
    wall = pattern.nextRun(wall);
    if (!wall) return firstOf();
    const shown = momentsOf(timeZone, wall.getTime());
    const [first = momentAfterGap(timeZone, wall.getTime()), second] = shown;
    // What comes first of each wall-clock time is in order: nothing earlier follows.
    const times = firstOf();
    if (times.length === count && first > (times.at(-1) ?? 0)) return times;
    if (first > afterMs) found.add(first);
    if (second !== undefined && isOften && second > afterMs) found.add(second);
  }
}

/** Whether it has more than one minute of an hour: of the first hour that it has, as of all. */
function isOftenHourly(pattern: Cron): boolean {
  const first = pattern.nextRun(new Date(-1000));
  const second = first && pattern.nextRun(first);
  return hourOf(second) === hourOf(first);
}

const hourOf = (date: Date | null): number => Math.floor((date?.getTime() ?? Number.NaN) / HOUR_MS);

const HOUR_MS = 3_600_000;
/** Times are whole minutes, but for those that come behind a change of clocks to the second. */
const NEAR_MS = 1000;

/** Finds the last time (ms) of a schedule from one moment to another, both included; null where there is none. */
export async function lastTime(timing: Timing, fromMs: number, toMs: number): Promise<number | null> {
  const from = async (ms: number) => (await nextTimes(timing, ms - 1, 1))[0] ?? Number.POSITIVE_INFINITY;
  let last = await from(fromMs);
  if (last > toMs) return null;
  // Halved rather than followed: there may be a time for each minute of years.
  for (let end = toMs + 1; end - last > NEAR_MS; ) {
    const middle = Math.ceil((last + end) / 2);
    const time = await from(middle);
    if (time <= toMs) last = time;
    else end = middle;
  }
  return last;
}
