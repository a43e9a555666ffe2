import { describe, expect, it } from '@jest/globals';
import { AppError, ERROR_CODES, type ErrorCode, toProblem } from '../../../src/errors.ts';
import { decideRetry, RunFailed } from '../../../src/queue/run/retry-decision.ts';

const CONTRACT = { attempts: 3, backoff: { firstMs: 1000, factor: 2, maxMs: 8000 } };
const FINAL = -1;
const decisionOf = (code: ErrorCode, runs = 1, options = {}) =>
  decideRetry(new AppError(code, 'A sentence.', options), CONTRACT, runs);

describe('decideRetry', () => {
  it('a passing fault with attempts left: again after the backoff of that run', () => {
    for (const [runs, fullMs] of [
      [1, 1000],
      [2, 2000],
    ] as const) {
      const { delayMs, usesAttempt } = decisionOf('mail_deferred', runs);
      expect(delayMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(delayMs).toBeLessThanOrEqual(fullMs);
      expect(usesAttempt).toBe(true);
    }
  });

  it('the last attempt, or one more than there are: final', () => {
    expect(decisionOf('mail_deferred', 3).delayMs).toBe(FINAL);
    expect(decisionOf('timed_out', 4).delayMs).toBe(FINAL);
  });

  it('a fault that another run can not mend: final at once', () => {
    expect(decisionOf('image_unreadable')).toMatchObject({ delayMs: FINAL, usesAttempt: true });
  });

  it('every code by its column in the table: final exactly when no other run may help', () => {
    const codes = Object.keys(ERROR_CODES) as ErrorCode[];
    const final = codes.filter((code) => decisionOf(code).delayMs === FINAL);
    expect(final).toEqual(codes.filter((code) => !ERROR_CODES[code].retryable));
  });

  it('a time to try again at: that one instead of the backoff', () => {
    expect(decisionOf('storage_full', 1, { retryAfterSeconds: 30 }).delayMs).toBe(30_000);
  });

  it('a time to try again at that is no whole number of milliseconds: rounded', () => {
    expect(decisionOf('mail_snoozed', 1, { retryAfterSeconds: 64_703.99999999999 / 1000 }).delayMs).toBe(64_704);
  });

  it('a time to try again of none: the backoff, since "at once" would be a race', () => {
    expect(decisionOf('storage_full', 1, { retryAfterSeconds: 0 }).delayMs).toBeGreaterThanOrEqual(500);
  });

  it('interrupted: at once, and no attempt is used up, not even the last', () => {
    for (const runs of [1, 3, 100])
      expect(decisionOf('interrupted', runs)).toMatchObject({ delayMs: 0, usesAttempt: false });
  });

  it('waiting for another job: later, as often as it takes, and no attempt is used up', () => {
    const { delayMs, usesAttempt } = decisionOf('waiting_for_job', 100, { retryAfterSeconds: 5 });
    expect([delayMs, usesAttempt]).toEqual([5000, false]);
  });

  it('a backoff of nothing: one millisecond, since 0 would mean "at once"', () => {
    const contract = { attempts: 3, backoff: { firstMs: 0, factor: 1, maxMs: 0 } };
    expect(decideRetry(new AppError('timed_out', 'x'), contract, 1).delayMs).toBe(1);
  });

  it.each([
    ['an error of ours', new TypeError('secret')],
    ['a text', 'secret'],
    ['nothing', undefined],
  ])('%s thrown by a processor: internal, tried again, the cause kept for the log', (_name, thrown) => {
    const decision = decideRetry(thrown, CONTRACT, 1);
    expect(decision.error).toMatchObject({ code: 'internal' });
    expect(decision.error.cause).toBe(thrown);
    expect(decision.error.message).not.toContain('secret');
    expect(decision).toMatchObject({ usesAttempt: true, delayMs: expect.any(Number) });
    expect(decision.delayMs).toBeGreaterThan(0);
  });
});

describe('RunFailed', () => {
  it('its message is the stored problem, whole', () => {
    const error = new AppError('image_unreadable', 'The image could not be decoded.', { cause: new Error('secret') });
    const failed = new RunFailed({ error, delayMs: FINAL, usesAttempt: true });
    expect(JSON.parse(failed.message)).toEqual(toProblem(error));
    expect(failed.message).not.toContain('secret');
    expect(failed.delayMs).toBe(FINAL);
  });

  it("its stack is that of what really happened: the cause's, or the error's own", () => {
    const cause = new Error('origin');
    const withCause = new AppError('internal', 'x', { cause });
    const without = new AppError('expired', 'x');
    expect(new RunFailed({ error: withCause, delayMs: 0, usesAttempt: true }).stack).toBe(cause.stack);
    expect(new RunFailed({ error: without, delayMs: 0, usesAttempt: true }).stack).toBe(without.stack);
  });
});
