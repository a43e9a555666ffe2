import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';
import { commaList } from '../../src/config/values.ts';
import { wholeNumberText } from '../../src/fields/fields.ts';

/** The settings of the reports kind. */
export const settings = defineSettings({
  fields: {
    ...workerSettings('REPORTS', {
      workers: '1',
      concurrency: '1',
      timeoutSeconds: '300',
      mostTimeoutSeconds: 86_400,
    }),
    REPORTS_FONTS: commaList.optional(),
    REPORTS_MAX_FILE_BYTES: wholeNumberText(1024, 10_000_000_000).prefault('200000000'),
    REPORTS_MAX_UNPACKED_BYTES: wholeNumberText(1_000_000, 100_000_000_000).prefault('1000000000'),
    REPORTS_MAX_ROWS: wholeNumberText(1, 100_000_000).prefault('1000000'),
    REPORTS_MAX_PAGES: wholeNumberText(1, 1_000_000).prefault('50000'),
    REPORTS_FETCH_SECONDS: wholeNumberText(1, 3600).prefault('120'),
  },
  formerPrefixes: ['REPORT_'],
});

/** The platform's settings and those of the reports kind. */
export interface ReportsConfig extends Config, SettingsOf<typeof settings> {}
