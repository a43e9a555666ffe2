import { z } from 'zod';
import { choiceField, formField, objectField, textField } from '../../../../src/fields/fields.ts';
import { isFormat } from '../../text/formats.ts';

const AMOUNT_SHAPE = /^-?\d{1,12}(?:\.\d{1,6})?$/;

/** Whether a number, or a text of one, has at most 12 digits before and 6 after the point. */
export const isAmount = (value: number | string): boolean => AMOUNT_SHAPE.test(String(value));

function decimalField(message: string, isValid: (value: number) => boolean = () => true) {
  return z
    .union([z.number(message), z.string(message)], message)
    .refine((value) => isAmount(value) && isValid(Number(value)), message);
}

const SIZE = 'a number of at most 12 digits before and 6 after the point';
const isPercentage = (value: number): boolean => value >= 0 && value <= 100;

/** A number that is counted exactly. */
export const amountField = decimalField(`must be ${SIZE}`);

/** An amount, a price or a rate that is never below zero. */
export const sizeField = decimalField(`must be ${SIZE}, and not below 0`, (value) => value >= 0);

/** A number above zero. */
export const aboveZeroField = decimalField(`must be ${SIZE}, and above 0`, (value) => value > 0);

/** A rate of VAT in percent. */
export const vatField = decimalField('must be a percentage from 0 to 100, such as 25', isPercentage);

const percentField = decimalField('must be a percentage from 0 to 100, such as 10', isPercentage);

/**
 * Why a line bears the VAT that it does (BT-151): S at a rate; Z at a rate of zero; E exempt; AE reverse charge; K supply
 * within the EU; G export; O outside the scope of VAT; L and M the taxes of the Canary Islands, and of Ceuta and Melilla.
 */
export const vatCategoryField = choiceField('S', 'Z', 'E', 'AE', 'K', 'G', 'O', 'L', 'M');

export type VatCategory = z.infer<typeof vatCategoryField>;

/** An ISO 4217 code (BT-5). */
export const currencyField = formField((code) => isFormat(`currency:${code}`), 'must be an ISO 4217 code, such as NOK');

/** A day of the calendar, as 2026-10-05; 2026-02-30 is none. */
const isDay = (day: string): boolean =>
  /^[1-9]\d{3}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(day)) && new Date(day).toISOString().startsWith(day);

export const dayField = formField(isDay, 'must be a date, such as "2026-10-05"');

/** From a day to a day, both counted; one of them may be left open. */
export const periodField = objectField({ from: dayField.optional(), to: dayField.optional() }).superRefine(
  ({ from, to }, context) => {
    if (from === undefined && to === undefined) context.addIssue('must have from, to or both');
    if (from === undefined || to === undefined || to >= from) return;
    context.addIssue({ code: 'custom', message: 'must not be before from', path: ['to'] });
  },
);

export type Period = z.infer<typeof periodField>;

/** What is taken off (or put on) a line, the whole, or their price: an amount, or a percentage of it (BG-20, 21, 27, 28). */
const changeFields = {
  amount: sizeField.optional(),
  percent: percentField.optional(),
  reason: textField(200, 0).optional(),
};

function checkChange({ amount, percent }: { amount?: unknown; percent?: unknown }, context: z.RefinementCtx): void {
  if ((amount === undefined) === (percent === undefined)) context.addIssue('must have either amount or percent');
}

/** A discount or a charge of one line. */
export const lineChangeField = objectField(changeFields).superRefine(checkChange);

/** A discount or a charge of the whole invoice, with the VAT that it bears. */
export const wholeChangeField = objectField({
  ...changeFields,
  vat: vatField.optional(),
  vatCategory: vatCategoryField.optional(),
}).superRefine(checkChange);

export type WholeChange = z.infer<typeof wholeChangeField>;
