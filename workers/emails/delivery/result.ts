import type { MailRecipient } from '../../../src/delivery/mail-recipient.ts';
import { AppError, type ErrorCode } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import type { Suppressed } from '../content/compose.ts';
import { type EmailInput, recipientsOf } from '../input/mail.ts';
import { type EmailResult, UNTOLD } from '../job.ts';
import { type Answer, type Answers, pendingOf, unknownIn } from './answers/recipient-answers.ts';
import type { Stage } from './answers/reply.ts';
import { openLedger } from './ledger.ts';

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

/** Lists what became of each recipient. */
function toRecipients(
  answers: Answers,
  { suppressed, unknown }: Pick<ResultFacts, 'suppressed'> & { unknown: readonly string[] },
): MailRecipient[] {
  const leftOut = suppressed.map(({ address }) => address);
  const answered = Object.entries(answers).filter(([one]) => !unknown.includes(one) && !leftOut.includes(one));
  return [
    ...answered.map(([address, answer]) => toRecipient(address, answer)),
    ...unknown.map((address) => ({ ...UNTOLD, address, state: 'unknown' as const })),
    ...suppressed.map(({ address, at }) => ({ ...UNTOLD, address, state: 'suppressed' as const, at })),
  ];
}

/** Makes a job's result of its recipients' answers. */
export function toResult(answers: Answers, facts: ResultFacts): EmailResult {
  const { messageId, delivery, suppressed } = facts;
  const unknown = [...unknownIn(answers), ...(facts.unknown ?? [])];
  const recipients = toRecipients(answers, { suppressed, unknown });
  return {
    messageId,
    delivery,
    recipients,
    ...(unknown.length > 0 ? { unknown } : {}),
    ...(suppressed.length > 0 ? { suppressed: [...suppressed] } : {}),
    state: unknown.length > 0 ? 'unknown' : recipients.every(({ state }) => state === 'accepted') ? 'sent' : 'partly',
  };
}

/**
 * Adds what earlier runs' answers say of each recipient to the final error of a mail that can't be made any more: some may
 * have it. Resolves with any other error as it is.
 */
export async function tellRecipients(
  jobFields: JobFields,
  job: RunningJob<EmailInput>,
  thrown: unknown,
): Promise<unknown> {
  if (!(thrown instanceof AppError) || thrown.retryable) return thrown;
  const { answers, inFlight } = (await openLedger(jobFields, job)).record;
  const addresses = [...new Set(recipientsOf(job.input).map(({ address }) => address))];
  const unknown = [...unknownIn(answers), ...(inFlight ? pendingOf(addresses, answers) : [])];
  const recipients = toRecipients(answers, { suppressed: [], unknown });
  return recipients.length === 0 ? thrown : endedError(thrown.code, thrown.message, { recipients }, thrown);
}

/** Makes the final error of a mail, with what became of each recipient. */
export const endedError = (
  code: ErrorCode,
  sentence: string,
  { recipients }: Pick<EmailResult, 'recipients'>,
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
