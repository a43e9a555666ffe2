import type { Stage } from './reply.ts';
import type { AnswerClass, Suppresses } from './verdict-table.ts';

/** The relay's last answer for one recipient: taken, refused for good, "try again later", or none to a whole mail. */
export interface Answer {
  state: 'accepted' | 'refused' | 'deferred' | 'unknown';
  /** The SMTP answer code; null if there was none. */
  code: number | null;
  response: string;
  /** The enhanced code (RFC 3463) that the answer begins with; absent where there is none. */
  status?: string;
  /** Where it came; absent in what an earlier version wrote. */
  stage?: Stage;
  /** What a refusal is about; absent where the mail was taken, and in what an earlier version wrote. */
  class?: AnswerClass;
  /** When a refusal puts the recipient on the suppression list; absent for never. */
  suppresses?: Suppresses;
  /** The name of the relay that gave it; absent where there is only one. */
  relay?: string;
  /** When it came, RFC 3339; absent in what an earlier version wrote. */
  at?: string;
  /** Since when servers put the recipient off, RFC 3339; absent where this is the first time. */
  since?: string;
  /** How often the job had been run again by hand when a refusal came, or no answer did; absent for never. */
  retries?: number;
}

/** By address, as it stands in the envelope. */
export type Answers = Record<string, Answer>;

/** Lists the recipients that a run may still send to: no answer yet, or only deferred. */
export const pendingOf = (recipients: readonly string[], answers: Answers): string[] =>
  recipients.filter((address) => (answers[address]?.state ?? 'deferred') === 'deferred');

/** Lists the recipients that may have the mail, to which the relay gave no answer. */
export const unknownIn = (answers: Answers): string[] =>
  Object.keys(answers).filter((address) => answers[address]?.state === 'unknown');

/** Whether anybody has the mail, or may have it. */
export const mayHaveArrived = (answers: Answers): boolean =>
  Object.values(answers).some(({ state }) => state === 'accepted' || state === 'unknown');

/** Describes up to five recipients with their answers, as one clause. */
export function describeAnswers(answers: Answers, addresses: readonly string[]): string {
  const shown = addresses.map((address) => `${address} (${answers[address]?.response || 'not tried yet'})`);
  return (shown.length > 5 ? [...shown.slice(0, 5), `${shown.length - 5} more`] : shown).join('; ');
}
