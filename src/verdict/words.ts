import { formatLabel, formatNumber } from '../kinds/formats.ts';

const DAY_MS = 86_400_000;

/** One of a kind's jobs: `image` of `images`. */
export const oneOf = (kind: string): string => kind.replace(/s$/, '');

/** `1 image worker`, `2 image workers`. */
export const countOf = (count: number, one: string): string => `${formatNumber(count)} ${one}${count === 1 ? '' : 's'}`;

/** `1 waits`, `121 wait`. */
export const waitOf = (count: number): string => `${formatNumber(count)} ${count === 1 ? 'waits' : 'wait'}`;

/** A sentence's beginning as a part of another one. */
export const inSentence = (text: string): string => {
  const bare = text.replace(/\.$/, '');
  return bare.charAt(0).toLowerCase() + bare.slice(1);
};

/** A moment as operators say it: `19:25 UTC`, with its day where that is not the last one. */
export function clockTime(at: number, now: number): string {
  const iso = new Date(at).toISOString();
  const time = `${iso.slice(11, 16)} UTC`;
  return now - at < DAY_MS / 2 ? time : `${iso.slice(0, 10)} ${time}`;
}

/** A kind's jobs, at the beginning of a sentence. */
export const jobsOf = formatLabel;
