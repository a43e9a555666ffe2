import { now } from '../../../src/clock.ts';
import type { Told } from '../../../src/endpoints/told.ts';
import type { RouteServices } from '../../../src/kinds/routes.ts';
import type { Subscription } from '../../../src/signing/links.ts';

/** What unsubscribing stands on. */
export interface LeaveServices extends Pick<RouteServices, 'suppressions' | 'tellEndpoints' | 'guards'> {
  /** Whether the key of that name is an operator's. */
  isOperator(name: string): boolean | Promise<boolean>;
}

/** Whose entry it is: an operator's hold for everybody, and so does a link that does not say whose mail it was in. */
export const ownerOf = async (
  { isOperator }: Pick<LeaveServices, 'isOperator'>,
  { caller }: Subscription,
): Promise<string | null> => (caller === null || (await isOperator(caller)) ? null : caller);

/** Unsubscribes a person from a stream (null: from all mail of the sender), and tells the caller whose mail it was. */
export async function leave(services: LeaveServices, subscription: Subscription, stream: string | null): Promise<void> {
  const { address } = subscription;
  const entry = { address, messageStream: stream, reason: 'unsubscribe', note: null } as const;
  await services.suppressions.add([{ ...entry, caller: await ownerOf(services, subscription) }], { isByLink: true });
  await tellOwner(services, subscription, stream);
}

/** Where Redis does not answer now, who unsubscribed is unsubscribed all the same. */
async function tellOwner(
  { tellEndpoints, guards }: LeaveServices,
  { address, caller }: Subscription,
  messageStream: string | null,
): Promise<void> {
  if (caller === null) return;
  const at = new Date(now()).toISOString();
  const tell = guards.write((_isRepeated, told: Told) => tellEndpoints(told));
  await tell({
    // A click and the button behind it are one, and a mail program may post twice.
    id: `${address} ${messageStream ?? ''} ${at.slice(0, 'yyyy-mm-dd'.length)}`,
    ...{ event: 'mail.unsubscribed', caller, kind: 'emails', job: null, subjects: [address], at },
    data: { job: null, address, messageStream, at },
  }).catch(() => {});
}
