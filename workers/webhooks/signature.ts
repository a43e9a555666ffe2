import { createHmac } from 'node:crypto';
import type { Config } from '../../src/config/load.ts';
import { openSecret } from '../../src/keys/secret.ts';

const PREFIX = 'whsec_';

/**
 * Reads the secrets that webhooks are signed with, the newest first: WEBHOOK_SECRETS, or one that follows from the
 * deployment's secret, so that every host signs alike.
 */
export function openWebhookSecrets(config: Config): string[] {
  if (config.WEBHOOK_SECRETS?.length) return config.WEBHOOK_SECRETS;
  return [PREFIX + createHmac('sha256', openSecret(config)).update('webhooks').digest('base64')];
}

/** Makes the three headers of Standard Webhooks: `sentAt` is this attempt's time; each secret gives a signature. */
export function signWebhook(id: string, sentAt: Date, body: string, secrets: readonly string[]) {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
