import { now } from '../clock.ts';
import { readMember } from './members.ts';
import type { NewSuppression, Suppression, SuppressionReason } from './suppression.ts';

/** A mailbox that was not there may be there again: after this, a mail finds out. */
export const BOUNCE_HOLDS_MS = 30 * 86_400_000;

/** Whether that moment is over; null never is. */
export const isPast = (until: string | null): boolean => until !== null && Date.parse(until) <= now();

/** Stands for all streams in a record. */
export const ALL_STREAMS = '*';

/**
 * An entry of a record, which is a JSON object: `{"<stream or *>": [reason, note, atMs]}`. `by` is there where the person
 * entered it by the link of a mail, who can take it back by that.
 */
type StoredEntry = [reason: SuppressionReason, note: string, atMs: number, by?: 'link'];

/** Writes the entry of one suppression. */
export function writeEntry({ reason, note, at }: NewSuppression, isByLink: boolean): string {
  const entry: StoredEntry = [reason, note ?? '', at === undefined ? now() : Date.parse(at)];
  return JSON.stringify(isByLink ? [...entry, 'link'] : entry);
}

/** Reads which streams of a record were left by a link; null stands for all. */
export function readLeftByLink(text: string | null | undefined): (string | null)[] {
  const record = JSON.parse(text ?? '{}') as Record<string, StoredEntry>;
  const left = Object.entries(record).filter(([, [, , , by]]) => by === 'link');
  return left.map(([stream]) => (stream === ALL_STREAMS ? null : stream));
}

/** Reads the record of a member of the list, the entry for all streams first. */
export function readRecord(member: string, text: string | null | undefined): Suppression[] {
  const record = JSON.parse(text ?? '{}') as Record<string, StoredEntry>;
  const { address, owner } = readMember(member);
  return Object.entries(record)
    .map(([stream, [reason, note, atMs]]) => ({
      address,
      messageStream: stream === ALL_STREAMS ? null : stream,
      reason,
      note: note || null,
      at: new Date(atMs).toISOString(),
      until: reason === 'bounce' ? new Date(atMs + BOUNCE_HOLDS_MS).toISOString() : null,
      caller: owner,
    }))
    .toSorted((a, b) => (a.messageStream ?? '').localeCompare(b.messageStream ?? ''));
}
