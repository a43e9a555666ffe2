import type { Envelope } from '../../jobs/options/options.ts';

/** A job's record has no more of it: about as much as its facts, its title and its tags are. */
const MAX_BYTES = 1000;

/**
 * The texts that a job is found by, beside its id, its caller and its error: what the kind says that it is about, its tags and
 * its subject, and the name of its request. In lower case, made once when the job is accepted.
 */
export function searchTextOf({ title, facts, requestId, options }: Envelope): string {
  const texts = [title, ...Object.values(facts ?? {}).flat(), options.subject, ...(options.tags ?? []), requestId];
  const words = searchWords([...new Set(texts.filter((text) => text !== undefined))].join(' '));
  return words.length <= MAX_BYTES / 4 ? words : cut(words);
}

/** What is searched for as it is compared: composed (NFC), in lower case, one space between its words. */
export const searchWords = (text: string): string =>
  text.normalize('NFC').toLowerCase().replaceAll(/\s+/gu, ' ').trim();

const cut = (text: string): string =>
  Buffer.from(text)
    .subarray(0, MAX_BYTES)
    .toString()
    .replace(/\uFFFD+$/u, '');
