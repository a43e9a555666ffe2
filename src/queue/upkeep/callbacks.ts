import { now } from '../../clock.ts';
import { publicUrl } from '../../config/addresses.ts';
import type { Config } from '../../config/platform.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { deriveJobId } from '../../jobs/id.ts';
import { viewJob } from '../../jobs/job-view.ts';
import { ENVELOPE_VERSION, jobOrigin, subjectsOf } from '../../jobs/options.ts';
import { LONGEST_HOLD_MS } from '../../jobs/retention.ts';
import { type CallbackState, END_STATES, type StoredJob } from '../../jobs/stored-job.ts';
import type { Redis } from '../../redis/connect.ts';
import { jobKey } from '../../redis/keys.ts';
import { createLinks } from '../../signing/links.ts';
import type { Secrets } from '../../signing/secret.ts';
import { isToBeErased } from '../erase-job.ts';
import { addJob } from '../producer/enqueue.ts';

/** The kind that carries callbacks; without it jobs are run and none is told of. */
const CALLBACK_KIND = 'webhooks';

/** Finds the contract of the kind that carries callbacks; undefined where this product has none. */
export const findCallbackContract = (contracts: readonly JobContract[]): JobContract | undefined =>
  contracts.find(({ kind }) => kind === CALLBACK_KIND);

export interface CallbackDeps {
  contracts: readonly JobContract[];
  /** The deployment's secrets: a callback's id is made with the newest, and its links to the result files. */
  secrets: Secrets;
  config: Config;
}

/** Called by producer and workers before they mark a job as ended. */
export type BeforeFinish = (redis: Redis, job: StoredJob) => Promise<void>;

/**
 * The id of the webhook for this end of the job, its alone for ever: a job that was made anew under the same id (by an
 * Idempotency-Key) has another nonce and another time. `idPrefix` is the webhooks' own.
 */
const callbackId = (
  secret: string,
  idPrefix: string,
  { id, state, retries, createdAt, envelope }: Pick<StoredJob, 'id' | 'state' | 'retries' | 'createdAt' | 'envelope'>,
): string => deriveJobId(secret, idPrefix, [id, `job.${state}`, retries, createdAt, envelope.nonce ?? '']);

/** Finds the webhook for this end of the job by `find`: a former secret may have named it. Null when there is none. */
export async function findCallback(
  secrets: Secrets,
  idPrefix: string,
  job: StoredJob,
  find: (id: string) => Promise<StoredJob | null>,
): Promise<StoredJob | null> {
  for (const secret of secrets) {
    const found = await find(callbackId(secret, idPrefix, job));
    if (found) return found;
  }
  return null;
}

/** The ids of all webhooks that may carry the job: they hold copies of it, and are erased with it. */
function callbackIds(secrets: Secrets, idPrefix: string, job: StoredJob): string[] {
  if (!job.envelope.options.callbackUrl) return [];
  const ends = Array.from({ length: job.retries + 1 }, (_, retries) =>
    END_STATES.map((state) => ({ ...job, state, retries })),
  ).flat();
  return secrets.flatMap((secret) => ends.map((end) => callbackId(secret, idPrefix, end)));
}

/**
 * Queues the callback of a job that asked for one. Its id is made of the job's id, its end and how often it was run
 * again: the same end twice (a run repeated after a crash) queues one callback, the next end another. It is queued
 * before the end can be read; its run looks whether it can.
 */
export function createCallbacks({ contracts, secrets, config }: CallbackDeps): BeforeFinish {
  const errorsBase = publicUrl(config);
  const links = createLinks(secrets, errorsBase);
  return async (redis, job) => {
    const { callbackUrl } = job.envelope.options;
    const contract = contracts.find(({ kind }) => kind === job.kind);
    const webhooks = findCallbackContract(contracts);
    if (!callbackUrl || !contract || !webhooks || (await isToBeErased(redis, job))) return;
    const event = `job.${job.state}`;
    const [id, ...formerIds] = secrets.map((secret) => callbackId(secret, webhooks.idPrefix, job)) as [
      string,
      ...string[],
    ];
    // The run before this one may have queued it under a secret that was changed since.
    for (const former of formerIds) if ((await redis.exists(jobKey(webhooks.kind, former))) === 1) return;
    const { createdAt, retries, finishedAt } = job;
    // Its receiver may have no key: the files' addresses need none, and hold as long as the files may be kept.
    const untilMs = (finishedAt ?? now()) + Math.max(config.RESULT_TTL, LONGEST_HOLD_MS);
    const callback = newCallbackState({ id, url: callbackUrl, event, job: job.id, attemptsMax: webhooks.attempts });
    const urlOf = (file: string) => links.resultUrl({ job: job.id, file }, untilMs);
    const body = JSON.stringify({
      type: event,
      timestamp: new Date().toISOString(),
      data: viewJob({ ...job, callback }, contract, {
        resultTtlMs: config.RESULT_TTL,
        base: errorsBase,
        errorsBase,
        urlOf,
      }),
    });
    await addJob(
      redis,
      { kind: webhooks.kind, id },
      {
        v: ENVELOPE_VERSION,
        caller: job.envelope.caller,
        ...(job.envelope.share ? { share: job.envelope.share } : {}),
        ...jobOrigin(job.envelope),
        title: callbackUrl,
        input: { url: callbackUrl, event, job: job.id, end: { createdAt, retries }, body },
        uploads: {},
        // It is about the same person: who is erased is erased here too.
        subjects: subjectsOf(job.envelope),
        options: {},
      },
    );
  };
}

/** A webhook that waits to be sent for the first time. */
const newCallbackState = (
  facts: Pick<CallbackState, 'id' | 'url' | 'event' | 'job' | 'attemptsMax'>,
): CallbackState => ({
  ...facts,
  state: 'waiting',
  attemptsMade: 0,
  createdAt: now(),
  startedAt: null,
  finishedAt: null,
  nextAttemptAt: null,
  lastError: null,
  sends: [],
});

/** Makes what producer and janitor need to erase a job's callbacks with it. */
export function createDerivedJobs({ contracts, secrets }: Pick<CallbackDeps, 'contracts' | 'secrets'>) {
  const webhooks = findCallbackContract(contracts);
  return (job: StoredJob): string[] => (webhooks ? callbackIds(secrets, webhooks.idPrefix, job) : []);
}
