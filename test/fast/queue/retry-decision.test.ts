import { describe, expect, it } from '@jest/globals';
import { AppError, ERROR_CODES, type ErrorCode, toProblem } from '../../../src/errors.ts';
import { decideVerdict, RunFailed } from '../../../src/queue/worker/retry-decision.ts';

const CONTRACT = { attempts: 3, backoff: { firstMs: 1000, factor: 2, maxMs: 8000 } };
const FINAL = -1;
const verdictOf = (code: ErrorCode, runs = 1, options = {}) =>
  decideVerdict(new AppError(code, 'A sentence.', options), CONTRACT, runs);

describe('decideVerdict', () => {
  it('a passing fault with attempts left: again after the backoff of that run', () => {
    for (const [runs, fullMs] of [
      [1, 1000],
      [2, 2000],
    ] as const) {
      const { delayMs, counts } = verdictOf('mail_deferred', runs);
      expect(delayMs).toBeGreaterThanOrEqual(fullMs / 2);
      expect(delayMs).toBeLessThanOrEqual(fullMs);
      expect(counts).toBe(true);
    }
  });

  it('the last attempt, or one more than there are: final', () => {
    expect(verdictOf('mail_deferred', 3).delayMs).toBe(FINAL);
    expect(verdictOf('timed_out', 4).delayMs).toBe(FINAL);
  });

  it('a fault that another run can not mend: final at once', () => {
    expect(verdictOf('image_unreadable')).toMatchObject({ delayMs: FINAL, counts: true });
  });

  it('every code by its column in the table: final exactly when no other run may help', () => {
    const codes = Object.keys(ERROR_CODES) as ErrorCode[];
    const final = codes.filter((code) => verdictOf(code).delayMs === FINAL);
    expect(final).toEqual(codes.filter((code) => !ERROR_CODES[code].retryable));
  });

  it('a time to try again at: that one instead of the backoff', () => {
    expect(verdictOf('storage_full', 1, { retryAfterSeconds: 30 }).delayMs).toBe(30_000);
  });

  it('a time to try again of none: the backoff, since "at once" would be a race', () => {
    expect(verdictOf('storage_full', 1, { retryAfterSeconds: 0 }).delayMs).toBeGreaterThanOrEqual(500);
  });

  it('interrupted: at once, and no attempt is used up, not even the last', () => {
    for (const runs of [1, 3, 100]) expect(verdictOf('interrupted', runs)).toMatchObject({ delayMs: 0, counts: false });
  });

  it('waiting for another job: later, as often as it takes, and no attempt is used up', () => {
    const { delayMs, counts } = verdictOf('waiting_for_job', 100, { retryAfterSeconds: 5 });
    expect([delayMs, counts]).toEqual([5000, false]);
  });

  it('a backoff of nothing: one millisecond, since 0 would mean "at once"', () => {
    const contract = { attempts: 3, backoff: { firstMs: 0, factor: 1, maxMs: 0 } };
    expect(decideVerdict(new AppError('timed_out', 'x'), contract, 1).delayMs).toBe(1);
  });

  it.each([
    ['an error of ours', new TypeError('secret')],
    ['a text', 'secret'],
    ['nothing', undefined],
  ])('%s thrown by a processor: internal, tried again, the cause kept for the log', (_name, thrown) => {
    const verdict = decideVerdict(thrown, CONTRACT, 1);
    expect(verdict.error).toMatchObject({ code: 'internal' });
    expect(verdict.error.cause).toBe(thrown);
    expect(verdict.error.message).not.toContain('secret');
    expect(verdict).toMatchObject({ counts: true, delayMs: expect.any(Number) });
    expect(verdict.delayMs).toBeGreaterThan(0);
  });
});

describe('RunFailed', () => {
  it('its message is the stored problem, whole', () => {
    const error = new AppError('image_unreadable', 'The image could not be decoded.', { cause: new Error('secret') });
    const failed = new RunFailed({ error, delayMs: FINAL, counts: true });
    expect(JSON.parse(failed.message)).toEqual(toProblem(error));
    expect(failed.message).not.toContain('secret');
    expect(failed.delayMs).toBe(FINAL);
  });

  it("its stack is that of what really happened: the cause's, or the error's own", () => {
    const cause = new Error('origin');
    const withCause = new AppError('internal', 'x', { cause });
    const without = new AppError('expired', 'x');
    expect(new RunFailed({ error: withCause, delayMs: 0, counts: true }).stack).toBe(cause.stack);
    expect(new RunFailed({ error: without, delayMs: 0, counts: true }).stack).toBe(without.stack);
  });
});
