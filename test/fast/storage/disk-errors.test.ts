import { describe, expect, it } from '@jest/globals';
import { AppError } from '../../../src/errors.ts';
import { classifyDiskError } from '../../../src/storage/disk-errors.ts';

describe('classifyDiskError', () => {
  const diskError = (code: string) => Object.assign(new Error(`${code}: it failed at /some/path`), { code });

  it.each(['ENOSPC', 'EDQUOT'])('%s: storage_full, worth another try, the cause kept for the log', (code) => {
    const cause = diskError(code);
    expect(classifyDiskError(cause)).toMatchObject({ code: 'storage_full', status: 507, retryAfterSeconds: 5, cause });
  });

  it.each(['EIO', 'EROFS', 'EACCES', 'EPERM', 'EMFILE', 'ENFILE', 'ENOTDIR', 'ENOENT'])(
    '%s: storage_unavailable, worth another try',
    (code) => {
      const error = classifyDiskError(diskError(code)) as AppError;
      expect(error).toMatchObject({ code: 'storage_unavailable', status: 503, retryAfterSeconds: 30, retryable: true });
      expect(error.message).not.toContain('/some/path');
    },
  );

  it('an AppError, a bug, a text, nothing: as they were', () => {
    for (const thrown of [new AppError('cancelled', 'x'), new TypeError('x'), diskError('EINVAL'), 'x', null]) {
      expect(classifyDiskError(thrown)).toBe(thrown);
    }
  });
});
