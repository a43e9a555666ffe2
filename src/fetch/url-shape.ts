/** Longest URL that is taken, in characters. */
const MAX_URL_LENGTH = 2048;

/**
 * What is wrong with the text as a URL to fetch, as the rest of a sentence that begins with the field ("must ...");
 * null when nothing is. Light, for contracts: no name is resolved, so it says nothing about where the URL leads.
 */
export function findUrlFault(text: string): string | null {
  if (text.length > MAX_URL_LENGTH) return `must have at most ${MAX_URL_LENGTH} characters`;
  const url = URL.parse(text);
  if (!url) return 'must be a whole URL, like https://example.com/path';
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return 'must begin with http:// or https://';
  if (url.username || url.password) return 'must not have a user name or a password in it';
  if (url.port === '0') return 'must have a port from 1 to 65535, or none';
  return null;
}

/** Whether `findUrlFault` finds nothing. */
export const isAllowedUrlShape = (text: string): boolean => findUrlFault(text) === null;

/** The port a URL leads to, also where it is not written. */
export const portOf = (url: URL): number =>
  url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);
