import { createSealedTokens } from '../../../src/signing/sealed-token.ts';
import type { Secrets } from '../../../src/signing/secret.ts';
import { type NewSuppression, SUPPRESSION_REASONS } from '../../../src/suppressions/suppression.ts';

/** An entry that was lifted, for whoever takes that back; `isByLink`: a person had entered it by the link of a mail. */
export interface LiftedEntry {
  entry: NewSuppression;
  isByLink: boolean;
}

/** Lifted entries as texts that nobody else can make, and that name nobody. */
export interface LiftedEntries {
  write(lifted: LiftedEntry): string;
  /** Null for a text that was not written here. */
  read(text: unknown): LiftedEntry | null;
}

/** Makes and reads them, sealed with the deployment's secrets. */
export function createLiftedEntries(secrets: Secrets): LiftedEntries {
  const tokens = createSealedTokens(secrets, 'lifted suppression');
  return {
    write: ({ entry: { address, messageStream, reason, note, caller, at = null }, isByLink }) =>
      tokens.seal([address, messageStream, reason, note, caller, at, isByLink ? 1 : 0]),
    read(text) {
      const facts = typeof text === 'string' ? tokens.open(text) : null;
      const [address, messageStream, given, note, caller, at, isByLink] = (facts ?? []).map((fact) =>
        typeof fact === 'number' ? String(fact) : fact,
      );
      const reason = SUPPRESSION_REASONS.find((one) => one === given);
      if (!address || !reason) return null;
      const entry = {
        address,
        messageStream: messageStream ?? null,
        reason,
        note: note ?? null,
        caller: caller ?? null,
      };
      return { entry: at ? { ...entry, at } : entry, isByLink: isByLink === '1' };
    },
  };
}
