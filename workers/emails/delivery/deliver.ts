import { setTimeout as delay } from 'node:timers/promises';
import type { SendMailOptions } from 'nodemailer';
import { AppError } from '../../../src/errors.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { Redis } from '../../../src/redis/script.ts';
import type { EmailInput } from '../input/mail.ts';
import type { EmailResult } from '../job.ts';
import type { Breaker } from './breaker.ts';
import { type Ledger, openLedger } from './ledger.ts';
import {
  type Answer,
  type Answers,
  markRefusals,
  pendingOf,
  resultOf,
  stillHolding,
  withState,
} from './recipient-answers.ts';
import { MAX_ATTEMPTS, waitMs } from './retry-schedule.ts';
import { answerOf, answersOf, judgeSmtpError } from './smtp-error.ts';
import type { Throttle } from './throttle.ts';
import { AnswerLostError, type MailTransport, StaleConnectionError } from './transport.ts';

/** A turn this near is waited for; a further one puts the mail off. */
const SHORT_WAIT_MS = 100;
/** Mails that wait for a relay come back spread over this time, not all at once. */
const RETURN_SPREAD_MS = 30_000;

/** The mail to send: nodemailer's message, with an envelope of its own. */
export type Mail = SendMailOptions & { messageId: string; envelope: { from: string; to: string[] } };

export interface DeliveryDeps {
  redis: Redis;
  jobKey: (id: string) => string;
  transport: MailTransport;
  breaker: Breaker;
  throttle: Throttle;
  /** Hears of each try whether the relay worked (null) or what was wrong with it. */
  onRelay: (fault: AppError | null) => void;
  /** Hears of every recipient's answer; must not reject. */
  onAnswers: (answers: Answers) => Promise<void>;
}

/** One run of one mail. */
interface Run {
  job: RunningJob<EmailInput>;
  context: RunContext;
  mail: Mail;
  ledger: Ledger;
  deps: DeliveryDeps;
}

/**
 * Hands a mail over to all recipients that have not answered for good and are not `leftOut`, and says what is known of each.
 * Throws AppError: mail_deferred and mail_relay_unavailable are tried again, mail_put_off too without counting; mail_refused
 * and expired are final.
 */
export async function deliver(
  deps: DeliveryDeps,
  job: RunningJob<EmailInput>,
  context: RunContext,
  given: Mail,
  leftOut: readonly string[] = [],
): Promise<EmailResult> {
  const [ledger, closedMs] = await Promise.all([
    openLedger(deps.redis, deps.jobKey(job.id), deps.breaker.key),
    deps.breaker.enter(job.id),
  ]);
  const { flight } = ledger.page;
  const answers = stillHolding(ledger.page.answers, job.retries ?? 0);
  // Who has answered for good is told by that answer, and not by what may have followed from it.
  const skipped = new Set(pendingOf(leftOut, answers));
  const mail = { ...given, envelope: { ...given.envelope, to: given.envelope.to.filter((one) => !skipped.has(one)) } };
  const run: Run = { job, context, mail, ledger, deps };
  const to = pendingOf(mail.envelope.to, answers);
  if (flight && !maySendAgain(job)) {
    // The run before this one ended between the hand-over and the answer, and it alone could have known.
    context.log.warn({ messageId: mail.messageId, since: flight.at }, 'a hand-over was never answered');
    return resultOf(mail.messageId, answers, to);
  }
  if (to.length === 0 || isOver(job, Date.now())) return conclude(run, answers);
  await waitForTurn(run, to, closedMs);
  try {
    return conclude(run, await handOver(run, to, answers));
  } catch (error) {
    if (error instanceof AppError && error.code === 'mail_relay_unavailable') {
      const openMs = await deps.breaker.fail(job.id);
      if (openMs > 0) context.log.warn({ openMs }, 'the mail relay is left alone for a while');
      deps.onRelay(error);
      return tryAgain(run, answers, error);
    }
    if (!(error instanceof AnswerLostError)) throw error;
    context.log.warn({ err: error, messageId: mail.messageId }, 'no answer to a mail that was handed over as a whole');
    if (!maySendAgain(job)) return resultOf(mail.messageId, answers, to);
    return tryAgain(run, answers, new AppError('mail_deferred', 'The relay took the mail and did not answer.'));
  }
}

const isOver = ({ expiresAt }: RunningJob<EmailInput>, atMs: number): boolean =>
  expiresAt !== undefined && atMs >= expiresAt.getTime();

/** Whether a mail whose fate is not known is sent once more: its caller would rather have two than none. */
const maySendAgain = (job: RunningJob<EmailInput>): boolean =>
  job.input.onUnknown === 'resend' && !isOver(job, Date.now());

const domainsOf = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase())),
];

/** The mail's next run comes then, and this one does not count; a mail that expires before comes when it does. */
function putOff(job: RunningJob<EmailInput>, sentence: string, untilMs: number): AppError {
  const leftMs = (job.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - Date.now();
  return new AppError('mail_put_off', sentence, { retryAfterSeconds: Math.max(1, Math.min(untilMs, leftMs)) / 1000 });
}

/** Lets the mail go on when the relay may be tried (in `closedMs`) and the rates allow it; else puts it off to its turn. */
async function waitForTurn({ job, context, deps }: Run, to: readonly string[], closedMs: number): Promise<void> {
  if (closedMs > 0) {
    const sentence = 'The mail relay is away. The mail waits until it is back, which uses up no attempt.';
    throw putOff(job, sentence, closedMs + Math.random() * RETURN_SPREAD_MS);
  }
  const turnMs = await deps.throttle.reserve({ key: deps.jobKey(job.id), attempt: job.attempt }, domainsOf(to));
  if (turnMs > SHORT_WAIT_MS)
    throw putOff(job, 'The mail waits for its turn: mails are sent at a limited rate.', turnMs);
  if (turnMs > 0) await delay(turnMs, undefined, { signal: context.signal }).catch(() => {});
}

/** One hand-over; answers with all that is known of the recipients then. Throws AnswerLostError when nobody can know. */
async function handOver(run: Run, to: string[], before: Answers): Promise<Answers> {
  const { context, mail, ledger, deps } = run;
  const { retries = 0 } = run.job;
  let claimed = false;
  const claim = async () => {
    await ledger.claim(to);
    claimed = true;
  };
  const record = async (answers: Answers) => {
    if (claimed) await ledger.settle(answers);
    else if (answers !== before) await ledger.note(answers);
    if (answers !== before) await deps.onAnswers(answers);
    return answers;
  };
  try {
    const message = { ...mail, envelope: { ...mail.envelope, to } };
    const answers = answersOf(await deps.transport.send(message, { signal: context.signal, claim }));
    deps.onRelay(null);
    return await record({ ...before, ...markRefusals(answers, retries) });
  } catch (error) {
    if (error instanceof AnswerLostError) throw error;
    if (error instanceof StaleConnectionError) throw putOff(run.job, 'The mail relay had hung up.', 100);
    const verdict = judgeSmtpError(error, to);
    if (verdict.about === 'recipients') {
      if (!claimed) await deps.breaker.succeed();
      deps.onRelay(null);
      return record({ ...before, ...markRefusals(verdict.answers, retries) });
    }
    // Nothing was taken, whatever had left of the mail.
    await record(before);
    context.signal.throwIfAborted();
    throw verdict.error;
  }
}

/** What all answers together mean for the job: done, refused, or to be tried again for those that were put off. */
function conclude(run: Run, answers: Answers): EmailResult {
  const { mail } = run;
  const pending = pendingOf(mail.envelope.to, answers);
  if (pending.length > 0) {
    const error = new AppError('mail_deferred', `The mail server put the mail off: ${sentenceOf(answers, pending)}.`);
    return tryAgain(run, answers, error);
  }
  if (withState(answers, 'accepted').length > 0) return resultOf(mail.messageId, answers);
  throw new AppError('mail_refused', `The mail server refused the mail: ${sentenceOf(answers, Object.keys(answers))}.`);
}

/** Throws the fault with the time of the next attempt; when none would come in time, says how the mail ends. */
function tryAgain({ job, mail }: Run, answers: Answers, fault: AppError): EmailResult {
  const delayMs = waitMs(job.attempt);
  if (!isOver(job, Date.now() + delayMs) && job.attempt < MAX_ATTEMPTS) {
    const until = job.expiresAt ? ` until ${job.expiresAt.toISOString()}` : '';
    throw new AppError(fault.code, `${fault.message} It is tried again${until}.`, {
      cause: fault.cause ?? fault,
      retryAfterSeconds: delayMs / 1000,
    });
  }
  const untried = pendingOf(mail.envelope.to, answers).filter((address) => !answers[address]);
  const missed: Answer = { state: 'deferred', code: null, response: answerOf(fault.message) };
  const all = { ...answers, ...Object.fromEntries(untried.map((address) => [address, missed])) };
  if (withState(all, 'accepted').length > 0) return resultOf(mail.messageId, all);
  throw new AppError('expired', `The mail was not delivered in time. ${fault.message}`, { cause: fault });
}

/** Up to five recipients with their answers, as one clause. */
function sentenceOf(answers: Answers, addresses: readonly string[]): string {
  const shown = addresses.map((address) => `${address} (${answers[address]?.response || 'not tried yet'})`);
  return (shown.length > 5 ? [...shown.slice(0, 5), `${shown.length - 5} more`] : shown).join('; ');
}
