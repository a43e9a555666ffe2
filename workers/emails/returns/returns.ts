import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';

/** What came back of one recipient of a mail, as its job keeps it. */
export type Returned = Omit<MailRecipient, 'address' | 'stage' | 'command'> & {
  state: ReturnedState;
  at: string;
  /** Of two reports of one state, the one that weighs more counts; nothing where it is not given. */
  weight?: number;
};

/** What a recipient is after its mail has come back, or a person has said that it arrived: the weakest word first. */
export const RETURNED_STATES = ['accepted', 'delivered', 'bounced', 'complained'] as const;
export type ReturnedState = (typeof RETURNED_STATES)[number];

/** By address, as it stands in the envelope. */
export type Returns = Readonly<Record<string, Returned>>;

/** Positive where the first says more than the second. */
const compare = (one: Returned, other: Returned): number =>
  RETURNED_STATES.indexOf(one.state) - RETURNED_STATES.indexOf(other.state) || (one.weight ?? 0) - (other.weight ?? 0);

/** Adds what came back of a recipient; null where a stronger word, or the same one, stands there already. */
export function addReturn(returns: Returns, address: string, returned: Returned): Returns | null {
  const before = returns[address];
  if (before && compare(returned, before) <= 0) return null;
  return { ...returns, [address]: returned };
}

/** Shows recipients with what came back of each; what came before the last answer was of an earlier sending. */
export const addReturns = (recipients: readonly MailRecipient[], returns: Returns): MailRecipient[] =>
  recipients.map((one) => {
    const returned = returns[one.address];
    const isOurs = returned && (one.state === 'accepted' || one.state === 'unknown');
    if (!isOurs || (one.at !== null && returned.at < one.at)) return one;
    const { weight: _weight, ...shown } = returned;
    return { ...one, ...shown, stage: null, command: null };
  });
