import { now } from '../clock.ts';
import { createSealedTokens } from './sealed-token.ts';
import type { Secrets } from './secret.ts';

/** The target of a link to a job's result; `file` is null for all of it. */
export interface LinkedResult {
  job: string;
  file: string | null;
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
  /** Reads the token of such a link: its target, `isLate` when it holds no more; null when the token is not ours. */
  readResult(token: string): (LinkedResult & { isLate: boolean }) | null;
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
    readResult(token) {
      const [job, file, untilMs] = results.open(token) ?? [];
      if (typeof job !== 'string' || typeof untilMs !== 'number') return null;
      return { job, file: typeof file === 'string' ? file : null, isLate: untilMs < now() };
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
