import { now } from '../../../src/clock.ts';
import { recordAttempt } from '../../../src/delivery/attempt-log.ts';
import { type HostOutcome, type Hosts, isHostFailure } from '../../../src/delivery/hosts.ts';
import { AppError } from '../../../src/errors.ts';
import type { GuardedFetch } from '../../../src/fetch/guarded-fetch.ts';
import { findNamedFile } from '../../../src/jobs/files/job-file.ts';
import type { StoredFile } from '../../../src/jobs/files/stored-file.ts';
import { type JobFields, NOW_FIELD } from '../../../src/jobs/job-fields.ts';
import { DELIVER_PURPOSE, type DeliveryTarget, readTarget } from '../../../src/jobs/options/deliver-to.ts';
import type { Outcome, RunContext, RunningJob } from '../../../src/jobs/processor.ts';
import type { WorkerDeps } from '../../../src/kinds/worker-deps.ts';
import { createSealedTokens } from '../../../src/signing/sealed-token.ts';
import type { Secrets } from '../../../src/signing/secret.ts';
import { awaitEnd } from '../await-end.ts';
import { classifyDelivery, classifyUnsentDelivery, describeFailure } from '../classify-response.ts';
import { LONGEST_DELIVERY_MS, type WebhookInput, type WebhookResult } from '../job.ts';
import { putFile } from './put-file.ts';

/** The field of a delivery's job that says that its file was taken, and in which of its lives. */
const TAKEN_FIELD = 'taken';

export interface DeliverDeps extends Pick<WorkerDeps, 'findJob'> {
  open: GuardedFetch['open'];
  jobFields: JobFields;
  hosts: Hosts;
  secrets: Secrets;
  idleMs: number;
}

/**
 * Sends a file of a job to where that said, unless it was taken before: a worker may have died between the answer and the
 * end of its run. Throws delivery_failed (another attempt follows), delivery_refused, expired, and cancelled where the job is
 * gone.
 */
export async function deliver(
  job: RunningJob<WebhookInput>,
  context: RunContext,
  deps: DeliverDeps,
): Promise<Outcome<WebhookResult>> {
  const { jobFields, hosts } = deps;
  const life = String(job.retries ?? 0);
  const [taken, isAskedFor] = await jobFields.read(job.id, [TAKEN_FIELD, NOW_FIELD]);
  const before = taken ? (JSON.parse(taken) as { life: string; result: WebhookResult }) : null;
  if (before?.life === life) return { result: before.result, files: [] };
  await awaitEnd({ ...job.input, event: 'job.completed' }, job.createdAt, context);
  if (job.expiresAt && job.expiresAt.getTime() <= now()) {
    throw new AppError('expired', 'The host did not take the file in the time that a delivery has.');
  }
  const target = await findTarget(job, deps);
  const file = await findFile(job, context);
  if (isAskedFor) await jobFields.change(job.id, { set: { [NOW_FIELD]: null } });
  const sending = { id: job.id, caller: job.caller, url: target.url, attemptMs: LONGEST_DELIVERY_MS };
  await hosts.enter(sending, Boolean(isAskedFor));
  let outcome: HostOutcome = 'stopped';
  let failure: string | null = null;
  try {
    const attempted = await attempt(job, context, { ...deps, target, file });
    outcome = attempted.outcome;
    failure = attempted.error && describeFailure(attempted.error);
    if (attempted.error) throw attempted.error;
    await jobFields.change(job.id, { set: { [TAKEN_FIELD]: JSON.stringify({ life, result: attempted.result }) } });
    return { result: attempted.result, files: [] };
  } finally {
    await hosts.leave(sending, outcome, { failure });
  }
}

/** How an attempt ended. */
type Attempted =
  | { outcome: HostOutcome; error: AppError }
  | { outcome: HostOutcome; error: null; result: WebhookResult };

/** Sends the file once and records how that went. Throws the reason of the abort when the run is stopped. */
async function attempt(
  job: RunningJob<WebhookInput>,
  context: RunContext,
  { target, file, open, idleMs }: DeliverDeps & { target: DeliveryTarget; file: StoredFile },
): Promise<Attempted> {
  const content = await context.storage.open(file.key);
  const at = new Date();
  const ms = () => Date.now() - at.getTime();
  const answer = await putFile({ target, file, content, idleMs }, { open }, context.signal).catch((thrown: unknown) => {
    // A run that is stopped writes nothing more: the job may be another worker's by now.
    context.signal.throwIfAborted();
    return classifyUnsentDelivery(thrown);
  });
  context.signal.throwIfAborted();
  if (answer instanceof AppError) {
    await recordAttempt(context, { at, attempt: job.attempt, error: answer.message, ms: ms() });
    return { outcome: answer.code === 'delivery_failed' ? 'failed' : 'stopped', error: answer };
  }
  const { status } = answer;
  const result = { status, attempts: job.attempt, ms: ms() };
  const said = { text: answer.text, isInner: !answer.isPublic };
  await recordAttempt(context, { at, attempt: job.attempt, status, ms: result.ms }, said);
  const leftMs = (job.expiresAt?.getTime() ?? Number.POSITIVE_INFINITY) - now();
  const error = classifyDelivery(status, answer.headers['retry-after'], job.attempt, leftMs);
  return { outcome: isHostFailure(status) ? 'failed' : 'answered', error, result };
}

/** Finds where the file goes: the job has it, sealed; erased with it, nothing is sent any more. */
async function findTarget(
  { input: { job: id = '', deliver: asked } }: RunningJob<WebhookInput>,
  { findJob, secrets }: DeliverDeps,
): Promise<DeliveryTarget> {
  const sealed = (await findJob(id))?.envelope.deliverTo?.sealed;
  const facts = sealed === undefined ? null : createSealedTokens(secrets, DELIVER_PURPOSE).open(sealed);
  const target = readTarget(id, facts, asked?.file ?? null);
  if (target) return target;
  const why = sealed === undefined ? 'its job is gone' : 'the deployment secret that sealed its address is not known';
  throw new AppError('cancelled', `Not sent (any more): ${why}.`);
}

async function findFile(
  { input: { job = '', deliver: asked } }: RunningJob<WebhookInput>,
  context: RunContext,
): Promise<StoredFile> {
  const file = asked?.file ?? undefined;
  const { state, files } = await context.jobs.find(job);
  if (state === 'completed' && file === undefined && files.length !== 1) {
    const names = files.map(({ name }) => name).join(', ') || 'none';
    throw new AppError(
      'delivery_refused',
      `The job has not one file but ${files.length}: deliverTo needs an address by the name of each that is to be sent (${names}).`,
    );
  }
  return findNamedFile({ job, file }, context).catch((thrown: unknown) => {
    if (!(thrown instanceof AppError) || thrown.code !== 'source_unavailable') throw thrown;
    throw new AppError('delivery_refused', thrown.message, { cause: thrown });
  });
}
