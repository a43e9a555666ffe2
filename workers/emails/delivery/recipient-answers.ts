import type { EmailResult } from '../job.ts';

/** The relay's last word on one recipient: taken, refused for good, or put off. */
export interface Answer {
  state: 'accepted' | 'refused' | 'deferred';
  /** The SMTP answer code; null if there was none. */
  code: number | null;
  response: string;
  /** How often the job had been run again by hand when a refusal came; absent for never. */
  retries?: number;
}

/** By address, as it stands in the envelope. */
export type Answers = Record<string, Answer>;

/** Recipients that a run may still hand the mail over to: no answer yet, or only put off. */
export const pendingOf = (recipients: readonly string[], answers: Answers): string[] =>
  recipients.filter((address) => (answers[address]?.state ?? 'deferred') === 'deferred');

/** The answers that still hold when the job was run again by hand so often: whoever asks for that wants refusals tried again. */
export const stillHolding = (answers: Answers, retries: number): Answers =>
  Object.fromEntries(
    Object.entries(answers).filter(([, answer]) => answer.state !== 'refused' || (answer.retries ?? 0) >= retries),
  );

/** The answers of a run, with refusals marked by how often the job had been run again by hand. */
export const markRefusals = (answers: Answers, retries: number): Answers =>
  retries === 0
    ? answers
    : Object.fromEntries(
        Object.entries(answers).map(([address, answer]) => [
          address,
          answer.state === 'refused' ? { ...answer, retries } : answer,
        ]),
      );

/** The recipients with one state. */
export const withState = (answers: Answers, state: Answer['state']): string[] =>
  Object.keys(answers).filter((address) => answers[address]?.state === state);

/** The job's result from all answers; `unknown` are the recipients of a hand-over that was not answered. */
export function resultOf(messageId: string, answers: Answers, unknown: readonly string[] = []): EmailResult {
  const entries = Object.entries(answers).filter(([address]) => !unknown.includes(address));
  const accepted = entries.flatMap(([address, { state, response }]) =>
    state === 'accepted' ? [{ address, response }] : [],
  );
  const rejected = entries.flatMap(([address, { state, code, response }]) =>
    state === 'accepted' ? [] : [{ address, code, response, permanent: state === 'refused' }],
  );
  const state = unknown.length > 0 ? 'unknown' : rejected.length > 0 ? 'partly' : 'sent';
  return { messageId, accepted, rejected, ...(unknown.length > 0 ? { unknown: [...unknown] } : {}), state };
}
