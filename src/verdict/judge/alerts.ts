import type { Facts } from '../facts.ts';
import { inSentence } from '../words.ts';
import type { Finding } from './finding.ts';

/** Finds the ways on which nobody hears of what is wrong. */
export const judgeAlerts = ({ failedAlerts }: Facts): Finding[] =>
  failedAlerts.map(({ by, to, detail, at }) => ({
    code: 'alert_failed',
    about: by,
    text: `The last alert was not told by ${by} to ${to}: ${inSentence(detail)}`,
    sinceAt: at,
  }));
