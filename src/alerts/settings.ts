import type { Config } from '../config/platform.ts';

/** The settings of alerts. */
export type AlertsConfig = Pick<Config, 'ALERTS_URL' | 'ALERTS_EMAIL' | 'ALERTS_LEVEL' | 'DATA_DIR'>;

/** Whether there is anybody to be told. */
export const hasAlerts = ({ ALERTS_URL, ALERTS_EMAIL }: Pick<AlertsConfig, 'ALERTS_URL' | 'ALERTS_EMAIL'>): boolean =>
  ALERTS_URL !== undefined || ALERTS_EMAIL !== undefined;
