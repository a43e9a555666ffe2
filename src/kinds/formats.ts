import { lazy } from '../lazy.ts';

/** How numbers, sizes and times read on the pages. English, as the pages are; made by the first page that needs them. */

const whole = lazy(() => new Intl.NumberFormat('en', { maximumFractionDigits: 0 }));
const short = lazy(() => new Intl.NumberFormat('en', { maximumSignificantDigits: 3 }));
const moment = lazy(
  () => new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'medium', timeZone: 'UTC' }),
);
const day = lazy(
  () =>
    new Intl.DateTimeFormat('en-GB', {
      ...{ weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' },
      ...{ hour: '2-digit', minute: '2-digit', timeZone: 'UTC' },
    }),
);
const ordinals = lazy(() => new Intl.PluralRules('en', { type: 'ordinal' }));
const SUFFIXES: Record<string, string> = { one: 'st', two: 'nd', few: 'rd', other: 'th' };

/** 12345 as "12,345". */
export const formatNumber = (value: number): string => whole().format(value);

/** 3 as "3rd". */
export const formatOrdinal = (value: number): string => `${whole().format(value)}${SUFFIXES[ordinals().select(value)]}`;

/** Bytes in the unit that fits: "512 bytes", "48.2 kB", "3.1 MB". */
export function formatBytes(bytes: number): string {
  if (bytes < 1000) return `${bytes} ${bytes === 1 ? 'byte' : 'bytes'}`;
  const units = ['kB', 'MB', 'GB', 'TB'];
  const step = Math.min(Math.floor(Math.log10(Number(bytes.toPrecision(3))) / 3), units.length);
  return `${short().format(bytes / 1000 ** step)} ${units[step - 1]}`;
}

/** A length of time in ms: "140 ms", "2.4 s", "3 min 20 s", "1 h 5 min". */
export function formatDuration(ms: number): string {
  if (ms < 1000) return `${Math.max(0, Math.round(ms))} ms`;
  if (ms < 60_000) return `${short().format(Math.round(ms / 100) / 10)} s`;
  const seconds = Math.round(ms / 1000);
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${seconds % 60} s`;
  return `${whole().format(Math.floor(minutes / 60))} h ${minutes % 60} min`;
}

/** About how long something has lasted: "12 s", "40 min", "3 h", "5 days". */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)} h`;
  return `${Math.floor(seconds / 86_400)} days`;
}

/** An RFC 3339 time as "23 Nov 2026, 04:31:20 UTC"; the browser's script shows it in the reader's own zone. */
export const formatTime = (iso: string): string => `${moment().format(new Date(iso))} UTC`;

/** An RFC 3339 time in UTC as "Tue, 1 Dec 2026, 06:00". */
export const formatDay = (iso: string): string => day().format(new Date(iso));

/** `messageId` as "Message id", `url` as "URL": the name of a result's field as a label. */
export function formatLabel(name: string): string {
  const parts = name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`).replaceAll(/[_-]/g, ' ');
  const words = parts.replaceAll(/\burl\b/g, 'URL');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Whether every browser shows a file of that media type as a picture. */
export const isPicture = (type: string): boolean => /^image\/(jpeg|png|webp|avif|gif)$/.test(type);

/** A version's name as people read it: of a commit its beginning. */
export const formatVersion = (name: string): string => name.replace(/^([0-9a-f]{12})[0-9a-f]+/, '$1');
