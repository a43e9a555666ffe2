const clocks = new Map<string, Intl.DateTimeFormat>();

/** Returns whether that is the name of a time zone that times can be told in: `Europe/Oslo`, `UTC`. */
export function isTimeZone(name: string): boolean {
  if (!/^[A-Za-z][\w+/-]{0,59}$/.test(name)) return false;
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

function formatOf(timeZone: string): Intl.DateTimeFormat {
  const known = clocks.get(timeZone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US-u-ca-iso8601-nu-latn', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
  });
  clocks.set(timeZone, format);
  return format;
}

/** The wall clock's time in a time zone at a moment, as ISO has it, without a zone: `2026-11-01T00:30:00`. */
export function isoInZone(moment: number, timeZone: string): string {
  const parts = formatOf(timeZone).formatToParts(moment);
  const read = (type: string): string => parts.find((part) => part.type === type)?.value ?? '';
  const day = `${read('year').padStart(4, '0')}-${read('month')}-${read('day')}`;
  return `${day}T${read('hour')}:${read('minute')}:${read('second')}`;
}

/** Behind a time: `Z`, `UTC`, `+02:00`. */
const ZONE = /\d ?(?:Z|UTC|GMT|(?<sign>[+-])(?<hours>\d\d):?(?<minutes>\d\d))$/;

/** The minutes that a text's time is ahead of UTC; undefined where it does not say. */
export function offsetOf(text: string): number | undefined {
  const match = ZONE.exec(text);
  if (!match) return undefined;
  const { sign, hours = '0', minutes = '0' } = match.groups ?? {};
  return (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
}
