import { type Endpoint, PAUSED_SENTENCES } from '../../../endpoints/endpoint.ts';
import type { EndpointSecret } from '../../../endpoints/endpoint-secrets.ts';
import { hasEnded, type JobState } from '../../../jobs/stored-job.ts';
import { formatTime } from '../../../kinds/formats.ts';
import { type Delivery, parsePayload } from '../../api/endpoints/endpoint-view.ts';
import { describeSendLog, nextAttemptOf, type SentAttempt } from '../callback.ts';
import { stateNameOf } from '../job-words.ts';

/** A moment: RFC 3339, and the same for people. */
interface Moment {
  at: string;
  time: string;
}

/** An endpoint, every text ready. */
export interface EndpointCard {
  name: string;
  url: string;
  isPaused: boolean;
  /** The look of its state, as that of a job's. */
  look: JobState;
  stateName: string;
  /** What its owner should know. */
  sentence: string;
  isTrouble: boolean;
  hears: string;
  delivered: Moment | null;
}

/** Something that was sent, every text ready. */
export interface DeliveryCard {
  id: string;
  event: string;
  job: string | null;
  state: JobState;
  stateName: string;
  created: Moment;
  detail: string | null;
  next: Moment | null;
  payload: string | null;
  attempts: SentAttempt[];
  /** What its button says; null where there is nothing to press. */
  button: 'Send again' | 'Send now' | null;
}

/** A secret, and until when it holds; null: until there is another. */
export interface SecretRow {
  secret: string;
  until: Moment | null;
}

const moment = (ms: number): Moment => {
  const at = new Date(ms).toISOString();
  return { at, time: formatTime(at) };
};

/** Describes an endpoint. */
export function describeEndpoint(endpoint: Endpoint): EndpointCard {
  const { name, url, paused, failingSince, takenAt, events, kinds } = endpoint;
  const failing = failingSince === null ? null : `Every attempt has failed since ${moment(failingSince).time}.`;
  const why = paused && `Nothing is sent since ${moment(paused.at).time}: ${PAUSED_SENTENCES[paused.reason]}.`;
  const fine = takenAt === null ? 'Nothing was sent to it so far.' : 'What was sent last was taken.';
  return {
    name,
    url,
    isPaused: paused !== null,
    look: paused ? 'delayed' : failing ? 'failed' : 'completed',
    stateName: paused ? 'Paused' : failing ? 'Failing' : 'Listening',
    sentence: why ?? failing ?? fine,
    isTrouble: paused ? paused.reason !== 'owner' : failing !== null,
    hears: `${events ? events.join(', ') : 'Every event'} of ${kinds ? kinds.join(', ') : 'every kind'}`,
    delivered: takenAt === null ? null : moment(takenAt),
  };
}

/** Describes the secrets that hold. */
export const describeSecrets = (secrets: readonly EndpointSecret[]): SecretRow[] =>
  secrets.map(({ secret, untilMs }) => ({ secret, until: untilMs === null ? null : moment(untilMs) }));

/** Describes a delivery. */
export function describeDelivery({ webhook, entries, body }: Delivery, isOperator: boolean): DeliveryCard {
  const { id, state, createdAt, callback, error } = webhook;
  return {
    id,
    event: callback?.event ?? '',
    job: callback?.job ?? null,
    state,
    stateName: stateNameOf(webhook),
    created: moment(createdAt),
    detail: error?.detail ?? null,
    next: nextAttemptOf(webhook),
    payload: body === null ? null : JSON.stringify(parsePayload(body), null, 2),
    attempts: describeSendLog(entries, isOperator),
    button: hasEnded(state) ? 'Send again' : state === 'delayed' ? 'Send now' : null,
  };
}
