import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { classifyFetchFailure, classifyResponse } from '../../../workers/webhooks/classify-response.ts';

describe('an answer', () => {
  it.each([200, 201, 202, 204, 299])('%i: taken', (status) =>
    expect(classifyResponse(status, undefined, 1)).toBeNull(),
  );

  it.each([300, 301, 302, 304, 307, 400, 401, 404, 408, 429, 500, 502, 503, 599])('%i: sent again', (status) => {
    const error = classifyResponse(status, undefined, 1);
    expect([error?.code, error?.retryable, error?.retryAfterSeconds]).toEqual(['webhook_failed', true, undefined]);
    expect(error?.message).toMatch(`The receiver answered ${status}.`);
    expect(error?.message.includes('Redirects are not followed')).toBe(status < 400);
  });

  it('410: the end of it', () => {
    const error = classifyResponse(410, '60', 1);
    expect([error?.code, error?.retryable]).toEqual(['webhook_gone', false]);
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
    expect(classifyResponse(503, header, attempt)?.retryAfterSeconds).toBe(seconds);
  });
});

describe('an error before any answer', () => {
  it('a passing one: sent again', () => {
    const error = classifyFetchFailure(new AppError('source_unreachable', 'The name x was not found.'));
    expect([error.code, error.retryable]).toEqual(['webhook_failed', true]);
    expect(error.message).toBe('The name x was not found.');
  });

  it('a URL that is not sent to: refused, for good', () => {
    const error = classifyFetchFailure(new AppError('source_unavailable', 'x has no public address.'));
    expect([error.code, error.retryable, error.message]).toEqual([
      'webhook_refused',
      false,
      'The address can not be sent to: x has no public address.',
    ]);
  });

  it('an error of ours: internal', () => {
    const cause = new TypeError('x is not a function');
    expect(classifyFetchFailure(cause)).toMatchObject({ code: 'internal', cause });
  });
});
