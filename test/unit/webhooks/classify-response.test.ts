import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { judgeAnswer, judgeFault } from '../../../workers/webhooks/classify-response.ts';

describe('an answer', () => {
  it.each([200, 201, 202, 204, 299])('%i: taken', (status) => expect(judgeAnswer(status, undefined, 1)).toBeNull());

  it.each([300, 301, 302, 304, 307, 400, 401, 404, 408, 429, 500, 502, 503, 599])('%i: sent again', (status) => {
    const fault = judgeAnswer(status, undefined, 1);
    expect([fault?.code, fault?.retryable, fault?.retryAfterSeconds]).toEqual(['webhook_failed', true, undefined]);
    expect(fault?.message).toMatch(new RegExp(`^The receiver answered ${status}\\. `));
    expect(fault?.message.includes('Redirects are not followed')).toBe(status < 400);
  });

  it('410: the end of it', () => {
    const fault = judgeAnswer(410, '60', 1);
    expect([fault?.code, fault?.retryable]).toEqual(['webhook_gone', false]);
  });
});

describe('Retry-After', () => {
  it.each([
    ['later than the schedule', '60', 1, 60],
    ['within the spread of the schedule', '4', 1, 4],
    ['sooner than the schedule', '2', 1, undefined],
    ['sooner than the schedule', '60', 2, undefined],
    ['later than the schedule', '301', 2, 301],
    ['a year', '31536000', 1, 86_400],
    ['no time at all', 'soon', 1, undefined],
    ['at the last attempt', '60', 10, 60],
  ])('%s (%s after attempt %i): %s', (_what, header, attempt, seconds) => {
    expect(judgeAnswer(503, header, attempt)?.retryAfterSeconds).toBe(seconds);
  });
});

describe('a fault before any answer', () => {
  it('a passing one: sent again', () => {
    const fault = judgeFault(new AppError('source_unreachable', 'The name x was not found.'));
    expect([fault.code, fault.retryable]).toEqual(['webhook_failed', true]);
    expect(fault.message).toBe("The name x was not found. It is sent again until the job's attempts are used up.");
  });

  it('a URL that is not sent to: refused, for good', () => {
    const fault = judgeFault(new AppError('source_unavailable', 'x has no public address.'));
    expect([fault.code, fault.retryable, fault.message]).toEqual([
      'webhook_refused',
      false,
      'callbackUrl: x has no public address.',
    ]);
  });

  it('a fault of ours: internal', () => {
    const cause = new TypeError('x is not a function');
    expect(judgeFault(cause)).toMatchObject({ code: 'internal', cause });
  });
});
