import { askForName } from '../../fields/near-name.ts';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
/** So many zones are remembered: callers name few. */
const MOST_CLOCKS = 200;

type Clock = Intl.DateTimeFormat;

const clocks = new Map<string, Clock>();

/** Makes the clock of a zone, or finds the one that was made. Throws RangeError for a zone that there is not. */
function clockOf(zone: string): Clock {
  const known = clocks.get(zone);
  if (known) return known;
  const clock = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    era: 'short',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  if (clocks.size >= MOST_CLOCKS) clocks.clear();
  clocks.set(zone, clock);
  return clock;
}

/** How far the wall clocks of a zone are ahead of UTC at a moment (ms). */
export function offsetOf(zone: string, ms: number): number {
  const shown = Object.fromEntries(
    clockOf(zone)
      .formatToParts(ms)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, second) - Math.floor(ms / 1000) * 1000;
}

/** Says what is wrong with the name of a time zone, with the one that was probably meant; null for nothing. */
export function findZoneFault(name: string): string | null {
  const sentence = 'must be the name of a time zone, such as "Europe/Oslo" or "UTC"';
  // An offset knows no daylight saving: whoever writes one means a place that has it.
  if (!/^[A-Za-z]/.test(name) || name.length > 64) return sentence;
  try {
    clockOf(name);
    return null;
  } catch {
    return `${sentence}${askForZone(name)}`;
  }
}

/** Asks for the zone that is near to the name, or that ends as it does: "Oslo" is Europe/Oslo. */
function askForZone(name: string): string {
  const zones = Intl.supportedValuesOf('timeZone');
  const near = askForName(name, zones);
  if (near !== '') return near;
  const place = name.slice(name.lastIndexOf('/') + 1);
  const places = new Map(zones.map((zone) => [zone.slice(zone.lastIndexOf('/') + 1), zone]));
  const meant = [...places.keys()].find((one) => askForName(place, [one]) !== '');
  return meant === undefined ? '' : ` (did you mean ${places.get(meant)}?)`;
}

/** Writes a moment by the wall clock of a zone, as RFC 3339 with the offset: `2026-12-01T06:00:00+01:00`. */
export function writeMoment(zone: string, ms: number): string {
  const offset = offsetOf(zone, ms);
  const wall = new Date(ms + offset).toISOString().slice(0, 19);
  const minutes = Math.round(Math.abs(offset) / MINUTE_MS);
  const two = (number: number) => String(number).padStart(2, '0');
  const hours = Math.floor(minutes / 60);
  return `${wall}${offset < 0 ? '-' : '+'}${two(hours)}:${two(minutes % 60)}`;
}

/** No zone changes its clocks by more than a day. */
const DAY_MS = 24 * HOUR_MS;

/**
 * Finds the moments when the wall clocks of a zone show a time, given as if it were UTC: none, where they skip it; two,
 * where they show it twice.
 */
export function momentsOf(zone: string, wall: number): number[] {
  const offsets = new Set([offsetOf(zone, wall - DAY_MS), offsetOf(zone, wall + DAY_MS)]);
  return [...offsets]
    .map((offset) => wall - offset)
    .filter((ms) => offsetOf(zone, ms) === wall - ms)
    .sort((one, other) => one - other);
}

/** Finds the first moment after a time that the wall clocks of a zone skip. */
export function momentAfterGap(zone: string, wall: number): number {
  const before = offsetOf(zone, wall - DAY_MS);
  let [early, late] = [wall - DAY_MS, wall + DAY_MS];
  while (late - early > 1000) {
    const middle = Math.floor((early + late) / 2000) * 1000;
    if (offsetOf(zone, middle) === before) early = middle;
    else late = middle;
  }
  return late;
}

/** The earliest that wall clocks can show at a moment or after it, as if it were UTC, change of clocks or not. */
export const earliestWall = (zone: string, ms: number): number =>
  ms + Math.min(offsetOf(zone, ms), offsetOf(zone, ms + DAY_MS));
