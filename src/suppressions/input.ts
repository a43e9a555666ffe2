import { z } from 'zod';
import { AddressError, CONTROL_CHARACTER, parseMailbox } from '../fields/mail-address.ts';
import { streamName } from './stream.ts';
import { SUPPRESSION_REASONS } from './suppression.ts';

/** Entries that one request brings at most. */
export const MAX_ENTRIES = 1000;
const MAX_NOTE_LENGTH = 500;

/** An address as the list keeps it: without a name, in lower case, its domain as DNS knows it. */
export const suppressedAddress = z.string('must be an address').transform((text, context) => {
  try {
    return parseMailbox(text).address.toLowerCase();
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
});

const reason = z.enum(SUPPRESSION_REASONS, `must be one of ${SUPPRESSION_REASONS.join(', ')}`).meta({
  description: 'Why nothing is sent. What receivers reported (`bounce`, `complaint`) is removed by `admin` only.',
});

const fields = {
  note: z
    .string('must be text')
    .max(MAX_NOTE_LENGTH, `must have at most ${MAX_NOTE_LENGTH} characters`)
    .refine((value) => !CONTROL_CHARACTER.test(value), 'must not contain line breaks or other control characters')
    .optional()
    .meta({ description: 'For people: where it comes from, or what the server said.' }),
  messageStream: streamName.optional().meta({ description: 'The one stream that is stopped; without it, every mail.' }),
  at: z.iso
    .datetime({ offset: true, error: 'must be a date and time like 2026-10-31T08:00:00Z' })
    .refine((value) => Date.parse(value) <= Date.now() + 60_000, 'must not be in the future')
    .optional()
    .meta({ description: 'Since when it holds; default: now.' }),
} as const;

/** The body of `PUT /v1/suppressions/{address}`. */
export const suppressionInput = z.strictObject({ reason: reason.default('manual'), ...fields });

/** The body of `POST /v1/suppressions`: for example bounces and complaints that a mail provider reports. */
export const suppressionsInput = z.strictObject({
  suppressions: z
    .array(z.strictObject({ address: suppressedAddress, reason, ...fields }), 'must be a list')
    .min(1, 'must have at least one entry')
    .max(MAX_ENTRIES, `must have at most ${MAX_ENTRIES} entries`),
});
