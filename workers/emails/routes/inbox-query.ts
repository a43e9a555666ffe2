import { z } from 'zod';
import { wholeNumberText } from '../../../src/fields/fields.ts';
import { invalidFields } from '../../../src/fields/invalid-request.ts';
import { type MailFilter, parseMailId } from '../inbox/inbox-mail.ts';
import type { TimeRange } from '../inbox/mail-places.ts';

const MAX_LIMIT = 100;
/** RFC 5321: the longest address; RFC 5322: the longest line. */
const MAX_ADDRESS = 320;
const MAX_TEXT = 998;

/** A text to look for; an empty one is none. */
const part = (length: number) =>
  z
    .string('must be given once')
    .max(length, `must have at most ${length} characters`)
    .transform((text) => text || undefined)
    .optional();

const id = z
  .string()
  .transform((text) => parseMailId(text)?.at)
  .refine((at) => at !== undefined, 'must be one that a listing gave');

const moment = z
  .string('must be given once')
  .transform((text) => parseMailId(text)?.at ?? readTime(text))
  .refine((at) => at !== undefined, 'must be the id of a mail, or a time like 2026-10-31T08:00:00Z');

/** `to=a+1@example.no` has a space in the place of the plus when it is read; no address has one. */
const recipient = part(MAX_ADDRESS).transform((text) => text?.replaceAll(' ', '+'));

const filter = { to: recipient, subject: part(MAX_TEXT), job: part(64), after: moment.optional() };

/** What narrows a list of mails. */
export const filterQuery = z.strictObject(filter);
/** The same, and which part of the list is asked for. */
export const listQuery = z.strictObject({
  ...filter,
  limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
  cursor: id.optional(),
});
/** What the page of the inbox is asked for; what it does not know is let go. */
export const pageQuery = z.object({ q: part(MAX_TEXT), job: part(64), cursor: id.optional() });

/** Reads a query by that schema. Throws invalid_request. */
export function readQuery<Output>(schema: z.ZodType<Output>, query: unknown): Output {
  const parsed = schema.safeParse(query);
  if (parsed.success) return parsed.data;
  throw invalidFields(parsed.error.issues);
}

/** The filter and the range that a list's query names. */
export const toList = ({
  after,
  cursor,
  limit,
  ...filter
}: z.infer<typeof listQuery>): { filter: MailFilter; range: TimeRange } => ({
  filter,
  range: { after, before: cursor, limit },
});

function readTime(text: string): number | undefined {
  return z.iso.datetime({ offset: true }).safeParse(text).success ? Date.parse(text) : undefined;
}
