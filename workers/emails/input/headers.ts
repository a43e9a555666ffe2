import { z } from 'zod';
import { recordField } from '../../../src/fields/fields.ts';
import { CONTROL_CHARACTER } from '../../../src/fields/mail-address.ts';

const MAX_HEADERS = 20;
/** RFC 5322, 2.1.1: the longest line; text that is one long word is encoded, but no mail needs one. */
const MAX_VALUE_LENGTH = 900;
/** Ids of messages are one a line: a thread may have many, and each goes into a line. */
const MAX_IDS_LENGTH = 100_000;
const MAX_ID_LENGTH = 900;

/** A value's form, where a header has one: mail programs and filters read it by its grammar. */
interface Form {
  isValid: (value: string) => boolean;
  sentence: string;
  maxLength?: number;
}

const MESSAGE_IDS: Form = {
  isValid: (value) =>
    value.split(/[\s,]+/).every((id) => id.length <= MAX_ID_LENGTH && /^[\x21-\x7e]*$/.test(id)) &&
    /[^\s,<>]/.test(value),
  sentence: `must be ids of messages like <a1@example.no>, plain ASCII, each of at most ${MAX_ID_LENGTH} characters`,
  maxLength: MAX_IDS_LENGTH,
};
const LIST_ID: Form = {
  isValid: (value) => /^(?:[^<>]*<\s*[!-;=?-~]{1,255}\s*>|[!-;=?-~]{1,255})$/.test(value.trim()),
  sentence: 'must be an id in plain ASCII like list.example.no, or Newsletter <list.example.no>',
};
const PRECEDENCE: Form = {
  isValid: (value) => /^(?:bulk|list|junk)$/i.test(value.trim()),
  sentence: 'must be bulk, list or junk',
};
/** RFC 2369, 2: addresses in angle brackets, the preferred one first. */
const LIST_ADDRESSES: Form = {
  isValid: (value) => value.split(',').every((one) => /^<(?:https?:\/\/|mailto:)[!-;=?-~]+>$/.test(one.trim())),
  sentence: 'must be addresses in angle brackets with https:, http: or mailto:, like <https://example.no/list>',
};
const plain = (example: string): Form => ({
  isValid: (value) => /^[\x20-\x7e]*$/.test(value),
  sentence: `must be plain ASCII, like ${example}`,
});

/**
 * The headers that a caller may set. Those about sender, recipients, date and structure are ours, and so are those that
 * relays act on in the sender's name (Sender, Return-Path, Received, DKIM-Signature, ...).
 */
const ALLOWED: readonly [name: string, form: Form | null][] = [
  ['List-Id', LIST_ID],
  ['List-Help', LIST_ADDRESSES],
  ['List-Owner', LIST_ADDRESSES],
  ['List-Archive', LIST_ADDRESSES],
  ['Precedence', PRECEDENCE],
  ['In-Reply-To', MESSAGE_IDS],
  ['References', MESSAGE_IDS],
  ['Auto-Submitted', plain('auto-generated')],
  ['Feedback-ID', plain('october:customer:news:example')],
  ['Importance', plain('high')],
  ['Keywords', null],
  ['Organization', null],
];
const allowedNames = ALLOWED.map(([name]) => name).join(', ');
const forms = new Map(ALLOWED.map(([name, form]) => [name.toLowerCase(), form]));
/** What mail providers act on in the account's name: recipients, senders, templates and more. */
const OF_PROVIDERS = /^x-(?:smtpapi$|msys-api$|(?:ses|mc|mailgun|pm|mj|mailjet)-)/i;
const isAllowed = (name: string) => /^x-[a-z0-9-]{1,70}$/i.test(name) || forms.has(name.toLowerCase());

/** Finds what is wrong with a header; null for nothing. */
function findIssue(name: string, value: string): string | null {
  if (!isAllowed(name)) return `is not a header that can be set: X-... and ${allowedNames} can`;
  if (OF_PROVIDERS.test(name)) return 'is not a header that can be set: mail providers act on it';
  if (CONTROL_CHARACTER.test(value)) return 'must not contain line breaks or other control characters';
  const form = forms.get(name.toLowerCase());
  const maxLength = form?.maxLength ?? MAX_VALUE_LENGTH;
  if (value.length > maxLength) return `must have at most ${maxLength} characters`;
  return form && value !== '' && !form.isValid(value) ? form.sentence : null;
}

/** `headers`: name to value, of the allowed names only. */
export const headersInput = recordField(z.string('must be text'), MAX_HEADERS, {
  what: 'headers',
  sentence: 'must be an object of header names and values',
}).superRefine((headers, context) => {
  const names = new Set<string>();
  for (const [name, value] of Object.entries(headers)) {
    const isTwice = names.has(name.toLowerCase());
    names.add(name.toLowerCase());
    const message = isTwice ? 'must be given once, in whatever capitals' : findIssue(name, value);
    if (message) context.addIssue({ code: 'custom', path: [name], message });
  }
});
