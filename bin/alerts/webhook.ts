import { createHmac } from 'node:crypto';
import type { Config } from '../../src/config/platform.ts';
import { signWebhook } from '../../src/delivery/signature.ts';
import { createGuardedFetch } from '../../src/fetch/guarded-fetch.ts';
import { portOf } from '../../src/fetch/url-shape.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import type { DescribedMessage } from './describe.ts';
import type { Way } from './way.ts';

/** A receiver without an answer for so long is tried again, or given up. */
const NEVER_MS = 60_000;

/**
 * What a webhook of alerts says: the worst of its incidents, all of them in `incidents`, and in `text` the whole as people read it,
 * which is what chats show.
 */
export function alertBody({ incidents: described, url, text, kind }: DescribedMessage): string {
  const incidents = described.map((incident) => ({ ...incident, url }));
  const isReminder = kind === 'reminder';
  // A chat would take <!channel> and the like for its own.
  return JSON.stringify({
    ...incidents[0],
    text: text.replaceAll('<', '‹').replaceAll('>', '›'),
    isReminder,
    incidents,
  });
}

/** The secrets that alerts are signed with, the newest first: they follow from the deployment's, so that no Redis is asked for them. */
export const alertSecrets = (deploymentSecrets: readonly string[]): string[] =>
  deploymentSecrets.map((secret) => `whsec_${createHmac('sha256', secret).update('alerts').digest('base64')}`);

/** Makes the way to a receiver of webhooks; its address is the operator's own, and may be one that is not public. */
export function createWebhook(address: string, message: DescribedMessage, config: Config): Way {
  const url = new URL(address);
  const fetch = createGuardedFetch({ allow: [`${url.hostname}:${portOf(url)}`] });
  const body = alertBody(message);
  return {
    by: 'webhook',
    to: url.host,
    async send(signal) {
      const headers = {
        'content-type': 'application/json',
        'user-agent': 'Heavylift',
        ...signWebhook(message.id, new Date(), body, alertSecrets(readSecrets(config))),
      };
      const { status } = await fetch.post(url.href, { headers, body, timeoutMs: NEVER_MS, signal });
      if (status < 200 || status > 299) throw new Error(`it answered ${status}`);
      return `it answered ${status}`;
    },
  };
}

/** None where the folder that has them can not be read, which may be what there is to tell. */
function readSecrets(config: Config): readonly string[] {
  try {
    return findSecrets(config) ?? [];
  } catch {
    return [];
  }
}
