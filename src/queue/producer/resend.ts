import type { Redis } from 'ioredis';
import type { Endpoint } from '../../endpoints/endpoint.ts';
import { resendLineKey, WEBHOOKS_KIND } from '../../endpoints/keys.ts';
import { leaveLineScript } from '../../endpoints/scripts/resend-line.ts';
import { NOW_FIELD } from '../../jobs/job-fields.ts';
import {
  cancelledKey,
  endpointIndex,
  endpointTestIndex,
  indexKey,
  jobKey,
  queueKey,
  queueKeys,
  usageKey,
} from '../../redis/keys.ts';
import { fieldName } from '../run/job-fields.ts';
import { resendJobsScript } from '../scripts/jobs/resend-jobs.ts';

/** So many deliveries are sent again by one request at most. */
export const MAX_RESENT = 10_000;
/** Put into the line by one script. */
const TOGETHER = 200;
const LOOK_MS = 15_000;
const LOOK_MS_EACH = 500;

/** What is sent again. */
export interface Resend {
  endpoint: Pick<Endpoint, 'caller' | 'name' | 'madeAt'>;
  /** From the events of that moment on (ms). */
  sinceMs: number;
  /** Called with how many there may be, before anything is done; what it throws refuses them. */
  assertRoom(count: number): Promise<void>;
}

/** How many are sent again, and since when there are more than one request may ask for; null: that was all. */
export interface Resent {
  count: number;
  nextMs: number | null;
}

/** Sends each of an endpoint's events since a moment once more, one after the other, in the order of their times. */
export async function resendDeliveries(redis: Redis, { endpoint, sinceMs, assertRoom }: Resend): Promise<Resent> {
  const { caller, name, madeAt } = endpoint;
  const kind = WEBHOOKS_KIND;
  const index = indexKey(kind, endpointIndex(caller, name, madeAt));
  const found = await redis.zrangebyscore(index, sinceMs, '+inf', 'WITHSCORES', 'LIMIT', 0, MAX_RESENT + 1);
  const nextMs = found.length > 2 * MAX_RESENT ? Number(found.at(-1)) : null;
  const entries = found.slice(0, 2 * MAX_RESENT);
  await assertRoom(entries.length / 2);
  const line = resendLineKey(caller, name);
  const keys = [
    ...queueKeys(kind, 'completed', 'failed'),
    cancelledKey(kind),
    queueKey(kind, 'delayed'),
    usageKey(kind),
    line,
    indexKey(kind, endpointTestIndex(caller, name, madeAt)),
  ];
  let count = 0;
  for (let first = 0; first < entries.length; first += 2 * TOGETHER) {
    const some = entries.slice(first, first + 2 * TOGETHER);
    const lookMs = LOOK_MS + (first / 2) * LOOK_MS_EACH;
    count += Number(await resendJobsScript(redis, keys, [jobKey(kind, ''), lookMs, ...some]));
  }
  await leaveLineScript(redis, [line, queueKey(kind, 'delayed')], ['', jobKey(kind, ''), fieldName(NOW_FIELD)]);
  return { count, nextMs };
}
