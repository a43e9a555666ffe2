/** Why mails to an address are stopped, the weakest first. */
export const SUPPRESSION_REASONS = ['manual', 'unsubscribe', 'bounce', 'complaint'] as const;
export type SuppressionReason = (typeof SUPPRESSION_REASONS)[number];

/** The caller whose mails an entry stops; null: everybody's. */
export type Owner = string | null;

/** One reason not to send to an address. */
export interface Suppression {
  /** Lower case; null when the person was erased: then the list holds only a hash of it, by which it still matches. */
  address: string | null;
  /** The one stream that is stopped; null: every mail. */
  messageStream: string | null;
  reason: SuppressionReason;
  note: string | null;
  /** RFC 3339. */
  at: string;
  /** When it no longer holds by itself, and one mail is tried: of a bounce; null for never. */
  until: string | null;
  caller: Owner;
}

/** A suppression to be added; without `at` it holds from now. */
export type NewSuppression = Pick<Suppression, 'messageStream' | 'reason' | 'note' | 'caller'> & {
  address: string;
  at?: string;
};
