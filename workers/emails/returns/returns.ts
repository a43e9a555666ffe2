import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';

/** What came back of one recipient of a mail, as its job keeps it. */
export type Returned = Omit<MailRecipient, 'address' | 'stage' | 'command'> & { state: ReturnedState; at: string };

/** What a recipient is after its mail has come back, the weakest word first. */
export const RETURNED_STATES = ['delivered', 'bounced', 'complained'] as const;
export type ReturnedState = (typeof RETURNED_STATES)[number];

/** By address, as it stands in the envelope. */
export type Returns = Readonly<Record<string, Returned>>;

const rankOf = (state: ReturnedState): number => RETURNED_STATES.indexOf(state);

/** Adds what came back of a recipient; null where a stronger word, or the same one, stands there already. */
export function addReturn(returns: Returns, address: string, returned: Returned): Returns | null {
  const before = returns[address];
  if (before && rankOf(before.state) >= rankOf(returned.state)) return null;
  return { ...returns, [address]: returned };
}

/** Shows recipients with what came back of each; what came before the last answer was of an earlier sending. */
export const addReturns = (recipients: readonly MailRecipient[], returns: Returns): MailRecipient[] =>
  recipients.map((one) => {
    const returned = returns[one.address];
    const isOurs = returned && (one.state === 'accepted' || one.state === 'unknown');
    if (!isOurs || (one.at !== null && returned.at < one.at)) return one;
    return { ...one, ...returned, stage: null, command: null };
  });
