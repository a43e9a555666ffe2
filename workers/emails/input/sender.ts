import type { FieldError } from '../../../src/errors.ts';
import type { Mailbox } from '../../../src/fields/mail-address.ts';
import type { KeyLimits } from '../../../src/jobs/contract.ts';

/**
 * What a key that may send from certain domains and addresses only can't send. The deployment's own sender is none of its
 * caller's: such a key names `from` itself.
 */
export function findSenderFaults({ from }: { from?: Mailbox | undefined }, { senders }: KeyLimits): FieldError[] {
  if (!senders) return [];
  const address = from?.address.toLowerCase();
  const domain = address?.slice(address.lastIndexOf('@') + 1);
  if (senders.some((allowed) => allowed === address || allowed === domain)) return [];
  const detail = `must be given, and be one of what this API key may send from: ${senders.join(', ')}`;
  return [{ pointer: '/from', detail }];
}
