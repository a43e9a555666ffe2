import { z } from 'zod';
import { now } from '../clock.ts';
import { choiceField, lineField, listField, momentField, objectField } from '../fields/fields.ts';
import { AddressError, parseMailbox } from '../fields/mail-address.ts';
import { streamName } from './stream.ts';
import { SUPPRESSION_REASONS } from './suppression.ts';

/** Entries that one request brings at most. */
export const MAX_ENTRIES = 1000;
const MAX_NOTE_LENGTH = 500;

/** An address as the list keeps it: without a name, in lower case, its domain as DNS knows it. */
export const suppressedAddress = z.string('must be an address').transform((text, context) => {
  try {
    return parseMailbox(text, { allowsLetters: true }).address.toLowerCase();
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    context.addIssue(error.message);
    return z.NEVER;
  }
});

const reason = choiceField(...SUPPRESSION_REASONS).meta({
  description: 'Why nothing is sent. What receivers reported (`bounce`, `complaint`) is replaced by another such only.',
});

const fields = {
  note: lineField(MAX_NOTE_LENGTH, 0)
    .optional()
    .meta({ description: 'For people: where it comes from, or what the server said.' }),
  messageStream: streamName.optional().meta({ description: 'The one stream that is stopped; without it, every mail.' }),
  at: momentField
    .refine((value) => Date.parse(value) <= now() + 60_000, 'must not be in the future')
    .optional()
    .meta({ description: 'Since when it holds; default: now.' }),
} as const;

/** The body of `PUT /v1/suppressions/{address}`. */
export const suppressionInput = z.strictObject({ reason: reason.default('manual'), ...fields });

/** The body of `POST /v1/suppressions`: for example bounces and complaints that a mail provider reports. */
export const suppressionsInput = z.strictObject({
  suppressions: listField(objectField({ address: suppressedAddress, reason, ...fields }), 1, MAX_ENTRIES),
});
