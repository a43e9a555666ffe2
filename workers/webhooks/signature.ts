import { createHmac } from 'node:crypto';
import { findSecret, openSecret } from '../../src/signing/secret.ts';
import type { WebhooksConfig } from './settings.ts';

const PREFIX = 'whsec_';

/**
 * Reads the secrets that webhooks are signed with, the newest first: WEBHOOKS_SECRETS, or one that follows from the
 * deployment's secret, so that every host signs alike.
 */
export function openWebhookSecrets(config: WebhooksConfig): string[] {
  return findWebhookSecrets(config) ?? [deriveWebhookSecret(openSecret(config))];
}

/** Reads the same without making anything; null while the deployment has no secret yet. */
export function findWebhookSecrets(config: WebhooksConfig): string[] | null {
  if (config.WEBHOOKS_SECRETS?.length) return config.WEBHOOKS_SECRETS;
  const secret = findSecret(config);
  return secret === null ? null : [deriveWebhookSecret(secret)];
}

const deriveWebhookSecret = (secret: string): string =>
  PREFIX + createHmac('sha256', secret).update('webhooks').digest('base64');

/** The three headers of Standard Webhooks: `sentAt` is this attempt's time, and each secret gives a signature. */
export function signWebhook(id: string, sentAt: Date, body: string, secrets: readonly string[]) {
  const timestamp = String(Math.floor(sentAt.getTime() / 1000));
  const signatures = secrets.map((secret) => {
    const key = Buffer.from(secret.slice(PREFIX.length), 'base64');
    return `v1,${createHmac('sha256', key).update(`${id}.${timestamp}.${body}`).digest('base64')}`;
  });
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
