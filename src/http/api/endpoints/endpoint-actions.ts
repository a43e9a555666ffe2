import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from 'express';
import type { Config } from '../../../config/platform.ts';
import { BATCH_BODY_FIELD } from '../../../endpoints/batch.ts';
import { type Endpoint, type EndpointSettings, PAUSED_SENTENCES, TEST_EVENT } from '../../../endpoints/endpoint.ts';
import { WEBHOOKS_KIND } from '../../../endpoints/keys.ts';
import { LISTENERS_MS } from '../../../endpoints/listeners.ts';
import type { Endpoints } from '../../../endpoints/store.ts';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { randomJobId } from '../../../jobs/id.ts';
import type { JobFields } from '../../../jobs/job-fields.ts';
import { ENVELOPE_VERSION } from '../../../jobs/options/options.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import { NO_USAGE } from '../../../jobs/usage.ts';
import type { Quotas } from '../../../keys/quotas.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { Resent } from '../../../queue/producer/resend.ts';
import { endpointIndex, endpointTestIndex } from '../../../redis/keys.ts';
import { callerOf } from '../../auth/identify.ts';
import { originOf } from '../../request-origin.ts';
import { shareOf } from '../accept/share.ts';
import { readPage, writeCursor } from '../listing.ts';
import { endpointName } from './endpoint-fields.ts';
import { type Delivery, viewEndpoint } from './endpoint-view.ts';

export interface EndpointDeps {
  config: Pick<Config, 'MAX_ENDPOINTS_PER_CALLER'>;
  contracts: readonly JobContract[];
  endpoints: Endpoints;
  producer: Producer;
  quotas: Pick<Quotas, 'hold'>;
  /** The facts that are kept of webhooks. */
  webhookFields: Pick<JobFields, 'read'>;
  /** What is wrong with an address that webhooks are sent to; null for nothing. */
  findCallbackFault(url: string): string | null;
}

/** What is asked for of an endpoint. */
export type GivenEndpoint = EndpointSettings & { paused?: boolean | undefined };

/** What the API's routes and the pages do with the endpoints of a request's caller. */
export interface EndpointActions {
  /** Finds the endpoint of the request's `:name`; throws not_found. */
  find(req: Request): Promise<Endpoint>;
  /**
   * Makes or changes it; resolves once every job that ends is told as it says. Throws invalid_request and conflict.
   */
  put(req: Request, name: string, given: GivenEndpoint): Promise<{ endpoint: Endpoint; isNew: boolean }>;
  /** Removes it; what waits to be sent to it is not. Throws not_found. */
  remove(req: Request): Promise<void>;
  /** Sends it a test at once, also while it is paused; answers the webhook. */
  test(req: Request): Promise<StoredJob>;
  /** Reads a page of what was sent to it, newest first. */
  deliveries(
    req: Request,
    query: { state?: StoredJob['state'] | undefined; limit: number; cursor?: string | undefined },
  ): Promise<{ deliveries: Delivery[]; cursor: string | null }>;
  /** Sends its events since a moment (ms) once more. Throws conflict while it is paused, and quota_exceeded. */
  resend(req: Request, sinceMs: number): Promise<Resent>;
}

/** Makes them. */
export function createEndpointActions(deps: EndpointDeps): EndpointActions {
  const { endpoints, producer, quotas } = deps;
  const find = async (req: Request): Promise<Endpoint> => {
    const { name: caller } = callerOf(req);
    const name = String(req.params['name']);
    const endpoint = endpointName.safeParse(name).success ? await endpoints.find(caller, name) : null;
    if (!endpoint) throw new AppError('not_found', `This key has no webhook endpoint "${name.slice(0, 64)}".`);
    return endpoint;
  };
  /** Processes may know endpoints as they were for so long. */
  const settle = () => delay(LISTENERS_MS);
  return {
    find,
    async put(req, wanted, given) {
      const name = endpointName.safeParse(wanted);
      if (!name.success) throw invalidRequest([{ pointer: '/name', detail: name.error.issues[0]?.message ?? '' }]);
      const fault = deps.findCallbackFault(given.url);
      if (fault) throw invalidRequest([{ pointer: '/url', detail: fault }]);
      const max = deps.config.MAX_ENDPOINTS_PER_CALLER;
      const put = await endpoints.put(callerOf(req).name, name.data, { ...given, max });
      await settle();
      return put;
    },
    async remove(req) {
      const { caller, name } = await find(req);
      await endpoints.remove(caller, name);
      await settle();
    },
    async test(req) {
      const endpoint = await find(req);
      const { caller, name, madeAt, url } = endpoint;
      const letGo = await quotas.hold(callerOf(req), WEBHOOKS_KIND, { ...NO_USAGE, jobs: 1 });
      try {
        const body = { type: TEST_EVENT, timestamp: new Date().toISOString(), data: viewEndpoint(endpoint) };
        const { job } = await producer.enqueue(WEBHOOKS_KIND, randomJobId(idPrefixOf(deps.contracts)), {
          v: ENVELOPE_VERSION,
          caller,
          ...shareOf(callerOf(req)),
          ...originOf(req),
          title: name,
          input: { url, event: TEST_EVENT, endpoint: { name, madeAt }, body: JSON.stringify(body) },
          uploads: {},
          options: { priority: 'high' },
          indexes: [endpointIndex(caller, name, madeAt), endpointTestIndex(caller, name, madeAt)],
        });
        return (await producer.find(job.id)) ?? job;
      } finally {
        letGo();
      }
    },
    async deliveries(req, query) {
      const { caller, name, madeAt } = await find(req);
      const asked = { ...query, kind: WEBHOOKS_KIND, index: endpointIndex(caller, name, madeAt) };
      const { jobs, next } = await readPage(producer, caller, asked);
      const read = async (webhook: StoredJob): Promise<Delivery> => {
        const [entries, body] = await Promise.all([producer.readLog(webhook), readBody(webhook, deps)]);
        return { webhook, entries, body };
      };
      return { deliveries: await Promise.all(jobs.map(read)), cursor: next && writeCursor(next) };
    },
    async resend(req, sinceMs) {
      const endpoint = await find(req);
      if (endpoint.paused) {
        const why = PAUSED_SENTENCES[endpoint.paused.reason];
        throw new AppError('conflict', `The endpoint "${endpoint.name}" is paused: ${why}. Let it go on first.`);
      }
      const assertRoom = async (jobs: number) => {
        const letGo = await quotas.hold(callerOf(req), WEBHOOKS_KIND, { ...NO_USAGE, jobs });
        letGo();
      };
      return producer.resend({ endpoint, sinceMs, assertRoom });
    },
  };
}

const idPrefixOf = (contracts: readonly JobContract[]): string =>
  contracts.find(({ kind }) => kind === WEBHOOKS_KIND)?.idPrefix ?? 'whk';

/** Reads what a webhook sends; null where there is nothing yet: that of a batch is made once its jobs have ended. */
async function readBody(webhook: StoredJob, { webhookFields }: EndpointDeps): Promise<string | null> {
  const { body } = (webhook.envelope.input ?? {}) as { body?: unknown };
  if (typeof body === 'string') return body;
  const [made = null] = await webhookFields.read(webhook.id, [BATCH_BODY_FIELD]);
  return made;
}
