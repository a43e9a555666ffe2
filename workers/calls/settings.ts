import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';
import { allowList, byteSize } from '../../src/config/values.ts';

/** The settings of the calls kind; the time limit is the longest that a call may ask for. */
export const settings = defineSettings({
  fields: {
    ...workerSettings('CALLS', {
      workers: '1',
      concurrency: '20',
      mostConcurrency: 256,
      timeoutSeconds: '600',
      mostTimeoutSeconds: 3600,
    }),
    CALLS_ALLOW: allowList.optional(),
    CALLS_MAX_RESPONSE_BYTES: byteSize.prefault('10MB'),
  },
});

/** The platform's settings and those of the calls kind. */
export interface CallsConfig extends Config, SettingsOf<typeof settings> {}
