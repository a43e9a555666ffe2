import { now } from '../../../src/clock.ts';
import { recordAttempt, type SaidText } from '../../../src/delivery/attempt-log.ts';
import { type HostOutcome, isHostFailure } from '../../../src/delivery/hosts.ts';
import type { AppError } from '../../../src/errors.ts';
import { createLimit, type GuardedFetch, type Limit, type OpenAnswer } from '../../../src/fetch/guarded-fetch.ts';
import type { Outcome, RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { CallInput } from '../input/call.ts';
import type { CallResult } from '../job.ts';
import type { Redactor } from '../secrets/redact.ts';
import { classifyAnswer, classifyUnknown, classifyUnsent, isSuccess } from './classify.ts';
import { type CallRequest, sendCall } from './request.ts';
import { keepResponse, listHeaders, readRefusal } from './response.ts';

/** How an attempt ended: with a result or an error, what that says of the host, and whether the outcome is known. */
export type Attempted = { host: HostOutcome; isKnown: boolean; wasSent: boolean } & (
  | { outcome: Outcome<CallResult>; error: null }
  | { error: AppError }
);

/** What an attempt is made with. */
export interface AttemptDeps {
  fetch: GuardedFetch;
  request: CallRequest;
  redactor: Redactor;
  /** Which sending of the call it is. */
  sending: number;
  maxResponseBytes: number;
}

/** One attempt of one call. */
interface Attempt extends AttemptDeps {
  job: RunningJob<CallInput>;
  context: RunContext;
  limit: Limit;
  record(entry: { status?: number; error?: string }, said?: SaidText): Promise<number>;
}

/**
 * Sends a call once and records how that went. Throws the reason of the abort when the run is stopped; then it is not
 * known what became of the call.
 */
export async function attemptCall(
  job: RunningJob<CallInput>,
  context: RunContext,
  deps: AttemptDeps,
): Promise<Attempted> {
  const at = new Date();
  const begun = performance.now();
  const limit = createLimit(job.input.timeout, context.signal);
  const attempt: Attempt = {
    ...{ ...deps, job, context, limit },
    async record(entry, said) {
      const ms = Math.round(performance.now() - begun);
      await recordAttempt(context, { at, attempt: deps.sending, ms, ...entry }, said);
      return ms;
    },
  };
  const sent = await sendCall(deps.request, limit, deps.fetch);
  if (sent.state === 'answered') {
    try {
      return await judge(attempt, sent.answer);
    } finally {
      sent.answer.close();
    }
  }
  // A run that is stopped writes nothing more: the job may be another worker's by now.
  if (sent.state === 'unknown') context.signal.throwIfAborted();
  const { input } = job;
  const error =
    sent.state === 'unknown'
      ? classifyUnknown(sent.error.message, input, sent.error.cause)
      : classifyUnsent(sent.error, sent.state, input);
  if (!context.signal.aborted) await attempt.record({ error: sent.error.message });
  const host = sent.state === 'refused' ? 'stopped' : 'failed';
  return { host, isKnown: sent.state !== 'unknown', wasSent: sent.state === 'unknown', error };
}

/** Decides what an answer means: its status, and for a success whether all of it came. */
async function judge(attempt: Attempt, answer: OpenAnswer): Promise<Attempted> {
  const { job, redactor, record } = attempt;
  const { status, headers } = answer;
  const facts = { host: isHostFailure(status) ? 'failed' : 'answered', isKnown: true, wasSent: true } as const;
  if (isSuccess(status, job.input)) return { ...facts, ...(await keep(attempt, answer)) };
  const refusal = await readRefusal(answer, redactor);
  await record({ status }, said(refusal.text));
  const leftMs = (job.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now();
  const { host } = new URL(job.input.url);
  const error = classifyAnswer({ input: job.input, host }, refusal, { retryAfter: headers['retry-after'], leftMs });
  return { ...facts, error };
}

/** Keeps a success; one whose body broke off is unknown: the caller asked for all of it. */
async function keep(attempt: Attempt, answer: OpenAnswer) {
  const { job, context, redactor, record, sending, limit, maxResponseBytes: maxBytes } = attempt;
  const { status } = answer;
  let broken: unknown;
  const kept = await keepResponse(answer, context.storage, { maxBytes, redactor }).catch((error: unknown) => {
    broken = error;
    return null;
  });
  if (!kept) {
    context.signal.throwIfAborted();
    const why = limit.explain(broken, new URL(job.input.url).hostname);
    await record({ status, error: why.message });
    return { host: 'failed', isKnown: false, error: classifyUnknown(why.message, job.input, broken) } as const;
  }
  const ms = await record({ status }, said(kept.text));
  const result = {
    ...{ status, headers: listHeaders(answer.headers, redactor), attempts: sending, ms },
    ...(kept.warnings.length > 0 ? { warnings: kept.warnings } : {}),
  };
  return { outcome: { result, files: kept.file ? [kept.file] : [] }, error: null };
}

/** Who may make calls to an inner host reads what it answers: it is in the job's file. */
const said = (text: string): SaidText => ({ text, isInner: false });
