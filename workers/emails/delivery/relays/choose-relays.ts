import { createHash } from 'node:crypto';
import { TRANSACTIONAL } from '../../../../src/suppressions/stream.ts';
import type { RelayRoute } from './relays-file.ts';

/** A mail, as far as routes know it. */
export interface RoutedMail {
  jobId: string;
  /** The sender's address. */
  from: string;
  messageStream?: string | undefined;
}

/**
 * Chooses the relays of a mail by name: that which is its own, and behind it those that take it while that one rests. It
 * follows from the job's id and the weights alone, so that each run comes to the same, on all hosts: a receiver that wants
 * to see a mail a second time sees it from where it came before. Weight 0 is a relay that waits until all others rest.
 */
export function chooseRelays(routes: readonly RelayRoute[], mail: RoutedMail): string[] {
  const route = routes.find((one) => isFor(one, mail));
  if (!route) throw new Error('the last route is not for all mails');
  return Object.entries(route.relays)
    .map(([name, weight]) => ({
      name,
      rank: weight === 0 ? Number.POSITIVE_INFINITY : rankOf(mail.jobId, name) / weight,
    }))
    .toSorted((one, other) => (one.rank === other.rank ? 0 : one.rank - other.rank))
    .map(({ name }) => name);
}

function isFor({ senders, streams }: RelayRoute, { from, messageStream = TRANSACTIONAL }: RoutedMail): boolean {
  if (streams && !streams.includes(messageStream)) return false;
  const domain = from.slice(from.lastIndexOf('@') + 1).toLowerCase();
  return senders?.some((one) => (one.startsWith('*.') ? domain.endsWith(one.slice(1)) : domain === one)) ?? true;
}

/**
 * Draws when a relay's turn comes, exponentially distributed: the first of several, each divided by its weight, is each of
 * them as often as its weight says (weighted rendezvous hashing). 48 bits of a hash are the draw.
 */
function rankOf(jobId: string, name: string): number {
  const bits = createHash('sha256').update(`${jobId}\n${name}`).digest().readUIntBE(0, 6);
  return -Math.log((bits + 1) / (2 ** 48 + 1));
}
