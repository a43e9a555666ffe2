import { randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** Makes a secret that webhooks are signed with, as Standard Webhooks writes them. */
export const makeWebhookSecret = (): string => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`;
