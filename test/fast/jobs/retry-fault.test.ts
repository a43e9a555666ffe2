import { describe, expect, it } from '@jest/globals';
import { AppError, type ErrorCode, toProblem } from '../../../src/errors.ts';
import type { JobOptions } from '../../../src/jobs/options/options.ts';
import { findRetryFault } from '../../../src/jobs/retry-fault.ts';
import { newStoredJob } from '../../../src/jobs/stored-job.ts';

const FILE = { key: 'k', name: 'a.jpg', type: 'image/jpeg', bytes: 1, sha256: '00' };

function faultOf(code: ErrorCode, options: JobOptions = {}, uploads = {}): string | null {
  const envelope = { v: 1, caller: 'kari', input: {}, uploads, options };
  const error = toProblem(new AppError(code, 'It is damaged.'));
  return findRetryFault(newStoredJob({ id: 'i', kind: 'images', envelope, createdAt: 0, state: 'failed', error }));
}

describe('findRetryFault', () => {
  it('an upload that no run can use: said, with the first reason', () =>
    expect(faultOf('image_unreadable', {}, { file: FILE })).toBe(
      'Running the job again can not help, its upload can not be used. It is damaged.',
    ));

  it('an image that was fetched may be another one by now', () => expect(faultOf('image_unreadable')).toBeNull());

  it('what may pass: none', () => expect(faultOf('timed_out', {}, { file: FILE })).toBeNull());

  it('useless by now: said, with when; useless later: none', () => {
    const expiresAt = '2026-01-01T00:00:00Z';
    expect(faultOf('timed_out', { expiresAt })).toContain(`it is useless after ${expiresAt}. It is damaged.`);
    expect(faultOf('timed_out', { expiresAt: '2126-01-01T00:00:00Z' })).toBeNull();
  });
});
