import { z } from 'zod';
import { choiceField, flagField, formField, listField, objectField, textField } from '../../../../src/fields/fields.ts';
import { MAX_TEXT } from '../../input/fields.ts';
import { pictureSourceField } from '../../input/image.ts';
import {
  aboveZeroField,
  amountField,
  currencyField,
  dayField,
  lineChangeField,
  periodField,
  sizeField,
  vatCategoryField,
  vatField,
  wholeChangeField,
} from './fields.ts';
import { buyerField, deliveryAddressField, sellerField } from './parties.ts';
import { paymentField } from './payment/fields.ts';

// Beside each field stands the term of EN 16931 that it is.

const MAX_LINES = 5000;
const MAX_CHANGES = 20;
const MAX_PRECEDING = 50;

/** BG-25. */
const lineField = objectField({
  /** BT-153. */
  description: textField(1000),
  /** BT-127. */
  note: textField(1000, 0).optional(),
  /** BT-155. */
  itemNumber: textField(50, 0).optional(),
  /** BT-156. */
  buyerItemNumber: textField(50, 0).optional(),
  /** BG-26. */
  period: periodField.optional(),
  /** BT-129. */
  quantity: amountField.default(1),
  /** BT-130. */
  unit: textField(20, 0).optional(),
  /** BT-146; with `pricesIncludeVat` the price with VAT. */
  unitPrice: amountField,
  /** BG-27. */
  discount: lineChangeField.optional(),
  /** BG-28. */
  charge: lineChangeField.optional(),
  /** BT-152. */
  vat: vatField.optional(),
  /** BT-151. */
  vatCategory: vatCategoryField.optional(),
});

const exemptionField = objectField({
  category: choiceField('E', 'AE', 'K', 'G', 'O'),
  /** BT-120. */
  reason: textField(1000).optional(),
  /** BT-121. */
  code: formField(
    (code) => /^VATEX-[A-Z0-9-]{2,30}$/.test(code),
    'must be a code of the list VATEX, such as VATEX-EU-AE',
  ).optional(),
});

/** BG-3. */
const precedingField = objectField({ number: textField(50), issued: dayField.optional() });

/** BT-6 with BT-111: VAT in the currency that it is accounted in. */
const vatCurrencyField = objectField({
  currency: currencyField,
  /** What one of the invoice's currency is in that one. */
  exchangeRate: aboveZeroField.optional(),
  amount: sizeField.optional(),
}).superRefine(({ exchangeRate, amount }, context) => {
  if ((exchangeRate === undefined) === (amount === undefined)) {
    context.addIssue('must have either exchangeRate or amount');
  }
});

const DELIVERED = 'must be a date, such as "2026-10-05", or {"from": "2026-10-01", "to": "2026-10-31"}';

/** The fields of an invoice or credit note (BT-3); without `type` it is a credit note where its sum is below zero. */
export const invoiceFields = objectField({
  type: choiceField('invoice', 'credit-note').optional(),
  /** BT-1. */
  number: textField(50),
  /** BT-2. */
  issued: dayField,
  /** BT-9. */
  due: dayField.optional(),
  /** BT-72, or BG-14. */
  delivered: z.union([dayField, periodField], DELIVERED).optional(),
  /** BT-5. */
  currency: currencyField,
  seller: sellerField,
  logo: pictureSourceField.optional(),
  buyer: buyerField,
  deliveryAddress: deliveryAddressField.optional(),
  /** BT-10. */
  buyerReference: textField(100, 0).optional(),
  /** BT-13. */
  orderNumber: textField(100, 0).optional(),
  /** BT-12. */
  contractNumber: textField(100, 0).optional(),
  /** BT-11. */
  projectNumber: textField(100, 0).optional(),
  /** BT-16. */
  deliveryNote: textField(100, 0).optional(),
  preceding: listField(precedingField, 0, MAX_PRECEDING).default([]),
  lines: listField(lineField, 1, MAX_LINES),
  /** Whether prices, discounts and charges are with VAT. */
  pricesIncludeVat: flagField.default(false),
  /** BG-20. */
  discounts: listField(wholeChangeField, 0, MAX_CHANGES).default([]),
  /** BG-21. */
  charges: listField(wholeChangeField, 0, MAX_CHANGES).default([]),
  exemptions: listField(exemptionField, 0, 5).default([]),
  /** BT-113. */
  prepaid: sizeField.optional(),
  /** BT-114. */
  rounding: amountField.optional(),
  /** What the amount due is a multiple of: the difference is its rounding. */
  roundTo: aboveZeroField.optional(),
  vatCurrency: vatCurrencyField.optional(),
  payment: paymentField.optional(),
  notes: textField(MAX_TEXT, 0).optional(),
});

export type InvoiceData = z.infer<typeof invoiceFields>;
export type InvoiceLine = InvoiceData['lines'][number];
