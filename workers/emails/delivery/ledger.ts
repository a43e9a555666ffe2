import { randomUUID } from 'node:crypto';
import { AppError } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import type { Answers } from './answers/recipient-answers.ts';
import { isOfAllMails } from './answers/verdict.ts';

/** A delivery attempt whose outcome is not written down: the relay may have taken the mail for these recipients. */
export interface InFlightAttempt {
  /** Tells the attempt from that of another run, so that no other run ends it. */
  token: string;
  /** RFC 3339. */
  at: string;
  to: string[];
  /** How often the job had been run again by hand; absent for never. */
  retries?: number;
}

/** What Redis holds of a mail: each recipient's last answer, and an attempt without an outcome. */
export interface DeliveryRecord {
  answers: Answers;
  inFlight: InFlightAttempt | null;
}

/** The mail ledger of one job, as one run sees it. */
export interface Ledger {
  /** As it was when the run opened it. */
  record: DeliveryRecord;
  /**
   * Enters a delivery attempt to these recipients; resolves when that is on disk. Rejects with `cancelled` when the job
   * was cancelled or erased, and with `interrupted` when another run has the mail.
   */
  claim(to: string[]): Promise<void>;
  /**
   * Adds answers and ends the claimed attempt, if there is one. Writes nothing when another run has written since.
   * Resolves with all answers.
   */
  settle(answers: Answers): Promise<Answers>;
  /** Adds answers of some recipients while the claimed attempt stays without an outcome. Resolves with all answers. */
  note(answers: Answers): Promise<Answers>;
}

/** Fields of the job; the first has the answers by address (`Answers`). */
export const ANSWERS = 'answers';
export const IN_FLIGHT = 'flight';
/** How often the job had been run again by hand, that last time included, when a person had it sent to whom may have it. */
const SEND_AGAIN = 'again';

/** The fields of a mail that another deployment may have sent since that moment: as an attempt without an outcome. */
export const fieldsInDoubt = (since: string): Record<string, string> => ({
  [IN_FLIGHT]: JSON.stringify({ token: randomUUID(), at: since, to: [] } satisfies InFlightAttempt),
});

/** The fields of a mail that a person has sent once more to those who may have it. */
export const fieldsToSendAgain = ({ retries }: { retries: number }): Record<string, string> => ({
  [SEND_AGAIN]: String(retries + 1),
});

/**
 * Opens a job's ledger. It is what keeps a job that runs twice from sending twice: no run starts an attempt that has
 * not read what the run before it wrote.
 */
export async function openLedger(
  fields: JobFields,
  { id, retries = 0 }: Pick<RunningJob<unknown>, 'id' | 'retries'>,
): Promise<Ledger> {
  let [storedAnswers = null, storedInFlight = null, again = null] = await fields.read(id, [
    ...[ANSWERS, IN_FLIGHT, SEND_AGAIN],
  ]);
  let isClaimed = false;
  const answers = storedAnswers
    ? dropOld(JSON.parse(storedAnswers) as Answers, { refused: retries, unknown: Number(again) })
    : {};
  const attempted = storedInFlight ? (JSON.parse(storedInFlight) as InFlightAttempt) : null;
  const inFlight = attempted && (attempted.retries ?? 0) >= Number(again) ? attempted : null;
  return {
    record: { answers, inFlight },
    async claim(to) {
      const attempt = JSON.stringify({
        token: randomUUID(),
        at: new Date().toISOString(),
        to,
        ...(retries === 0 ? {} : { retries }),
      } satisfies InFlightAttempt);
      const outcome = await fields.change(id, {
        expected: { [ANSWERS]: storedAnswers, [IN_FLIGHT]: storedInFlight },
        set: { [IN_FLIGHT]: attempt },
        unlessCancelled: true,
        beforeEffect: true,
      });
      if (outcome === 'changed') throw new AppError('interrupted', 'Another run of the job has the mail.');
      if (outcome !== 'done') throw new AppError('cancelled', 'The job was cancelled.');
      storedInFlight = attempt;
      isClaimed = true;
    },
    async settle(added) {
      if (!isClaimed && Object.keys(added).length === 0) return answers;
      const all = { ...answers, ...markSince(answers, markRetries(added, retries)) };
      const text = JSON.stringify(all);
      const change = isClaimed
        ? { expected: { [IN_FLIGHT]: storedInFlight }, set: { [ANSWERS]: text, [IN_FLIGHT]: null } }
        : { expected: { [ANSWERS]: storedAnswers, [IN_FLIGHT]: storedInFlight }, set: { [ANSWERS]: text } };
      if ((await fields.change(id, change)) !== 'done') return all;
      storedAnswers = text;
      if (isClaimed) storedInFlight = null;
      isClaimed = false;
      return all;
    },
    async note(added) {
      const all = { ...answers, ...markSince(answers, markRetries(added, retries)) };
      const text = JSON.stringify(all);
      const change = { expected: { [IN_FLIGHT]: storedInFlight }, set: { [ANSWERS]: text } };
      if ((await fields.change(id, change)) === 'done') storedAnswers = text;
      return all;
    },
  };
}

/**
 * Drops refusals from before the job was last run again by hand: a person who asks for that wants them tried again. Of those
 * who may have it, a person has to say so.
 */
const dropOld = (answers: Answers, since: Readonly<Record<'refused' | 'unknown', number>>): Answers =>
  Object.fromEntries(
    Object.entries(answers).filter(([, { state, retries = 0 }]) => {
      return (state !== 'refused' && state !== 'unknown') || retries >= since[state];
    }),
  );

/** Marks what such a person may want again with how often the job had been run again by hand when it came. */
const markRetries = (answers: Answers, retries: number): Answers =>
  retries === 0
    ? answers
    : Object.fromEntries(
        Object.entries(answers).map(([address, answer]) => [
          address,
          answer.state === 'refused' || answer.state === 'unknown' ? { ...answer, retries } : answer,
        ]),
      );

/** Marks deferrals with since when the recipient is put off: not for what holds up all mails, which does not end it either. */
const markSince = (before: Answers, added: Answers): Answers =>
  Object.fromEntries(
    Object.entries(added).map(([address, answer]) => {
      const last = before[address];
      const isAgain = answer.state === 'deferred' && last?.state === 'deferred';
      const lastAt = isOfAllMails(last?.class ?? 'relay') ? undefined : last?.at;
      const since = isAgain ? (last.since ?? lastAt) : undefined;
      return [address, since === undefined ? answer : { ...answer, since }];
    }),
  );
