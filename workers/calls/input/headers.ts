import { z } from 'zod';
import { recordField } from '../../../src/fields/fields.ts';
import { isSecretName, NAME_RULE, secretNamesIn } from '../secrets/placeholders.ts';

const MAX_HEADERS = 50;
/** Of all headers together, as they are written in the request. */
const MAX_BYTES = 8192;
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
/** Visible ASCII, with spaces and tabs between. */
const VALUE = /^[\t\x20-\x7e]*$/;

/** Headers that belong to the connection, or follow from the request. */
const OURS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'idempotency-key',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'x-attempt',
]);
const isOurs = (name: string): boolean => OURS.has(name) || name.startsWith('proxy-') || name.startsWith('webhook-');

/** `headers`: name to value; a value may name secrets of the caller's. */
export const headersInput = recordField(z.string('must be text'), MAX_HEADERS, {
  what: 'headers',
  sentence: 'must be an object of header names and values',
}).superRefine((headers, context) => {
  const names = new Set<string>();
  let bytes = 0;
  for (const [name, value] of Object.entries(headers)) {
    bytes += name.length + value.length;
    const message = names.has(name.toLowerCase()) ? 'must be given once' : findIssue(name, value);
    names.add(name.toLowerCase());
    if (message) context.addIssue({ code: 'custom', path: [name], message });
  }
  if (bytes > MAX_BYTES) context.addIssue(`must have at most ${MAX_BYTES} characters in all; there are ${bytes}`);
});

function findIssue(name: string, value: string): string | null {
  if (!NAME.test(name)) return 'must have a header name: 1 to 100 letters, digits and -';
  if (isOurs(name.toLowerCase())) return 'must be left out: Heavylift sets it';
  if (!VALUE.test(value)) return 'must have characters of ASCII alone, and no line breaks';
  const wrong = secretNamesIn(value).find((secret) => !isSecretName(secret));
  return wrong === undefined ? null : `names the secret "${wrong.slice(0, 80)}", whose name ${NAME_RULE}`;
}
