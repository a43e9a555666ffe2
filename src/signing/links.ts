import { now } from '../clock.ts';
import { createSealedTokens } from './sealed-token.ts';
import type { Secrets } from './secret.ts';

/** Of a file's SHA-256 so much stands in a link, in hex: 128 bits. */
const CONTENT_LENGTH = 32;

/** The target of a link to a job's result; `file` is null for all of it. */
export interface LinkedResult {
  job: string;
  file: string | null;
}

/** A file of a job's result, as it is now: made anew with another content, a link to it leads nowhere. */
export interface LinkedFile {
  job: string;
  file: { name: string; sha256: string };
}

/** What the token of a link to a result says. */
export interface ReadResult extends LinkedResult {
  /** The beginning of the SHA-256 of the file that it leads to; null where that was not made yet. */
  content: string | null;
  /** Until when it holds (ms), and whether that is over. */
  untilMs: number;
  isLate: boolean;
}

/** The mails that an unsubscribe link stops: those of one stream to one address. */
export interface Subscription {
  address: string;
  messageStream: string;
  /** The caller whose mails they are; null in a link of an earlier version, which did not say. */
  caller: string | null;
  /** How the page of the link looks; absent in a link of an earlier version. */
  page?: UnsubscribePage;
}

/** What the page of an unsubscribe link has of its mail, each null where the mail does not say it. */
export interface UnsubscribePage {
  lang: string | null;
  /** The sender's name. */
  sender: string | null;
  /** The name of the brand. */
  brand: string | null;
}

/** Makes and reads the links that need no credential. */
export interface Links {
  /** Makes a link to a job's result that holds until then. */
  resultUrl(result: LinkedResult, untilMs: number): string;
  /** Makes a link to a file that is there; its name ends it, for those who go by that. */
  fileUrl(linked: LinkedFile, untilMs: number): string;
  /** Reads the token of such a link: its target, `isLate` when it holds no more; null when the token is not ours. */
  readResult(token: string): ReadResult | null;
  /** Makes the link by which a person leaves a stream. It holds for ever: an old mail's link must work too. */
  unsubscribeUrl(subscription: Subscription): string;
  /** Makes the token of such a link alone. */
  unsubscribeToken(subscription: Subscription): string;
  readUnsubscribe(token: string): Subscription | null;
}

/** Links below `baseUrl` (no slash at its end), sealed with the deployment's secret. */
export function createLinks(secrets: Secrets, baseUrl: string): Links {
  const results = createSealedTokens(secrets, 'result link');
  const unsubscribes = createSealedTokens(secrets, 'unsubscribe link');
  const unsubscribeToken = ({ address, messageStream, caller, page }: Subscription): string => {
    const shown = page ? [page.lang, page.sender, page.brand] : [];
    return unsubscribes.seal([address, messageStream, caller, ...shown]);
  };
  return {
    resultUrl: ({ job, file }, untilMs) => `${baseUrl}/r/${results.seal([job, file, untilMs])}`,
    fileUrl({ job, file: { name, sha256 } }, untilMs) {
      const token = results.seal([job, name, untilMs, sha256.slice(0, CONTENT_LENGTH)]);
      return `${baseUrl}/r/${token}/${encodeURIComponent(name)}`;
    },
    readResult(token) {
      const [job, file, untilMs, content] = results.open(token) ?? [];
      if (typeof job !== 'string' || typeof untilMs !== 'number') return null;
      return { job, file: textOf(file), content: textOf(content), untilMs, isLate: untilMs < now() };
    },
    unsubscribeUrl: (subscription) => `${baseUrl}/u/${unsubscribeToken(subscription)}`,
    unsubscribeToken,
    readUnsubscribe(token) {
      const [address, messageStream, caller, ...shown] = unsubscribes.open(token) ?? [];
      if (typeof address !== 'string' || typeof messageStream !== 'string') return null;
      const subscription = { address, messageStream, caller: textOf(caller) };
      if (shown.length === 0) return subscription;
      const [lang, sender, brand] = shown.map(textOf);
      return { ...subscription, page: { lang: lang ?? null, sender: sender ?? null, brand: brand ?? null } };
    },
  };
}

const textOf = (fact: unknown): string | null => (typeof fact === 'string' ? fact : null);
