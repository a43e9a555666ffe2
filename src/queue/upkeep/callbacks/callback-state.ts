import type { Redis } from 'ioredis';
import { now } from '../../../clock.ts';
import { toldKey } from '../../../endpoints/keys.ts';
import { createListeners } from '../../../endpoints/listeners.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import {
  type CallbackState,
  type DeliveryState,
  hasEnded,
  type SentAttempt,
  type StoredJob,
} from '../../../jobs/stored-job.ts';
import { queueKey } from '../../../redis/keys.ts';
import type { Secrets } from '../../../signing/secret.ts';
import { readLog } from '../../job-log.ts';
import { readJob } from '../../read/read-job.ts';
import { findCallback, findCallbackContract } from './callbacks.ts';

/** Bull scores delayed jobs by their time (ms) times this. */
const DELAYED_SCORE = 4096;

/** Adds to a job what has become of the webhooks that tell of its end. */
export type WithCallback = (redis: Redis, job: StoredJob) => Promise<StoredJob>;

/** Makes the reader of jobs' webhooks. A job that has none, or whose webhook is not kept any more, stays as it is. */
export function createCallbackReader(deps: { contracts: readonly JobContract[]; secrets: Secrets }): WithCallback {
  const webhooks = findCallbackContract(deps.contracts);
  const readWebhook = async (redis: Redis, job: StoredJob): Promise<StoredJob | null> => {
    if (!webhooks) return null;
    if (job.kind === webhooks.kind) return job;
    if (!job.envelope.options.callbackUrl || !hasEnded(job.state)) return null;
    return findCallback(deps.secrets, webhooks.idPrefix, job, (id) => readJob(redis, webhooks.kind, id));
  };
  const listeners = createListeners();
  const readTold = async (redis: Redis, job: StoredJob, { kind, attempts }: JobContract): Promise<ToldState[]> => {
    if (job.kind === kind || !hasEnded(job.state)) return [];
    if (!job.envelope.deliverTo && (await listeners(redis, job.envelope.caller)).length === 0) return [];
    const ids = await redis.zrange(toldKey(job.id), 0, -1);
    const found = await Promise.all(ids.map((id) => readJob(redis, kind, id)));
    const read = async (one: StoredJob): Promise<ToldState> => {
      const { deliver } = one.envelope.input as WebhookFacts;
      return { ...(await readState(redis, one, attempts)), ...(deliver ? { file: deliver.file } : {}) };
    };
    return Promise.all(found.filter((one) => one !== null).map(read));
  };
  return async (redis, job) => {
    if (!webhooks) return job;
    const [webhook, all] = await Promise.all([readWebhook(redis, job), readTold(redis, job, webhooks)]);
    const deliveries = all.filter(isDelivery);
    const told = all.filter((one) => !isDelivery(one));
    return {
      ...job,
      ...(webhook ? { callback: await readState(redis, webhook, webhooks.attempts) } : {}),
      ...(told.length > 0 ? { told } : {}),
      ...(deliveries.length > 0 ? { deliveries } : {}),
    };
  };
}

/** What tells of a job: a webhook, or the sending of a file. */
type ToldState = CallbackState | DeliveryState;

const isDelivery = (one: ToldState): one is DeliveryState => 'file' in one;

/** What is read of a webhook's input. */
interface WebhookFacts extends Pick<CallbackState, 'url' | 'event'> {
  deliver?: { file: string | null };
  job?: string;
  endpoint?: { name: string };
}

async function readState(redis: Redis, webhook: StoredJob, attemptsMax: number): Promise<CallbackState> {
  const { id, kind, state, attemptsMade, createdAt, startedAt, finishedAt } = webhook;
  const [delayed, log] = await Promise.all([
    state === 'delayed' ? redis.zscore(queueKey(kind, 'delayed'), id) : null,
    readLog(redis, kind, id),
  ]);
  const sends = log.filter(isSend).map(({ at, attempt, status, error, ms }) => ({
    ...{ at, attempt, ms },
    status: status ?? null,
    error: error ?? null,
  }));
  const { url, event, job = null, endpoint } = webhook.envelope.input as WebhookFacts;
  return {
    ...{
      id,
      url,
      event,
      job,
      endpoint: endpoint?.name ?? null,
      state,
      attemptsMade,
      attemptsMax,
      createdAt,
      startedAt,
      finishedAt,
    },
    nextAttemptAt: delayed === null ? null : Math.floor(Number(delayed) / DELAYED_SCORE),
    lastError: lastErrorOf(webhook, sends.at(-1)),
    sends,
  };
}

function lastErrorOf({ error, finishedAt }: StoredJob, last: SentAttempt | undefined): CallbackState['lastError'] {
  if (error) return { code: error.code, detail: error.detail, at: new Date(finishedAt ?? now()).toISOString() };
  if (!last || (last.status !== null && last.status >= 200 && last.status <= 299)) return null;
  return { code: 'webhook_failed', detail: last.error ?? `The receiver answered ${last.status}.`, at: last.at };
}

function isSend(entry: unknown): entry is Pick<SentAttempt, 'at' | 'attempt' | 'ms'> & Partial<SentAttempt> {
  const { at, attempt, ms } = (entry ?? {}) as Partial<SentAttempt>;
  return typeof at === 'string' && typeof attempt === 'number' && typeof ms === 'number';
}
