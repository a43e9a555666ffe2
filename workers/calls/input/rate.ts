import { z } from 'zod';
import { lineField, objectField, wholeNumberField } from '../../../src/fields/fields.ts';

const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const LIMIT = /^([1-9]\d{0,4})\/([1-9]\d{0,3})?([smhd])$/;
const LONGEST_MS = UNIT_MS.d;
const MOST = 10_000;
const SENTENCE = `must be so many in a time, like 10/1s, 100/m or 1000/1h: at most ${MOST} in at most a day`;

/** So many calls in so many milliseconds. */
export interface CallRate {
  count: number;
  windowMs: number;
}

/** Reads a rate; null for what is none. */
export function readRate(text: string): CallRate | null {
  const [, count, times = '1', unit] = LIMIT.exec(text) ?? [];
  if (!count || !unit) return null;
  const rate = { count: Number(count), windowMs: Number(times) * UNIT_MS[unit as keyof typeof UNIT_MS] };
  return rate.count <= MOST && rate.windowMs <= LONGEST_MS ? rate : null;
}

/** `rate`: how many calls of one name the caller makes in a time, and at once, over all workers. */
export const rateInput = objectField({
  key: lineField(255).meta({ description: 'What the limits are for: the host of an API, an account. Your own name.' }),
  limit: z
    .string(SENTENCE)
    .refine((text) => readRate(text) !== null, SENTENCE)
    .optional()
    .meta({ description: 'So many calls in a time, evenly spread: `10/1s`, `100/m`, `1000/1h`.' }),
  concurrency: wholeNumberField(1, 100).optional().meta({ description: 'So many calls at once.' }),
}).refine(({ limit, concurrency }) => limit !== undefined || concurrency !== undefined, {
  error: 'must have limit or concurrency',
});
