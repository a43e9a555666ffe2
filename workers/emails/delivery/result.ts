import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { AppError } from '../../../src/errors.ts';
import type { Suppressed } from '../content/compose.ts';
import { type EmailResult, UNTOLD } from '../job.ts';
import type { Answer, Answers } from './answers/recipient-answers.ts';
import type { Stage } from './answers/reply.ts';

/** What a result says of a mail beside its recipients' answers. */
interface ResultFacts {
  messageId: string;
  delivery: EmailResult['delivery'];
  /** Recipients that were left out. */
  suppressed: readonly Suppressed[];
  /** Recipients of an attempt without an outcome. */
  unknown?: readonly string[];
}

/** The command that was answered at each stage. */
const COMMANDS: Readonly<Record<Stage, string | null>> = {
  connect: null,
  ehlo: 'EHLO',
  starttls: 'STARTTLS',
  auth: 'AUTH',
  mail: 'MAIL FROM',
  rcpt: 'RCPT TO',
  data: 'DATA',
  dot: '.',
};

const toRecipient = (address: string, answer: Answer): MailRecipient => ({
  address,
  state: answer.state,
  stage: answer.stage ?? null,
  command: answer.stage ? COMMANDS[answer.stage] : null,
  code: answer.code,
  status: answer.status ?? null,
  response: answer.response,
  class: answer.class ?? null,
  at: answer.at ?? null,
  ...(answer.relay === undefined ? {} : { relay: answer.relay }),
});

/** Makes a job's result of its recipients' answers. */
export function toResult(
  answers: Answers,
  { messageId, delivery, suppressed, unknown = [] }: ResultFacts,
): EmailResult {
  const leftOut = suppressed.map(({ address }) => address);
  const answered = Object.entries(answers).filter(([one]) => !unknown.includes(one) && !leftOut.includes(one));
  const recipients: MailRecipient[] = [
    ...answered.map(([address, answer]) => toRecipient(address, answer)),
    ...unknown.map((address) => ({ ...UNTOLD, address, state: 'unknown' as const })),
    ...suppressed.map(({ address, at }) => ({ ...UNTOLD, address, state: 'suppressed' as const, at })),
  ];
  return {
    messageId,
    delivery,
    recipients,
    ...(unknown.length > 0 ? { unknown: [...unknown] } : {}),
    ...(suppressed.length > 0 ? { suppressed: [...suppressed] } : {}),
    state: unknown.length > 0 ? 'unknown' : recipients.every(({ state }) => state === 'accepted') ? 'sent' : 'partly',
  };
}

/** Makes the final error of a mail that nobody got, with what became of each recipient. */
export const endedError = (
  code: 'mail_refused' | 'expired' | 'recipient_suppressed',
  sentence: string,
  { recipients }: EmailResult,
  cause?: AppError,
): AppError => new AppError(code, sentence, { recipients, ...(cause ? { cause } : {}) });

/** Makes the final error of a mail whose every recipient is on the suppression list. */
export function suppressedError(result: EmailResult): AppError {
  const reasons = (result.suppressed ?? []).map(({ address, reason, messageStream }) => {
    return `${address} (${reason}${messageStream === null ? '' : `, ${messageStream}`})`;
  });
  const shown = reasons.length > 5 ? [...reasons.slice(0, 5), `${reasons.length - 5} more`] : reasons;
  const sentence = `Nothing was sent: every recipient is on the suppression list: ${shown.join('; ')}.`;
  return endedError('recipient_suppressed', sentence, result);
}
