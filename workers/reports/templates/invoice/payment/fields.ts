import type { z } from 'zod';
import { choiceField, objectField, textField } from '../../../../../src/fields/fields.ts';
import { MAX_TEXT } from '../../../input/fields.ts';
import { isCreditorReference, isIban, looksLikeCreditorReference, looksLikeIban } from './bank.ts';

const accountField = textField(50, 0).refine(
  (account) => !looksLikeIban(account) || isIban(account),
  'must be an account whose check digits are right, if it is an IBAN',
);

const referenceField = textField(100, 0).refine(
  (reference) => !looksLikeCreditorReference(reference) || isCreditorReference(reference),
  'must have the check digits that follow from it, if it is a creditor reference (RF...)',
);

/** How it is paid (BG-16). */
export const paymentField = objectField({
  means: choiceField('transfer', 'direct-debit', 'card', 'cash', 'cheque', 'online').optional(),
  account: accountField.optional(),
  bic: textField(20, 0).optional(),
  /** Of a direct debit: the mandate (BT-89), who may debit (BT-90), and from where (BT-91). */
  mandate: textField(100, 0).optional(),
  creditorId: textField(50, 0).optional(),
  debitedAccount: accountField.optional(),
  /** Where the money of a credit note goes. */
  refundAccount: accountField.optional(),
  reference: referenceField.optional(),
  terms: textField(MAX_TEXT, 0).optional(),
  /** A code that banks' apps read: of a SEPA transfer, or a Swiss QR-bill. */
  qr: choiceField('epc', 'swiss').optional(),
});

export type Payment = z.infer<typeof paymentField>;
