import { headersField } from '../../../src/fields/headers.ts';
import { isSecretName, NAME_RULE, secretNamesIn } from '../secrets/placeholders.ts';

/** Headers of ours beside those of the connection. */
const OURS = new Set(['idempotency-key', 'x-attempt']);

/** `headers`: name to value; a value may name secrets of the caller's. */
export const headersInput = headersField({
  isOurs: (name) => OURS.has(name) || name.startsWith('webhook-'),
  findFault(value) {
    const wrong = secretNamesIn(value).find((secret) => !isSecretName(secret));
    return wrong === undefined ? null : `names the secret "${wrong.slice(0, 80)}", whose name ${NAME_RULE}`;
  },
});
