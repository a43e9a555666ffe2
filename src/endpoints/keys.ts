import { indexKey } from '../redis/keys.ts';
import { ownKey } from '../redis/script.ts';

/** The kind that carries webhooks; what is kept of endpoints lies in its slot. */
export const WEBHOOKS_KIND = 'webhooks';

/** The hash of an endpoint. Its name has no colon. */
export const endpointKey = (caller: string, name: string): string =>
  ownKey(WEBHOOKS_KIND, `endpoint:${name}:${caller}`);

/** The set of the names of a caller's endpoints. */
export const endpointNamesKey = (caller: string): string => ownKey(WEBHOOKS_KIND, `endpoints:${caller}`);

/** The set of all callers that have endpoints. */
export const endpointCallersKey = (): string => ownKey(WEBHOOKS_KIND, 'endpoint-callers');

/** The deliveries of an endpoint that are sent again one after the other, by the time of their events (ms). */
export const resendLineKey = (caller: string, name: string): string =>
  ownKey(WEBHOOKS_KIND, `resend:${name}:${caller}`);

/** The set of the webhooks that tell endpoints of that job. */
export const toldKey = (jobId: string): string => indexKey(WEBHOOKS_KIND, toldIndex(jobId));

/** The name of the index of the webhooks that tell endpoints of a job. */
export const toldIndex = (jobId: string): string => `told:${jobId}`;
