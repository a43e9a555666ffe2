import { AppError } from '../errors.ts';

/**
 * Classifies a file system error by what the caller can do about it: storage_full or storage_unavailable; answers
 * anything else as it is.
 */
export function classifyDiskError(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | null)?.code;
  if (error instanceof AppError || code === undefined || !/^E[A-Z]+$/.test(code)) return error;
  const options = { cause: error, retryAfterSeconds: 30 };
  switch (code) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new AppError('storage_full', 'The storage is full. Nothing was kept; try again later.', {
        cause: error,
        // A job waits for it too: it goes on soon after there is room.
        retryAfterSeconds: 5,
      });
    // The storage's own folders are gone, as when a volume is not mounted.
    case 'ENOENT':
    case 'EIO':
    case 'EROFS':
    case 'EACCES':
    case 'EPERM':
    case 'EMFILE':
    case 'ENFILE':
    case 'ENOTDIR':
      return new AppError(
        'storage_unavailable',
        'The storage can not be used at the moment. Try again later.',
        options,
      );
    default:
      return error;
  }
}

/** Does something whose errors of the disk are classified. */
export async function translateErrors<T>(action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    throw classifyDiskError(error);
  }
}
