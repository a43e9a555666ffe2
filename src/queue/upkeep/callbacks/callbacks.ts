import { now } from '../../../clock.ts';
import { publicUrl } from '../../../config/addresses.ts';
import type { Config } from '../../../config/platform.ts';
import { DELIVERY_EVENT, listensTo } from '../../../endpoints/endpoint.ts';
import { toldIndex } from '../../../endpoints/keys.ts';
import { createListeners, type Listeners } from '../../../endpoints/listeners.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { deriveJobId } from '../../../jobs/id.ts';
import { LATER_FIELD } from '../../../jobs/job-fields.ts';
import { viewJob } from '../../../jobs/job-view.ts';
import type { KeptDelivery } from '../../../jobs/options/deliver-to.ts';
import { ENVELOPE_VERSION, jobOrigin, subjectsOf } from '../../../jobs/options/options.ts';
import { LONGEST_HOLD_MS } from '../../../jobs/retention/retention.ts';
import { type CallbackState, type DeliveryState, END_STATES, type StoredJob } from '../../../jobs/stored-job.ts';
import type { Redis } from '../../../redis/connect.ts';
import { endpointIndex, jobKey } from '../../../redis/keys.ts';
import { createLinks } from '../../../signing/links.ts';
import type { Secrets } from '../../../signing/secret.ts';
import { isToBeErased } from '../../erase-job.ts';
import { addJob } from '../../producer/enqueue.ts';
import { createJobFields } from '../../run/job-fields.ts';

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
 * Queues what a job's end brings: the sending of its files to where it said, and the webhooks that tell of it, to the
 * address that it asked for and to each endpoint of its caller's that listens. Their ids are made of the job's id, its end,
 * how often it was run again, and the file or endpoint: the same end twice (a run repeated after a crash) queues one of each,
 * the next end another. They are queued before the end can be read; their runs look whether it can.
 */
export function createCallbacks(deps: CallbackDeps): BeforeFinish {
  const listeners = createListeners();
  const makeBody = createBodyMaker(deps);
  return async (redis, job) => {
    const contract = deps.contracts.find(({ kind }) => kind === job.kind);
    const webhooks = findCallbackContract(deps.contracts);
    if (!contract || !webhooks || job.kind === webhooks.kind) return;
    const receivers = await findReceivers(redis, job, listeners);
    const files = job.state === 'completed' ? (job.envelope.deliverTo?.files ?? []) : [];
    if (receivers.length + files.length === 0 || (await isToBeErased(redis, job))) return;
    const telling = { webhooks, secrets: deps.secrets };
    const deliveries = await Promise.all(files.map((file) => queueDelivery(redis, job, file, telling)));
    const ids = deliveries.map(({ id }) => id);
    const told = contract.conducts ? await withNoted(redis, job) : job;
    const tell = (receiver: Receiver) => {
      const facts = { receiver, attemptsMax: webhooks.attempts, deliveries };
      return queueCallback(redis, job, receiver, {
        ...telling,
        input: (id) => ({
          body: makeBody(told, contract, { ...facts, id }),
          ...(ids.length > 0 ? { after: ids } : {}),
        }),
      });
    };
    await Promise.all(receivers.map(tell));
  };
}

/** Adds what a flow's runs have noted of how far it is. */
async function withNoted(redis: Redis, job: StoredJob): Promise<StoredJob> {
  const [noted] = await createJobFields(redis, job.kind).read(job.id, [LATER_FIELD]);
  return noted ? { ...job, later: JSON.parse(noted) as unknown } : job;
}

/** What a job's end is called in a webhook. */
const eventOf = ({ state, envelope }: Pick<StoredJob, 'state' | 'envelope'>): string =>
  `${envelope.plan ? 'flow' : 'job'}.${state}`;

async function findReceivers(redis: Redis, job: StoredJob, listeners: Listeners): Promise<Receiver[]> {
  const { caller, options, flow } = job.envelope;
  // Endpoints hear of a flow as a whole.
  const endpoints = flow ? [] : await listeners(redis, caller);
  const listening = endpoints.filter((endpoint) => listensTo(endpoint, eventOf(job), job.kind));
  return [
    ...(options.callbackUrl ? [{ url: options.callbackUrl }] : []),
    ...listening.map(({ url, name, madeAt }) => ({ url, endpoint: { name, madeAt } })),
  ];
}

interface Telling {
  webhooks: JobContract;
  secrets: Secrets;
}

/** Queues the sending of a file, before the end of its job can be read. */
async function queueDelivery(
  redis: Redis,
  job: StoredJob,
  { file, origin }: KeptDelivery,
  { webhooks, secrets }: Telling,
): Promise<DeliveryState> {
  const { id: jobId, retries, createdAt, envelope } = job;
  const facts = [jobId, 'delivery', retries, createdAt, envelope.nonce ?? '', ...(file === null ? [] : [file])];
  const { host } = new URL(origin);
  const id = await addDerived(redis, job, {
    ids: secrets.map((secret) => deriveJobId(secret, webhooks.idPrefix, facts)) as [string, ...string[]],
    webhooks,
    title: file === null ? `File to ${host}` : `${file} to ${host}`,
    input: () => ({ url: origin, event: DELIVERY_EVENT, deliver: { file } }),
    indexes: [toldIndex(jobId)],
  });
  const state = { id, url: origin, event: DELIVERY_EVENT, job: jobId, attemptsMax: webhooks.attempts };
  return { ...newCallbackState(state), file };
}

async function queueCallback(
  redis: Redis,
  job: StoredJob,
  { url, endpoint }: Receiver,
  { webhooks, secrets, input }: Telling & { input(id: string): object },
): Promise<void> {
  const { id: jobId, envelope } = job;
  const told = endpoint && [endpointIndex(envelope.caller, endpoint.name, endpoint.madeAt), toldIndex(jobId)];
  await addDerived(redis, job, {
    ids: secrets.map((secret) => callbackId(secret, webhooks.idPrefix, job, endpoint)) as [string, ...string[]],
    webhooks,
    title: endpoint?.name ?? url,
    input: (id) => ({ url, event: eventOf(job), ...input(id), ...(endpoint ? { endpoint } : {}) }),
    ...(told ? { indexes: told } : {}),
  });
}

/** A job that is derived from another. */
interface Derived {
  /** Its id by the newest secret, and those by the secrets before. */
  ids: [string, ...string[]];
  webhooks: JobContract;
  title: string;
  /** Makes its input beside the job and the end that it is of. */
  input(id: string): object;
  indexes?: string[];
}

/** Queues a job that is derived from another's end, unless it is there; answers its id. */
async function addDerived(redis: Redis, job: StoredJob, derived: Derived): Promise<string> {
  const { ids, webhooks, title, input, indexes } = derived;
  const [id, ...formerIds] = ids;
  // The run before this one may have queued it under a secret that was changed since.
  for (const former of formerIds) if ((await redis.exists(jobKey(webhooks.kind, former))) === 1) return former;
  const { createdAt, retries, envelope } = job;
  await addJob(
    redis,
    { kind: webhooks.kind, id },
    {
      v: ENVELOPE_VERSION,
      caller: envelope.caller,
      ...(envelope.share ? { share: envelope.share } : {}),
      ...jobOrigin(envelope),
      title,
      input: { job: job.id, end: { createdAt, retries }, ...input(id) },
      uploads: {},
      // It is about the same person: who is erased is erased here too.
      subjects: subjectsOf(envelope),
      options: {},
      ...(indexes ? { indexes } : {}),
    },
  );
  return id;
}

interface BodyFacts {
  receiver: Receiver;
  /** The webhook's own id. */
  id: string;
  attemptsMax: number;
  deliveries: DeliveryState[];
}

/** Makes the function that writes what is sent: the job as the API shows it, with addresses that are whole. */
function createBodyMaker({ secrets, config }: CallbackDeps) {
  const errorsBase = publicUrl(config);
  const links = createLinks(secrets, errorsBase);
  return (job: StoredJob, contract: JobContract, { receiver, id, attemptsMax, deliveries }: BodyFacts): string => {
    const { url, endpoint } = receiver;
    const event = eventOf(job);
    // Its receiver may have no key: the files' addresses need none, and hold as long as the files may be kept.
    const untilMs = (job.finishedAt ?? now()) + Math.max(config.RESULT_TTL, LONGEST_HOLD_MS);
    const callback = endpoint ? {} : { callback: newCallbackState({ id, url, event, job: job.id, attemptsMax }) };
    return JSON.stringify({
      type: event,
      timestamp: new Date().toISOString(),
      data: viewJob({ ...job, ...callback, deliveries }, contract, {
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
