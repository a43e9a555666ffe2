import { now } from '../../clock.ts';
import { publicUrl } from '../../config/addresses.ts';
import type { Config } from '../../config/platform.ts';
import { listensTo } from '../../endpoints/endpoint.ts';
import { toldIndex } from '../../endpoints/keys.ts';
import { createListeners, type Listeners } from '../../endpoints/listeners.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { deriveJobId } from '../../jobs/id.ts';
import { viewJob } from '../../jobs/job-view.ts';
import { ENVELOPE_VERSION, jobOrigin, subjectsOf } from '../../jobs/options.ts';
import { LONGEST_HOLD_MS } from '../../jobs/retention.ts';
import { type CallbackState, END_STATES, type StoredJob } from '../../jobs/stored-job.ts';
import type { Redis } from '../../redis/connect.ts';
import { endpointIndex, jobKey } from '../../redis/keys.ts';
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

/** Who hears of a job's end: the job's own `callbackUrl`, or an endpoint of its caller's. */
interface Receiver {
  url: string;
  endpoint?: { name: string; madeAt: number };
}

/**
 * The id of the webhook that tells a receiver of this end of the job, its alone for ever: a job that was made anew under
 * the same id (by an Idempotency-Key) has another nonce and another time. `idPrefix` is the webhooks' own.
 */
const callbackId = (
  secret: string,
  idPrefix: string,
  { id, state, retries, createdAt, envelope }: Pick<StoredJob, 'id' | 'state' | 'retries' | 'createdAt' | 'envelope'>,
  endpoint?: Receiver['endpoint'],
): string => {
  const end = [id, `job.${state}`, retries, createdAt, envelope.nonce ?? ''];
  return deriveJobId(secret, idPrefix, endpoint ? [...end, endpoint.name, endpoint.madeAt] : end);
};

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
 * Queues the webhooks that tell of a job's end: to the address that it asked for, and to each endpoint of its caller's
 * that listens. Their ids are made of the job's id, its end, how often it was run again, and the endpoint: the same end
 * twice (a run repeated after a crash) queues one webhook for each, the next end another. They are queued before the end
 * can be read; their runs look whether it can.
 */
export function createCallbacks(deps: CallbackDeps): BeforeFinish {
  const listeners = createListeners();
  const makeBody = createBodyMaker(deps);
  return async (redis, job) => {
    const contract = deps.contracts.find(({ kind }) => kind === job.kind);
    const webhooks = findCallbackContract(deps.contracts);
    if (!contract || !webhooks || job.kind === webhooks.kind) return;
    const receivers = await findReceivers(redis, job, listeners);
    if (receivers.length === 0 || (await isToBeErased(redis, job))) return;
    const tell = (receiver: Receiver) => {
      const body = (id: string) => makeBody(job, contract, { receiver, id, attemptsMax: webhooks.attempts });
      return queueCallback(redis, job, receiver, { webhooks, secrets: deps.secrets, body });
    };
    await Promise.all(receivers.map(tell));
  };
}

async function findReceivers(redis: Redis, job: StoredJob, listeners: Listeners): Promise<Receiver[]> {
  const { caller, options } = job.envelope;
  const endpoints = await listeners(redis, caller);
  const listening = endpoints.filter((endpoint) => listensTo(endpoint, `job.${job.state}`, job.kind));
  return [
    ...(options.callbackUrl ? [{ url: options.callbackUrl }] : []),
    ...listening.map(({ url, name, madeAt }) => ({ url, endpoint: { name, madeAt } })),
  ];
}

interface Telling {
  webhooks: JobContract;
  secrets: Secrets;
  /** Makes what is sent by the webhook of that id. */
  body(id: string): string;
}

async function queueCallback(
  redis: Redis,
  job: StoredJob,
  { url, endpoint }: Receiver,
  { webhooks, secrets, body }: Telling,
): Promise<void> {
  const [id, ...formerIds] = secrets.map((secret) => callbackId(secret, webhooks.idPrefix, job, endpoint)) as [
    string,
    ...string[],
  ];
  // The run before this one may have queued it under a secret that was changed since.
  for (const former of formerIds) if ((await redis.exists(jobKey(webhooks.kind, former))) === 1) return;
  const { createdAt, retries, envelope } = job;
  const told = endpoint && [endpointIndex(envelope.caller, endpoint.name, endpoint.madeAt), toldIndex(job.id)];
  await addJob(
    redis,
    { kind: webhooks.kind, id },
    {
      v: ENVELOPE_VERSION,
      caller: envelope.caller,
      ...(envelope.share ? { share: envelope.share } : {}),
      ...jobOrigin(envelope),
      title: endpoint?.name ?? url,
      input: {
        ...{ url, event: `job.${job.state}`, job: job.id, end: { createdAt, retries }, body: body(id) },
        ...(endpoint ? { endpoint } : {}),
      },
      uploads: {},
      // It is about the same person: who is erased is erased here too.
      subjects: subjectsOf(envelope),
      options: {},
      ...(told ? { indexes: told } : {}),
    },
  );
}

/** Makes the function that writes what is sent: the job as the API shows it, with addresses that are whole. */
function createBodyMaker({ secrets, config }: CallbackDeps) {
  const errorsBase = publicUrl(config);
  const links = createLinks(secrets, errorsBase);
  return (
    job: StoredJob,
    contract: JobContract,
    { receiver, id, attemptsMax }: { receiver: Receiver; id: string; attemptsMax: number },
  ): string => {
    const { url, endpoint } = receiver;
    const event = `job.${job.state}`;
    // Its receiver may have no key: the files' addresses need none, and hold as long as the files may be kept.
    const untilMs = (job.finishedAt ?? now()) + Math.max(config.RESULT_TTL, LONGEST_HOLD_MS);
    const callback = endpoint ? {} : { callback: newCallbackState({ id, url, event, job: job.id, attemptsMax }) };
    return JSON.stringify({
      type: event,
      timestamp: new Date().toISOString(),
      data: viewJob({ ...job, ...callback }, contract, {
        resultTtlMs: config.RESULT_TTL,
        base: errorsBase,
        errorsBase,
        signed: { untilMs, fileUrl: links.fileUrl },
      }),
    });
  };
}

/** A webhook that waits to be sent for the first time. */
const newCallbackState = (
  facts: Pick<CallbackState, 'id' | 'url' | 'event' | 'job' | 'attemptsMax'>,
): CallbackState => ({
  ...facts,
  endpoint: null,
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
