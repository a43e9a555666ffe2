import type { Endpoint, PausedReason } from '../../../endpoints/endpoint.ts';
import type { EndpointSecret } from '../../../endpoints/endpoint-secrets.ts';
import type { SentAttempt, StoredJob } from '../../../jobs/stored-job.ts';
import { describeSendLog } from '../../pages/callback.ts';

/** An endpoint as the API shows it. Times are RFC 3339. */
export interface EndpointView {
  name: string;
  url: string;
  events: string[] | null;
  kinds: string[] | null;
  paused: boolean;
  pausedReason: PausedReason | null;
  pausedAt: string | null;
  failingSince: string | null;
  lastDeliveredAt: string | null;
  createdAt: string;
  changedAt: string;
}

/** The secrets of an endpoint as the API shows them. */
export interface EndpointSecretView {
  secret: string;
  former: { secret: string; validUntil: string }[];
}

/** One thing that was sent to an endpoint, or is to be. */
export interface DeliveryView {
  id: string;
  event: string;
  job: string | null;
  state: string;
  createdAt: string;
  attempts: { made: number; max: number };
  nextAttemptAt: string | null;
  lastError: { code: string; detail: string; at: string } | null;
  payload: unknown;
  sends: (SentAttempt & { answer: string | null })[];
}

/** Something that was sent to an endpoint: its webhook, that one's log, and what is sent where it is known. */
export interface Delivery {
  webhook: StoredJob;
  entries: unknown[];
  body: string | null;
}

/** The public face of an endpoint. */
export const viewEndpoint = (endpoint: Endpoint): EndpointView => ({
  name: endpoint.name,
  url: endpoint.url,
  events: endpoint.events && [...endpoint.events],
  kinds: endpoint.kinds && [...endpoint.kinds],
  paused: endpoint.paused !== null,
  pausedReason: endpoint.paused?.reason ?? null,
  pausedAt: moment(endpoint.paused?.at ?? null),
  failingSince: moment(endpoint.failingSince),
  lastDeliveredAt: moment(endpoint.takenAt),
  createdAt: new Date(endpoint.madeAt).toISOString(),
  changedAt: new Date(endpoint.changedAt).toISOString(),
});

/** The public face of its secrets, the newest first. */
export function viewSecrets([newest, ...former]: readonly EndpointSecret[]): EndpointSecretView {
  return {
    secret: newest?.secret ?? '',
    former: former.map(({ secret, untilMs }) => ({ secret, validUntil: new Date(untilMs ?? 0).toISOString() })),
  };
}

/** The public face of a delivery. What an inner receiver says is the operator's. */
export function viewDelivery({ webhook, entries, body }: Delivery, isOperator: boolean): DeliveryView {
  const { id, state, createdAt, callback } = webhook;
  const answers = new Map(describeSendLog(entries, isOperator).map(({ at, answer }) => [at, answer]));
  return {
    id,
    event: callback?.event ?? '',
    job: callback?.job ?? null,
    state,
    createdAt: new Date(createdAt).toISOString(),
    attempts: { made: webhook.attemptsMade, max: callback?.attemptsMax ?? webhook.attemptsMade },
    nextAttemptAt: moment(callback?.nextAttemptAt ?? null),
    lastError: callback?.lastError ?? null,
    payload: parsePayload(body),
    sends: (callback?.sends ?? []).map((send) => ({ ...send, answer: answers.get(send.at) ?? null })),
  };
}

/** Reads what is sent; null where there is nothing yet, where it lies in storage, or is damaged. */
export function parsePayload(body: string | null): unknown {
  try {
    return body === null ? null : JSON.parse(body);
  } catch {
    return null;
  }
}

const moment = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
