import { z } from 'zod';
import { formField, listField, objectField, textField } from '../../../src/fields/fields.ts';
import { MAX_TEXT } from '../input/fields.ts';
import { isFormat } from '../text/formats.ts';

const MAX_LINES = 5000;

const AMOUNT_SHAPE = /^-?\d{1,12}(?:\.\d{1,6})?$/;

/** Whether a number, or a text of one, has at most 12 digits before and 6 after the point. */
export const isAmount = (value: number | string): boolean => AMOUNT_SHAPE.test(String(value));

/** A day of the calendar, as 2026-10-05; 2026-02-30 is none. */
const isDay = (day: string): boolean =>
  /^[1-9]\d{3}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);

const dayField = formField(isDay, 'must be a date, such as "2026-10-05"');

function decimalField(message: string, isValid: (value: number) => boolean = () => true) {
  return z
    .union([z.number(message), z.string(message)], message)
    .refine((value) => isAmount(value) && isValid(Number(value)), message);
}

const AMOUNT = 'must be a number of at most 12 digits before and 6 after the point';
const VAT = 'must be a percentage from 0 to 100, such as 25';

const lineField = objectField({
  description: textField(1000),
  quantity: decimalField(AMOUNT).default(1),
  unit: textField(20, 0).optional(),
  unitPrice: decimalField(AMOUNT),
  vat: decimalField(VAT, (vat) => vat >= 0 && vat <= 100).optional(),
});

const partyField = objectField({
  name: textField(200),
  address: listField(textField(100), 0, 6).default([]),
  vatId: textField(50, 0).optional(),
  orgNumber: textField(50, 0).optional(),
  email: textField(200, 0).optional(),
});

export type Party = z.infer<typeof partyField>;

const paymentField = objectField({
  account: textField(50, 0).optional(),
  bic: textField(20, 0).optional(),
  reference: textField(100, 0).optional(),
  terms: textField(MAX_TEXT, 0).optional(),
});

/** One invoice or, where its sum is below zero, one credit note. */
export const invoiceData = objectField({
  number: textField(50),
  issued: dayField,
  due: dayField.optional(),
  currency: formField((code) => isFormat(`currency:${code}`), 'must be an ISO 4217 code, such as NOK'),
  seller: partyField,
  buyer: partyField,
  lines: listField(lineField, 1, MAX_LINES),
  payment: paymentField.optional(),
  notes: textField(MAX_TEXT, 0).optional(),
}).superRefine(({ issued, due }, context) => {
  if (due === undefined || due >= issued) return;
  context.addIssue({ code: 'custom', message: 'must not be before the date it was issued', path: ['due'] });
});

export type InvoiceData = z.infer<typeof invoiceData>;
