import { setTimeout as delay } from 'node:timers/promises';
import { now } from '../../../src/clock.ts';
import { AppError } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { Bounces } from '../../../src/suppressions/bounces.ts';
import type { ComposedMail, Suppressed } from '../content/compose.ts';
import type { EmailInput } from '../input/mail.ts';
import type { EmailResult } from '../job.ts';
import { reportHeaders } from '../returns/report-headers.ts';
import type { WriteReturnPath } from '../returns/return-path.ts';
import { noteBounces } from './answers/bounces.ts';
import { type Answer, type Answers, describeAnswers, mayHaveArrived, pendingOf } from './answers/recipient-answers.ts';
import { classifySmtpError, readAnswers, readRefusals, type Trouble, toLine } from './answers/smtp-error.ts';
import { isOfAllMails } from './answers/verdict.ts';
import type { Attempt, BreakerName, OpenBreaker } from './health/breaker.ts';
import { type Ledger, openLedger } from './ledger.ts';
import { logAnswers } from './log-answers.ts';
import { isOver, retryLater, snooze, waitOut } from './next-run.ts';
import type { RoutedMail } from './relays/choose-relays.ts';
import { namingFile } from './relays/naming-file.ts';
import { endedError, suppressedError, toResult } from './result.ts';
import type { Relay, RelaysFor } from './route.ts';
import { LANES, laneOf } from './slots/lane.ts';
import { type TellDeferredDeps, tellDeferred } from './tell-deferred.ts';
import { AnswerLostError, BusyConnectionsError, StaleConnectionError } from './transport.ts';

/** How long a mail is snoozed whose connection the relay had closed. */
const STALE_CONNECTION_WAIT_MS = 100;
/** How long a mail is snoozed that found no connection, or twice as long. */
const BUSY_WAIT_MS = 1000;
/** Mails that wait for a relay come back spread over this time, not all at once. */
const RETURN_SPREAD_MS = 30_000;

export interface DeliveryDeps extends TellDeferredDeps {
  jobFields: JobFields;
  relaysFor: RelaysFor;
  bounces: Bounces;
  writeReturnPath: WriteReturnPath;
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
  /** The mail as breakers know it. */
  attempt: Attempt;
  /** The relay that the mail is given to now. */
  relay: Relay;
}

/**
 * Delivers a mail to all recipients that are neither suppressed nor have a final answer from an earlier run, in one
 * attempt. Resolves with what is known of each recipient. Throws AppError: mail_deferred is tried again;
 * mail_relay_unavailable, mail_sender_refused and mail_snoozed too, which use up no attempt; mail_refused,
 * recipient_suppressed and expired are final.
 */
export async function deliver(
  deps: DeliveryDeps,
  job: RunningJob<EmailInput>,
  context: RunContext,
  mail: ComposedMail,
): Promise<EmailResult> {
  const attempt: Attempt = { jobId: job.id, caller: job.caller, from: mail.message.envelope.from };
  const relays = deps.relaysFor(routed(job, attempt.from));
  const [relay] = relays;
  const ledger = await openLedger(deps.jobFields, job);
  const { answers, inFlight } = ledger.record;
  const run: Run = { deps, job, context, mail, ledger, attempt, relay, ...chooseRecipients(mail, answers) };
  const to = pendingOf(run.recipients, answers);
  if (inFlight && !maySendAgain(job)) {
    // The run before this one ended between the mail's last byte and the answer, and only that run could have known.
    context.log.warn({ messageId: mail.message.messageId, since: inFlight.at }, 'a delivery attempt has no outcome');
    return resultOf(run, answers, to);
  }
  if (to.length === 0 || isOver(job, now())) return conclude(run, answers);
  return sendByFirst(run, to, relays);
}

/** A mail as routes know it. */
const routed = ({ id, input }: RunningJob<EmailInput>, from: string): RoutedMail => ({
  jobId: id,
  from,
  messageStream: input.messageStream,
});

/**
 * Gives the mail to the first of its relays that takes mail now. One that refuses it with all others, and so has not taken
 * it, passes it on to the next; a mail that may have left stays with the one that it may have left by.
 */
async function sendByFirst(run: Run, to: string[], relays: readonly Relay[]) {
  let refused: Tried | null = null;
  const rests: Rest<OpenBreaker>[] = [];
  const refusers: Rest[] = [];
  for (const relay of relays) {
    run.context.signal.throwIfAborted();
    run.relay = relay;
    const open = await enterRelay(run, to);
    if (open) {
      rests.push([relay, open]);
      continue;
    }
    try {
      const { answers, trouble } = await attemptDelivery(run, to);
      if (!trouble) return conclude(run, answers);
      refused = { answers, trouble };
      refusers.push([relay, { about: trouble.about }]);
    } catch (error) {
      // A relay that takes whole mails and does not answer is not given the next one at once.
      if (!(error instanceof AnswerLostError)) await relay.health.leave(run.attempt);
      return await handleFailedAttempt(run, to, error);
    }
  }
  // One that another relay took waits for none.
  await noteAll([...rests, ...refusers], run.job, run.attempt);
  if (refused) return conclude(run, refused.answers, refused.trouble);
  throw waitFor(run.job, soonestOf(rests));
}

/** A relay that takes no mail now, and what its breaker is about. */
type Rest<Open = Pick<OpenBreaker, 'about'>> = [relay: Relay, open: Open];

/** Has the mail called when the breaker of one of these relays closes, where it is open. */
async function noteAll(rests: readonly Rest[], job: RunningJob<EmailInput>, attempt: Attempt): Promise<void> {
  const rank = { lane: laneOf(job), createdAt: job.createdAt };
  await Promise.all(rests.map(([{ health }, { about }]) => health.wait(attempt, about, rank)));
}

/** The breaker that may close first. */
const soonestOf = (rests: readonly Rest<OpenBreaker>[]): OpenBreaker =>
  rests.map(([, open]) => open).reduce((one, other) => (other.waitMs < one.waitMs ? other : one));

/**
 * Takes the mail's slots, and then its turn at the relay's breakers: a mail that may be the one that tries does not wait for a
 * rate. Resolves with the breaker that keeps it away, null where it may be sent now. Throws mail_snoozed.
 */
async function enterRelay(run: Run, to: readonly string[]): Promise<OpenBreaker | null> {
  const { health } = run.relay;
  const open = await health.look(run.attempt);
  if (open) return open;
  await waitForSlot(run, to);
  return health.enter(run.attempt);
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

/** Waits for the mail's slots in the rates of its relay and domains; snoozes it until it is called when they are not near. */
async function waitForSlot({ relay, job, context }: Run, to: readonly string[]): Promise<void> {
  const { isTaken, waitMs } = await relay.throttle.reserve(job, domainsOf(to));
  if (!isTaken) {
    const sentence = 'The mail waits for its turn: mails are sent at a limited rate.';
    throw snooze(job, { waitingOn: 'rate', sentence }, waitMs);
  }
  if (waitMs > 0) await delay(waitMs, undefined, { signal: context.signal }).catch(() => {});
}

/** Makes the error that brings a mail back when its breaker may have closed. */
function waitFor(job: RunningJob<EmailInput>, { about, waitMs, why }: OpenBreaker): AppError {
  const sentence = `${why} The mail waits, which uses up no attempt.`;
  return snooze(
    job,
    { waitingOn: about === 'rate' ? 'rate' : 'relay', sentence, isKept: true },
    waitMs + returnMs(job),
  );
}

/**
 * Looks whether a mail would only wait, before it is made: thousands may, each time that their breaker might close. Throws
 * mail_snoozed then; not for a mail that has an answer for good, or an attempt without an outcome.
 */
export async function assertNoBreaker(
  { relaysFor, jobFields }: Pick<DeliveryDeps, 'relaysFor' | 'jobFields'>,
  job: RunningJob<EmailInput>,
  from: string,
): Promise<void> {
  if (isOver(job, now())) return;
  const attempt: Attempt = { jobId: job.id, caller: job.caller, from };
  const rests: Rest<OpenBreaker>[] = [];
  for (const relay of relaysFor(routed(job, from))) {
    const rest = await relay.health.look(attempt);
    if (!rest) return;
    rests.push([relay, rest]);
  }
  const { answers, inFlight } = (await openLedger(jobFields, job)).record;
  if (inFlight || Object.values(answers).some(({ state }) => state !== 'deferred')) return;
  await noteAll(rests, job, attempt);
  throw waitFor(job, soonestOf(rests));
}

/** When a mail comes back after a breaker's time: the ones that matter most first, and those of one sort spread. */
function returnMs(job: RunningJob<EmailInput>): number {
  return (RETURN_SPREAD_MS * (laneOf(job) - 1 + Math.random())) / LANES;
}

const domainsOf = (addresses: readonly string[]): string[] => [
  ...new Set(addresses.map((address) => address.slice(address.lastIndexOf('@') + 1).toLowerCase())),
];

/** The answers to an attempt, and what the relay refuses beside this mail. */
interface Tried {
  answers: Answers;
  trouble: Trouble | null;
}

/**
 * Makes one delivery attempt and keeps the recipients' answers; resolves with all of them, and with what the relay refuses
 * beside this mail. Rejects with AnswerLostError (the attempt stays in flight), BusyConnectionsError, StaleConnectionError,
 * or AppError.
 */
async function attemptDelivery(run: Run, to: string[]): Promise<Tried> {
  const { deps, context, ledger, attempt, mail } = run;
  const { name, health, transport, throttle } = run.relay;
  const sent = await sendMail(run, to);
  const { answers: given, trouble } = name === null ? sent : nameRelay(sent, name);
  logAnswers(context.log, given, { messageId: mail.message.messageId, relay: name });
  const working = trouble ? [] : [health.succeed(attempt, workingOf(given))];
  const [all] = await Promise.all([ledger.settle(given), ...working]);
  // One of several connections was too many: there are fewer now, and the mail goes by one of those.
  if (trouble?.about === 'rate' && isAtGreeting(given) && transport.lowerConnections()) {
    throw snooze(run.job, { waitingOn: 'rate', sentence: trouble.sentence, isKept: true }, busyWaitMs());
  }
  if (trouble) {
    if (trouble.about === 'rate') await throttle.pace.slow();
    const openMs = await health.fail(attempt, trouble);
    const facts = { openMs, err: trouble.cause, ...(name === null ? {} : { relay: name }) };
    if (openMs > 0) context.log.warn(facts, `${trouble.sentence} Mails wait for a while`);
  } else {
    const tried = Object.fromEntries(Object.entries(all).filter(([address]) => given[address]));
    await Promise.all([
      noteBounces(given, mail.onTrial, deps.bounces, context.log),
      tellDeferred(deps, run.job, tried, context.log),
    ]);
  }
  // What refuses a mail for one thing says nothing of the others that it tried for.
  if (hasAccepted(given)) throttle.pace.took();
  else await health.leave(attempt);
  return { answers: all, trouble };
}

/** The answers with the name of the relay that gave them, which is to be mended in its own file. */
const nameRelay = ({ answers, trouble }: Tried, relay: string): Tried => ({
  answers: Object.fromEntries(Object.entries(answers).map(([address, answer]) => [address, { ...answer, relay }])),
  trouble: trouble && { ...trouble, sentence: namingFile(trouble.sentence) },
});

/** Whether the relay spoke before any command of ours. */
const isAtGreeting = (answers: Answers): boolean => Object.values(answers).every(({ stage }) => stage === 'connect');

/** How long a mail is snoozed that found no connection: not all at once. */
const busyWaitMs = (): number => BUSY_WAIT_MS * (1 + Math.random());

/** Which breakers the answers to a mail close: one that was taken shows more than one whose recipients were refused. */
const workingOf = (answers: Answers): BreakerName[] =>
  hasAccepted(answers) ? ['relay', 'rate', 'sender'] : ['relay', 'rate'];

/** Whether an error says what became of the connection, and not what the relay said. */
const isOfConnection = (error: unknown): boolean =>
  error instanceof AnswerLostError || error instanceof BusyConnectionsError || error instanceof StaleConnectionError;

/** Sends the mail; resolves with the answers of those it was sent to, refusals too. Rejects like attemptDelivery. */
async function sendMail({ deps, relay, job, context, mail, ledger }: Run, to: string[]): Promise<Tried> {
  const { transport } = relay;
  const from = deps.writeReturnPath(job.id, to, mail.message.envelope.from);
  const claim = () => ledger.claim(to);
  try {
    const headers = { ...mail.message.headers, ...reportHeaders(relay.host, job.id) };
    const message = { ...mail.message, headers, envelope: { from, to } };
    return {
      answers: readAnswers(await transport.send(message, { signal: context.signal, claim, job })),
      trouble: null,
    };
  } catch (error) {
    if (isOfConnection(error)) throw error;
    const failure = classifySmtpError(error, to, from);
    const isAnswered = failure.fault === undefined && Object.values(failure.answers).some(({ code }) => code !== null);
    if (failure.fault === undefined && (isAnswered || !context.signal.aborted)) return failure;
    // The relay took nothing, however much of the mail had left.
    await ledger.settle({});
    context.signal.throwIfAborted();
    throw failure.fault;
  }
}

/** Decides what a failed attempt means for the job; returns its result or throws the error that ends this run. */
async function handleFailedAttempt(run: Run, to: readonly string[], error: unknown): Promise<EmailResult> {
  const { job, context, mail } = run;
  if (error instanceof StaleConnectionError) {
    const sentence = 'The mail relay had hung up.';
    throw snooze(job, { waitingOn: 'relay', sentence }, STALE_CONNECTION_WAIT_MS);
  }
  if (error instanceof BusyConnectionsError) {
    const sentence = 'The mail waits for a connection to the relay, which takes few at a time.';
    throw snooze(job, { waitingOn: 'rate', sentence }, busyWaitMs());
  }
  if (error instanceof AnswerLostError) {
    context.log.warn({ err: error, messageId: mail.message.messageId }, 'no answer to a mail that was sent as a whole');
    const refusals = refusalsIn(run, error);
    if (!maySendAgain(job)) return holdUnanswered(run, to, refusals);
    const known = await keepRefusals(run, refusals);
    return tryAgain(run, known, new AppError('mail_deferred', 'The relay took the mail and did not answer.'));
  }
  throw error;
}

/** What was said of recipients before the whole mail was sent. */
function refusalsIn({ relay, mail }: Run, { refused }: AnswerLostError): Answers {
  const said = readRefusals(refused, mail.message.envelope.from);
  return relay.name === null ? said : nameRelay({ answers: said, trouble: null }, relay.name).answers;
}

/** Keeps that, while of the others nothing is known. */
async function keepRefusals({ deps, context, ledger }: Run, refusals: Answers): Promise<Answers> {
  if (Object.keys(refusals).length === 0) return ledger.record.answers;
  const [all] = await Promise.all([ledger.note(refusals), noteBounces(refusals, [], deps.bounces, context.log)]);
  return all;
}

/**
 * Ends an attempt whose mail had left as a whole without an answer, and is not sent again to those who may have it. Recipients
 * that were put off before do not have it: they are tried again.
 */
async function holdUnanswered(run: Run, to: readonly string[], refusals: Answers): Promise<EmailResult> {
  const { deps, context, ledger } = run;
  const unanswered = to.filter((address) => !refusals[address]);
  const isPutOff = Object.values(refusals).some(({ state }) => state === 'deferred');
  if (!isPutOff) return resultOf(run, await keepRefusals(run, refusals), unanswered);
  const lost: Answer = { state: 'unknown', code: null, response: '', at: new Date(now()).toISOString() };
  const given = { ...refusals, ...Object.fromEntries(unanswered.map((address) => [address, lost])) };
  const [all] = await Promise.all([ledger.settle(given), noteBounces(refusals, [], deps.bounces, context.log)]);
  return conclude(run, all);
}

const hasAccepted = (answers: Answers): boolean => Object.values(answers).some(({ state }) => state === 'accepted');

const resultOf = ({ relay, mail, suppressed }: Run, answers: Answers, unknown: readonly string[] = []): EmailResult =>
  toResult(answers, {
    messageId: mail.message.messageId,
    delivery: relay.transport.delivery,
    suppressed,
    unknown,
  });

/**
 * Decides what all answers together mean for the job: done, refused, or tried again for those that are deferred; `trouble`
 * says what the last attempt was refused for, if that was not about this mail.
 */
function conclude(run: Run, answers: Answers, trouble: Trouble | null = null): EmailResult {
  const pending = pendingOf(run.recipients, answers);
  if (pending.length > 0) {
    const common = trouble ?? findTrouble(answers, pending);
    if (common && !isOver(run.job, now())) throw waitOut(run.job, common, resultOf(run, answers).recipients);
    const sentence = common?.sentence ?? `The mail server put the mail off: ${describeAnswers(answers, pending)}.`;
    return tryAgain(run, answers, new AppError('mail_deferred', sentence));
  }
  if (mayHaveArrived(answers)) return resultOf(run, answers);
  const { suppressed, message } = run.mail;
  if (suppressed.length === message.envelope.to.length) throw suppressedError(resultOf(run, answers));
  const sentence = `The mail server refused the mail: ${describeAnswers(answers, Object.keys(answers))}.`;
  throw endedError('mail_refused', sentence, resultOf(run, answers));
}

/** What recipients wait for whose refusals are none of this mail's own, while others may have got it. */
function findTrouble(answers: Answers, pending: readonly string[]): Trouble | null {
  const classes = pending.map((address) => answers[address]?.class);
  const [about] = classes;
  if (!about || !classes.every((one) => one !== undefined && isOfAllMails(one))) return null;
  const sentence = `The mail server put the mail off: ${describeAnswers(answers, pending)}.`;
  return { about: about as Trouble['about'], sentence, cause: undefined };
}

/** Throws the error that brings the mail back; when no attempt would come in time, ends the mail with what is known. */
function tryAgain(run: Run, answers: Answers, error: AppError): EmailResult {
  const again = retryLater(run.job, error, resultOf(run, answers).recipients);
  if (again) throw again;
  const untried = pendingOf(run.recipients, answers).filter((address) => !answers[address]);
  const missed: Answer = { state: 'deferred', code: null, response: toLine(error.message) };
  const result = resultOf(run, { ...answers, ...Object.fromEntries(untried.map((address) => [address, missed])) });
  if (mayHaveArrived(answers)) return result;
  throw endedError('expired', `The mail was not delivered in time. ${error.message}`, result, error);
}
