import type { Request } from 'express';
import { now } from '../../../../clock.ts';
import {
  BATCH_BODY_FIELD,
  BATCH_OPEN_FIELD,
  BATCH_OPEN_MS,
  BATCH_STATES_FIELD,
  readBatchStates,
  writeBatchStates,
} from '../../../../endpoints/batch.ts';
import { BATCH_EVENT, listensTo } from '../../../../endpoints/endpoint.ts';
import { WEBHOOKS_KIND } from '../../../../endpoints/keys.ts';
import type { Endpoints } from '../../../../endpoints/store.ts';
import { invalidRequest } from '../../../../fields/invalid-request.ts';
import type { JobContract } from '../../../../jobs/contract.ts';
import { deriveJobId } from '../../../../jobs/id.ts';
import type { JobFields } from '../../../../jobs/job-fields.ts';
import { ENVELOPE_VERSION } from '../../../../jobs/options/options.ts';
import { endpointIndex } from '../../../../redis/keys.ts';
import { callerOf } from '../../../auth/identify.ts';
import { originOf } from '../../../request-origin.ts';
import type { ChosenId } from '../choose-id.ts';
import type { QueueDeps } from '../queue-deps.ts';
import { shareOf } from '../share.ts';

/** A batch's jobs may be due in 30 days, and its webhook has its own time after that. */
const LIFE_MS = 38 * 86_400_000;
const CLOSE_TRIES = 5;
/** How often it is said that a request goes on. */
const STAY_OPEN_MS = BATCH_OPEN_MS / 4;

export interface BatchWebhookDeps extends QueueDeps {
  contracts: readonly JobContract[];
  endpoints: Pick<Endpoints, 'list'>;
  /** The facts that are kept of webhooks. */
  webhookFields: JobFields;
}

/** A batch whose entries are about to be queued. */
export interface OpenedBatch {
  kind: string;
  /** Its id. */
  id: string;
  callbackUrl: string | undefined;
  chosen: ChosenId;
  /** The jobs that it is about to have. */
  jobs: readonly Pick<ChosenId, 'id' | 'nonce'>[];
}

/** The webhooks of a batch whose jobs are being queued. */
export interface OpenBatch {
  /** Says of each of the jobs whether it is there now. Never rejects: a batch that is not closed closes by itself. */
  close(isAccepted: readonly boolean[]): Promise<void>;
  /** Says no more that the request goes on; to be called whatever became of it, and before it is closed. */
  leave(): void;
}

/**
 * Queues the webhooks that tell of a batch once all of its jobs have ended: to its `callbackUrl`, and to each endpoint of
 * the caller's that listens now. Before its jobs: what is answered 202 is told. Rejects with invalid_request for the
 * address, and as queueing does.
 */
export async function openBatchWebhooks(req: Request, deps: BatchWebhookDeps, batch: OpenedBatch): Promise<OpenBatch> {
  const webhooks = deps.contracts.find(({ kind }) => kind === WEBHOOKS_KIND);
  const fault = batch.callbackUrl === undefined ? null : deps.findCallbackFault(batch.callbackUrl);
  if (fault) throw invalidRequest([{ pointer: '/callbackUrl', detail: fault }]);
  const receivers = webhooks && batch.jobs.length > 0 ? await findReceivers(req, deps, batch) : [];
  if (!webhooks || receivers.length === 0) return { close: async () => {}, leave: () => {} };
  const nonce = await findNonce(deps, batch);
  const { kind, chosen, id: batchId } = batch;
  const ids = batch.jobs.map(({ id }) => id);
  const { name: caller } = callerOf(req);
  const queue = async ({ url, endpoint }: BatchReceiver) => {
    const facts = ['batch', chosen.id, nonce, ...(endpoint ? [endpoint.name, endpoint.madeAt] : [])];
    const id = deriveJobId(deps.secrets[0], webhooks.idPrefix, facts);
    const { replayed } = await deps.producer.enqueue(WEBHOOKS_KIND, id, {
      v: ENVELOPE_VERSION,
      caller,
      ...shareOf(callerOf(req)),
      ...originOf(req),
      title: endpoint?.name ?? url,
      input: { url, event: BATCH_EVENT, batch: { id: batchId, kind, jobs: ids }, ...(endpoint ? { endpoint } : {}) },
      uploads: {},
      options: {
        runAt: new Date(now() + BATCH_OPEN_MS).toISOString(),
        expiresAt: new Date(now() + LIFE_MS).toISOString(),
      },
      ...(endpoint ? { indexes: [endpointIndex(caller, endpoint.name, endpoint.madeAt)] } : {}),
    });
    return { id, replayed };
  };
  const webhooksOf = await Promise.all(receivers.map(queue));
  const queued = webhooksOf.map(({ id }) => id);
  // One of an earlier request, which died, may look at its jobs any moment.
  const isAgain = webhooksOf.some(({ replayed }) => replayed);
  return {
    async close(isAccepted) {
      const closing = queued.map((id) => close(deps, id, isAccepted));
      await Promise.all(closing).catch((err) =>
        deps.log.warn({ err, ...originOf(req) }, 'a batch closes by itself later'),
      );
    },
    leave: await stayOpen(deps, queued, { atOnce: isAgain }),
  };
}

/**
 * Says again and again that the request of a batch goes on, however long queueing takes; answers what ends that. With `atOnce` it has
 * been said by then, or could not be.
 */
export async function stayOpen(
  { webhookFields, log }: Pick<BatchWebhookDeps, 'webhookFields' | 'log'>,
  ids: readonly string[],
  { atOnce, everyMs = STAY_OPEN_MS }: { atOnce: boolean; everyMs?: number },
): Promise<() => void> {
  const say = async () => {
    const change = { set: { [BATCH_OPEN_FIELD]: String(now()) } };
    await Promise.all(ids.map((id) => webhookFields.change(id, change))).catch((err) =>
      log.warn({ err }, 'it could not be said that a batch is being queued'),
    );
  };
  if (atOnce) await say();
  const saying = setInterval(say, everyMs).unref();
  return () => clearInterval(saying);
}

interface BatchReceiver {
  url: string;
  endpoint?: { name: string; madeAt: number };
}

async function findReceivers(
  req: Request,
  { endpoints }: BatchWebhookDeps,
  { kind, callbackUrl }: OpenedBatch,
): Promise<BatchReceiver[]> {
  const listening = (await endpoints.list(callerOf(req).name)).filter((one) => listensTo(one, BATCH_EVENT, kind));
  return [
    ...(callbackUrl === undefined ? [] : [{ url: callbackUrl }]),
    ...listening.map(({ url, name, madeAt }) => ({ url, endpoint: { name, madeAt } })),
  ];
}

/** What tells this batch from one that was made anew under the same Idempotency-Key: the nonce of its first job. */
async function findNonce({ producer }: BatchWebhookDeps, { chosen, jobs }: OpenedBatch): Promise<string> {
  for (const { id } of chosen.repeatable ? jobs : []) {
    const job = await producer.find(id);
    if (job) return job.envelope.nonce ?? '';
  }
  return jobs[0]?.nonce ?? '';
}

/** Writes down which jobs the batch has, and lets its webhook look at them. */
async function close(
  { producer, webhookFields }: BatchWebhookDeps,
  id: string,
  isAccepted: readonly boolean[],
): Promise<void> {
  for (let tried = 0; tried < CLOSE_TRIES; tried += 1) {
    const [text = null, body] = await webhookFields.read(id, [BATCH_STATES_FIELD, BATCH_BODY_FIELD]);
    // It was told: what a repeated request adds comes too late for it.
    if (body) return;
    const before = readBatchStates(text, isAccepted.length);
    const states = isAccepted.map((is, index) => {
      const known = before?.[index] ?? 'refused';
      return is && known === 'refused' ? 'pending' : known;
    });
    const change = {
      expected: { [BATCH_STATES_FIELD]: text },
      set: { [BATCH_STATES_FIELD]: writeBatchStates(states), [BATCH_OPEN_FIELD]: null },
    };
    if ((await webhookFields.change(id, change)) !== 'changed') break;
  }
  await producer.promote(id);
}
