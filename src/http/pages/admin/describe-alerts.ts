import type { Incident } from '../../../alerts/incidents.js';
import { type AlertsConfig, hasAlerts } from '../../../alerts/settings.ts';
import { type Moment, momentOf } from './describe-verdict.ts';

/** Who is told when something is wrong, every text ready. */
export interface AlertsView {
  /** Whether anybody is. */
  isOn: boolean;
  summary: string;
  /** What was told and is not resolved, the last one first. */
  told: { text: string; at: Moment }[];
}

/** Describes the alerts for the page. */
export function describeAlerts(config: AlertsConfig, incidents: readonly Incident[]): AlertsView {
  const { ALERTS_URL, ALERTS_EMAIL, ALERTS_LEVEL } = config;
  const ways = [
    ...(ALERTS_URL === undefined ? [] : [`a webhook to ${new URL(ALERTS_URL).host}`]),
    ...(ALERTS_EMAIL === undefined ? [] : [`mail to ${ALERTS_EMAIL.join(', ')}`]),
  ];
  const isOn = hasAlerts(config);
  const what = ALERTS_LEVEL === 'amber' ? 'What is amber or red' : 'What is red';
  return {
    isOn,
    summary: isOn ? `${what} is told by ${ways.join(' and ')}.` : 'Nobody is told: set ALERTS_URL or ALERTS_EMAIL.',
    told: incidents
      .flatMap(({ text, toldAt }) => (toldAt === null ? [] : [{ text, at: toldAt }]))
      .toSorted((one, other) => other.at - one.at)
      .map(({ text, at }) => ({ text, at: momentOf(new Date(at).toISOString()) })),
  };
}
