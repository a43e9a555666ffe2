import { now } from '../clock.ts';
import { createSealedTokens } from './sealed-token.ts';

/** The target of a link to a job's result; `file` is null for all of it. */
export interface LinkedResult {
  job: string;
  file: string | null;
}

/** The mails that an unsubscribe link stops: those of one stream to one address. */
export interface Subscription {
  address: string;
  messageStream: string;
}

/** Makes and reads the links that need no credential. */
export interface Links {
  /** Makes a link to a job's result that holds until then. */
  resultUrl(result: LinkedResult, untilMs: number): string;
  /** Reads the token of such a link: its target, `isLate` when it holds no more; null when the token is not ours. */
  readResult(token: string): (LinkedResult & { isLate: boolean }) | null;
  /** Makes the link by which a person leaves a stream. It holds for ever: an old mail's link must work too. */
  unsubscribeUrl(subscription: Subscription): string;
  readUnsubscribe(token: string): Subscription | null;
}

/** Links below `baseUrl` (no slash at its end), sealed with the deployment's secret. */
export function createLinks(secret: string, baseUrl: string): Links {
  const results = createSealedTokens(secret, 'result link');
  const unsubscribes = createSealedTokens(secret, 'unsubscribe link');
  return {
    resultUrl: ({ job, file }, untilMs) => `${baseUrl}/r/${results.seal([job, file, untilMs])}`,
    readResult(token) {
      const [job, file, untilMs] = results.open(token) ?? [];
      if (typeof job !== 'string' || typeof untilMs !== 'number') return null;
      return { job, file: typeof file === 'string' ? file : null, isLate: untilMs < now() };
    },
    unsubscribeUrl: ({ address, messageStream }) => `${baseUrl}/u/${unsubscribes.seal([address, messageStream])}`,
    readUnsubscribe(token) {
      const [address, messageStream] = unsubscribes.open(token) ?? [];
      return typeof address === 'string' && typeof messageStream === 'string' ? { address, messageStream } : null;
    },
  };
}
