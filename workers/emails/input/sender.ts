import type { FieldError } from '../../../src/errors.ts';
import type { Mailbox } from '../../../src/fields/mail-address.ts';
import type { KeyLimits } from '../../../src/jobs/contract.ts';

/**
 * Finds what is wrong with the sender, for a key that sends from certain domains and addresses only. Such a key names
 * `from` itself: the deployment's own sender does not belong to its caller.
 */
export function findSenderErrors({ from }: { from?: Mailbox | undefined }, { senders }: KeyLimits): FieldError[] {
  if (!senders) return [];
  const address = from?.address.toLowerCase();
  const domain = address?.slice(address.lastIndexOf('@') + 1);
  if (senders.some((allowed) => allowed === address || allowed === domain)) return [];
  const detail = `must be given, and be one of what this API key may send from: ${senders.join(', ')}`;
  return [{ pointer: '/from', detail }];
}
