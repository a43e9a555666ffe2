import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** Makes a secret that webhooks are signed with, as Standard Webhooks writes them. */
export const makeWebhookSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;

/** Makes a secret that a caller signs addresses with; it is the key as it stands, in letters that any language has. */
export const makeAddressSecret = (): string => `adrsec_${randomBytes(SECRET_BYTES).toString('base64url')}`;
