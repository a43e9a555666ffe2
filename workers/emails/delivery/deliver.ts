import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../../../src/clock.ts';
import { AppError } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { Suppressions } from '../../../src/suppressions/store.ts';
import type { ComposedMail, Suppressed } from '../content/compose.ts';
import type { EmailInput } from '../input/mail.ts';
import type { EmailResult } from '../job.ts';
import { suppressBounces } from './bounces.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { isOver, retryLater, snooze } from './next-run.ts';
import { type Answer, type Answers, describeAnswers, pendingOf } from './recipient-answers.ts';
import type { RelayHealth } from './relay-health.ts';
import { refusedError, suppressedError, toResult } from './result.ts';
import { classifySmtpError, readAnswers, toLine } from './smtp-error.ts';
import type { Throttle } from './throttle.ts';
import { AnswerLostError, type MailTransport, StaleConnectionError } from './transport.ts';

/** A slot this near is waited for; for a further one the mail is snoozed. */
const SHORT_WAIT_MS = 100;
/** How long a mail is snoozed whose connection the relay had closed. */
const STALE_CONNECTION_WAIT_MS = 100;
/** Mails that wait for a relay come back spread over this time, not all at once. */
const RETURN_SPREAD_MS = 30_000;

export interface DeliveryDeps {
  jobFields: JobFields;
  transport: MailTransport;
  relay: RelayHealth;
  throttle: Throttle;
  suppressions: Suppressions;
}

/** One run of one mail. */
interface Run {
  deps: DeliveryDeps;
  job: RunningJob<EmailInput>;
  context: RunContext;
  mail: ComposedMail;
  ledger: Ledger;
  /** Recipients that get the mail. */
  recipients: string[];
  /** Recipients that are left out. */
  suppressed: Suppressed[];
}

/**
 * Delivers a mail to all recipients that are neither suppressed nor have a final answer from an earlier run, in one
 * attempt. Resolves with what is known of each recipient. Throws AppError: mail_deferred and mail_relay_unavailable are
 * tried again, mail_snoozed too, which uses up no attempt; mail_refused, recipient_suppressed and expired are final.
 */
export async function deliver(
  deps: DeliveryDeps,
  job: RunningJob<EmailInput>,
  context: RunContext,
  mail: ComposedMail,
): Promise<EmailResult> {
  const [ledger, closedMs] = await Promise.all([openLedger(deps.jobFields, job), deps.relay.enter(job.id)]);
  const { answers, inFlight } = ledger.record;
  const run: Run = { deps, job, context, mail, ledger, ...chooseRecipients(mail, answers) };
  const to = pendingOf(run.recipients, answers);
  if (inFlight && !maySendAgain(job)) {
    // The run before this one ended between the mail's last byte and the answer, and only that run could have known.
    context.log.warn({ messageId: mail.message.messageId, since: inFlight.at }, 'a delivery attempt has no outcome');
    return resultOf(run, answers, to);
  }
  if (to.length === 0 || isOver(job, now())) return conclude(run, answers);
  await waitForSlot(run, to, closedMs);
  try {
    return conclude(run, await attemptDelivery(run, to));
  } catch (error) {
    return await handleFailedAttempt(run, to, error);
  }
}

/**
 * Splits the recipients. One that has a final answer keeps it, even if it is suppressed now: a bounce suppresses the
 * very address that it came from.
 */
function chooseRecipients({ message, suppressed }: ComposedMail, answers: Answers) {
  const leftOut = new Set(
    pendingOf(
      suppressed.map(({ address }) => address),
      answers,
    ),
  );
  return {
    recipients: message.envelope.to.filter((address) => !leftOut.has(address)),
    suppressed: suppressed.filter(({ address }) => leftOut.has(address)),
  };
}

/** Whether a mail that may or may not have arrived is sent once more: its caller would rather have two than none. */
const maySendAgain = (job: RunningJob<EmailInput>): boolean => job.input.onUnknown === 'resend' && !isOver(job, now());

/** Waits for the relay (closed for `closedMs`) and for a slot in the rates; snoozes the mail when that takes long. */
async function waitForSlot({ deps, job, context }: Run, to: readonly string[], closedMs: number): Promise<void> {
  if (closedMs > 0) {
    const sentence = 'The mail relay is away. The mail waits until it is back, which uses up no attempt.';
    throw snooze(job, { waitingOn: 'relay', sentence }, closedMs + Math.random() * RETURN_SPREAD_MS);
  }
  const waitMs = await deps.throttle.reserve(job, domainsOf(to));
  if (waitMs > SHORT_WAIT_MS) {
    const sentence = 'The mail waits for its turn: mails are sent at a limited rate.';
    throw snooze(job, { waitingOn: 'rate', sentence }, waitMs);
  }
  if (waitMs > 0) await delay(waitMs, undefined, { signal: context.signal }).catch(() => {});
}

const domainsOf = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase())),
];

/**
 * Makes one delivery attempt and keeps the recipients' answers; resolves with the answers of all. Rejects with
 * AnswerLostError (the attempt stays in flight), StaleConnectionError, or AppError.
 */
async function attemptDelivery(run: Run, to: string[]): Promise<Answers> {
  const { deps, context, ledger } = run;
  const answers = await ledger.settle(await sendMail(run, to));
  await suppressBounces(answers, deps.suppressions, context.log);
  return answers;
}

/** Sends the mail; resolves with the answers of those it was sent to, refusals too. Rejects like attemptDelivery. */
async function sendMail({ deps, job, context, mail, ledger }: Run, to: string[]): Promise<Answers> {
  const { transport, relay } = deps;
  // A relay that takes the envelope works.
  const claim = async () => void (await Promise.all([ledger.claim(to), relay.succeed()]));
  try {
    const message = { ...mail.message, envelope: { ...mail.message.envelope, to } };
    return readAnswers(await transport.send(message, { signal: context.signal, claim, job }));
  } catch (error) {
    if (error instanceof AnswerLostError || error instanceof StaleConnectionError) throw error;
    const failure = classifySmtpError(error, to);
    if (failure.about === 'recipients') {
      await relay.succeed();
      return failure.answers;
    }
    // The relay took nothing, however much of the mail had left.
    await ledger.settle({});
    context.signal.throwIfAborted();
    throw failure.error;
  }
}

/** Decides what a failed attempt means for the job; returns its result or throws the error that ends this run. */
async function handleFailedAttempt(run: Run, to: readonly string[], error: unknown): Promise<EmailResult> {
  const { deps, job, context, mail, ledger } = run;
  const { answers } = ledger.record;
  if (error instanceof StaleConnectionError) {
    const sentence = 'The mail relay had hung up.';
    throw snooze(job, { waitingOn: 'relay', sentence }, STALE_CONNECTION_WAIT_MS);
  }
  if (error instanceof AnswerLostError) {
    context.log.warn({ err: error, messageId: mail.message.messageId }, 'no answer to a mail that was sent as a whole');
    if (!maySendAgain(job)) return resultOf(run, answers, to);
    return tryAgain(run, answers, new AppError('mail_deferred', 'The relay took the mail and did not answer.'));
  }
  if (!(error instanceof AppError && error.code === 'mail_relay_unavailable')) throw error;
  const openMs = await deps.relay.fail(job.id, error);
  if (openMs > 0) context.log.warn({ openMs }, 'no mail tries the relay for a while');
  return tryAgain(run, answers, error);
}

const hasAccepted = (answers: Answers): boolean => Object.values(answers).some(({ state }) => state === 'accepted');

const resultOf = ({ deps, mail, suppressed }: Run, answers: Answers, unknown: readonly string[] = []): EmailResult =>
  toResult(answers, {
    messageId: mail.message.messageId,
    delivery: deps.transport.delivery,
    suppressed,
    unknown,
  });

/** Decides what all answers together mean for the job: done, refused, or tried again for those that are deferred. */
function conclude(run: Run, answers: Answers): EmailResult {
  const pending = pendingOf(run.recipients, answers);
  if (pending.length > 0) {
    const sentence = `The mail server put the mail off: ${describeAnswers(answers, pending)}.`;
    return tryAgain(run, answers, new AppError('mail_deferred', sentence));
  }
  if (hasAccepted(answers)) return resultOf(run, answers);
  const { suppressed, message } = run.mail;
  throw suppressed.length === message.envelope.to.length ? suppressedError(suppressed) : refusedError(answers);
}

/** Throws the error that brings the mail back; when no attempt would come in time, ends the mail with what is known. */
function tryAgain(run: Run, answers: Answers, error: AppError): EmailResult {
  const again = retryLater(run.job, error);
  if (again) throw again;
  const untried = pendingOf(run.recipients, answers).filter((address) => !answers[address]);
  const missed: Answer = { state: 'deferred', code: null, response: toLine(error.message) };
  const all = { ...answers, ...Object.fromEntries(untried.map((address) => [address, missed])) };
  if (hasAccepted(all)) return resultOf(run, all);
  throw new AppError('expired', `The mail was not delivered in time. ${error.message}`, { cause: error });
}
