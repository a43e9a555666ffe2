import { listensTo } from '../../../endpoints/endpoint.ts';
import { toldIndex } from '../../../endpoints/keys.ts';
import { readEndpoints } from '../../../endpoints/store.ts';
import type { TellEndpoints } from '../../../endpoints/told.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { deriveJobId } from '../../../jobs/id.ts';
import { ENVELOPE_VERSION } from '../../../jobs/options/options.ts';
import type { Redis } from '../../../redis/connect.ts';
import { endpointIndex } from '../../../redis/keys.ts';
import type { Secrets } from '../../../signing/secret.ts';
import { addJob } from '../../producer/enqueue.ts';
import { findCallbackContract } from './callbacks.ts';

/**
 * Makes what queues a webhook for each endpoint of a caller's that listens to an event. Their ids follow from the event:
 * told twice, it is queued once.
 */
export function createTellEndpoints(
  redis: Redis,
  { contracts, secrets }: { contracts: readonly JobContract[]; secrets: Secrets },
): TellEndpoints {
  const webhooks = findCallbackContract(contracts);
  return async ({ id: eventId, event, caller, kind, job, subjects, at, data }) => {
    if (!webhooks) return;
    const listening = (await readEndpoints(redis, caller)).filter((one) => listensTo(one, event, kind));
    const body = JSON.stringify({ type: event, timestamp: at, data });
    const tell = async ({ url, name, madeAt }: (typeof listening)[number]) => {
      const id = deriveJobId(secrets[0], webhooks.idPrefix, [event, eventId, caller, name, madeAt]);
      const told = job === null ? [] : [toldIndex(job)];
      await addJob(
        redis,
        { kind: webhooks.kind, id },
        {
          v: ENVELOPE_VERSION,
          caller,
          title: name,
          input: {
            ...{ url, event, endpoint: { name, madeAt }, body },
            ...(job === null ? {} : { job }),
          },
          uploads: {},
          subjects: [...subjects],
          options: {},
          indexes: [endpointIndex(caller, name, madeAt), ...told],
        },
      );
    };
    await Promise.all(listening.map(tell));
  };
}
