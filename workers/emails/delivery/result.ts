import { AppError } from '../../../src/errors.ts';
import type { Suppressed } from '../content/compose.ts';
import type { EmailResult } from '../job.ts';
import { type Answers, describeAnswers } from './recipient-answers.ts';

/** What a result says of a mail beside its recipients' answers. */
interface ResultFacts {
  messageId: string;
  delivery: EmailResult['delivery'];
  /** Recipients that were left out. */
  suppressed: readonly Suppressed[];
  /** Recipients of an attempt without an outcome. */
  unknown?: readonly string[];
}

/** Makes a job's result of its recipients' answers. */
export function toResult(
  answers: Answers,
  { messageId, delivery, suppressed, unknown = [] }: ResultFacts,
): EmailResult {
  const entries = Object.entries(answers).filter(([address]) => !unknown.includes(address));
  const accepted = entries.flatMap(([address, { state, response }]) =>
    state === 'accepted' ? [{ address, response }] : [],
  );
  const rejected = entries.flatMap(([address, { state, code, response }]) =>
    state === 'accepted' || suppressed.some((one) => one.address === address)
      ? []
      : [{ address, code, response, permanent: state === 'refused' }],
  );
  const isWhole = rejected.length === 0 && suppressed.length === 0;
  return {
    messageId,
    delivery,
    accepted,
    rejected,
    ...(unknown.length > 0 ? { unknown: [...unknown] } : {}),
    ...(suppressed.length > 0 ? { suppressed: [...suppressed] } : {}),
    state: unknown.length > 0 ? 'unknown' : isWhole ? 'sent' : 'partly',
  };
}

/** Makes the final error of a mail that the server refused for every recipient. */
export const refusedError = (answers: Answers): AppError =>
  new AppError('mail_refused', `The mail server refused the mail: ${describeAnswers(answers, Object.keys(answers))}.`);

/** Makes the final error of a mail whose every recipient is on the suppression list. */
export function suppressedError(suppressed: readonly Suppressed[]): AppError {
  const reasons = suppressed.map(({ address, reason, messageStream }) => {
    return `${address} (${reason}${messageStream === null ? '' : `, ${messageStream}`})`;
  });
  const shown = reasons.length > 5 ? [...reasons.slice(0, 5), `${reasons.length - 5} more`] : reasons;
  const sentence = `Nothing was sent: every recipient is on the suppression list: ${shown.join('; ')}.`;
  return new AppError('recipient_suppressed', sentence);
}
