import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';
import { wholeNumberText } from '../../src/fields/fields.ts';

/** The settings of the flows kind. */
export const settings = defineSettings({
  fields: {
    ...workerSettings('FLOWS', { workers: '1', concurrency: '4', timeoutSeconds: '600', mostTimeoutSeconds: 3600 }),
    FLOWS_MAX_ROWS: wholeNumberText(1, 1_000_000).prefault('100000'),
  },
});

/** The platform's settings and those of the flows kind. */
export interface FlowsConfig extends Config, SettingsOf<typeof settings> {}
