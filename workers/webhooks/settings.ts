import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';
import { allowList, commaList, duration } from '../../src/config/values.ts';

/** Standard Webhooks secrets: 24 to 64 random bytes each. */
const secrets = commaList.superRefine((given, context) => {
  for (const secret of given) {
    const [, text] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const { length } = Buffer.from(text ?? '', 'base64');
    // The secret itself is not repeated: this ends up in logs.
    if (length < 24 || length > 64) context.addIssue('each secret must be whsec_ and 24 to 64 bytes in base64');
  }
});

/** The settings of the webhooks kind; the time limit is that on a receiver's answer. */
export const settings = defineSettings({
  fields: {
    ...workerSettings('WEBHOOKS', {
      workers: '1',
      concurrency: '10',
      timeoutSeconds: '20',
      mostTimeoutSeconds: 300,
    }),
    WEBHOOKS_ALLOW: allowList.optional(),
    WEBHOOKS_SECRETS: secrets.optional(),
    WEBHOOKS_PAUSE_AFTER: duration.prefault('3d'),
  },
  formerPrefixes: ['WEBHOOK_'],
});

/** The platform's settings and those of the webhooks kind. */
export interface WebhooksConfig extends Config, SettingsOf<typeof settings> {}
