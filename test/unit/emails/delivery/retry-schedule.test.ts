import { expect, it } from '@jest/globals';
import { LIFETIME_MS, MAX_ATTEMPTS, retryDelayMs } from '../../../../workers/emails/delivery/retry-schedule.ts';

const MINUTE = 60_000;
const middle = () => 0.5;

it('1, 5, 15, 60 minutes, then hourly', () => {
  expect([1, 2, 3, 4, 5, 50].map((attempt) => retryDelayMs(attempt, middle) / MINUTE)).toEqual([1, 5, 15, 60, 60, 60]);
});

it('a fifth more or less, so that mails which failed together do not come back together', () => {
  expect([retryDelayMs(4, () => 0), retryDelayMs(4, () => 1)]).toEqual([48 * MINUTE, 72 * MINUTE]);
});

it('the attempts last longer than a mail lives, even when every wait is the shortest', () => {
  let reachedMs = 0;
  for (let attempt = 1; attempt < MAX_ATTEMPTS; attempt += 1) reachedMs += retryDelayMs(attempt, () => 0);
  expect(reachedMs).toBeGreaterThan(LIFETIME_MS);
});
