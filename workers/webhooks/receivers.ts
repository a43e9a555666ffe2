import type { HostOutcome } from '../../src/delivery/hosts.ts';
import type { KeySecrets } from '../../src/delivery/secrets.ts';
import { PAUSED_SENTENCES, type PausedReason, TEST_EVENT } from '../../src/endpoints/endpoint.ts';
import type { Endpoints } from '../../src/endpoints/store.ts';
import { AppError } from '../../src/errors.ts';
import type { RunningJob } from '../../src/jobs/processor.ts';
import type { WebhookInput } from './job.ts';

/** Where a webhook goes now, what it is signed with (the newest first), and who wants to know how that went. */
export interface Receiver {
  url: string;
  secrets: string[];
  /** Notes how an attempt went: the error that it ended with, or null. Answers why its endpoint is paused by that. */
  note(outcome: HostOutcome, error: AppError | null): Promise<PausedReason | null>;
}

export interface ReceiverDeps {
  endpoints: Pick<Endpoints, 'find' | 'openSecrets' | 'note'>;
  /** The callers' own secrets, and those that sign for all callers beside them. */
  callers: Pick<KeySecrets, 'open'>;
  shared: readonly string[];
  /** An endpoint is paused when every attempt has failed for so long. */
  pauseAfterMs: number;
}

/**
 * Finds the receiver of a webhook. Throws cancelled for an endpoint that was removed, or made anew, and for one that is
 * paused, unless it is to be tried.
 */
export async function findReceiver(job: RunningJob<WebhookInput>, deps: ReceiverDeps): Promise<Receiver> {
  const { url, endpoint: named, event } = job.input;
  if (!named) {
    const secrets = [...deps.shared, ...(await deps.callers.open(job.caller))];
    return { url, secrets, note: async () => null };
  }
  const { endpoints, pauseAfterMs } = deps;
  const endpoint = await endpoints.find(job.caller, named.name);
  if (endpoint?.madeAt !== named.madeAt) throw notSent(`the endpoint "${named.name}" was removed`);
  if (endpoint.paused && event !== TEST_EVENT) {
    throw notSent(`the endpoint "${named.name}" is paused: ${PAUSED_SENTENCES[endpoint.paused.reason]}`);
  }
  return {
    url: endpoint.url,
    secrets: endpoints.openSecrets(endpoint).map(({ secret }) => secret),
    async note(outcome, error) {
      if (outcome === 'stopped' && error?.code !== 'webhook_refused') return null;
      return endpoints.note(
        endpoint,
        error === null ? 'taken' : error.code === 'webhook_gone' ? 'gone' : 'failed',
        pauseAfterMs,
      );
    },
  };
}

const notSent = (why: string) => new AppError('cancelled', `Not sent: ${why}.`);
