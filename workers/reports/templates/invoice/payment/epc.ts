import { compact, isCreditorReference } from './bank.ts';

/** What a SEPA transfer is made of. */
export interface Transfer {
  name: string;
  account: string;
  bic?: string | undefined;
  /** In cents. */
  amount: bigint;
  reference: string;
}

/** Most bytes of such a code. */
export const MAX_EPC_BYTES = 331;

/**
 * Writes a SEPA transfer as the text of its QR code (EPC069-12, version 002, UTF-8). A creditor reference is said as
 * such, another as free text.
 */
export function writeEpc({ name, account, bic = '', amount, reference }: Transfer): string {
  const euros = `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`;
  const isStructured = isCreditorReference(reference);
  const lines = [
    ...['BCD', '002', '1', 'SCT', compact(bic), name, compact(account), `EUR${euros}`, ''],
    ...(isStructured ? [compact(reference)] : ['', reference]),
  ];
  return lines.join('\n');
}
