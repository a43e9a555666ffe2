import { z } from 'zod';
import { recordField } from '../../../src/fields/fields.ts';
import { CONTROL_CHARACTER } from '../../../src/fields/mail-address.ts';

const MAX_HEADERS = 20;
/** RFC 5322, 2.1.1: the longest line; a longer value would have to be folded where it may not be. */
const MAX_VALUE_LENGTH = 900;

/**
 * The headers that a caller may set. Those about sender, recipients, date and structure are ours, and so are those that
 * relays act on in the sender's name (Sender, Return-Path, Received, DKIM-Signature, ...).
 */
const ALLOWED = [
  'List-Id',
  'In-Reply-To',
  'References',
  'Auto-Submitted',
  'Feedback-ID',
  'Importance',
  'Keywords',
  'Organization',
];
const allowedNames = new Set(ALLOWED.map((name) => name.toLowerCase()));
const isAllowed = (name: string) => /^x-[a-z0-9-]{1,70}$/i.test(name) || allowedNames.has(name.toLowerCase());

/** Finds what is wrong with a header; null for nothing. */
function findIssue(name: string, value: string): string | null {
  if (!isAllowed(name)) return `is not a header that can be set: X-... and ${ALLOWED.join(', ')} can`;
  if (CONTROL_CHARACTER.test(value)) return 'must not contain line breaks or other control characters';
  if (value.length > MAX_VALUE_LENGTH) return `must have at most ${MAX_VALUE_LENGTH} characters`;
  return null;
}

/** `headers`: name to value, of the allowed names only. */
export const headersInput = recordField(z.string('must be text'), MAX_HEADERS, {
  what: 'headers',
  sentence: 'must be an object of header names and values',
}).superRefine((headers, context) => {
  for (const [name, value] of Object.entries(headers)) {
    const message = findIssue(name, value);
    if (message) context.addIssue({ code: 'custom', path: [name], message });
  }
});
