import { AppError } from '../../errors.ts';

/** What servers call it when a bucket, an account or the server itself takes no more. */
const FULL = ['QuotaExceeded', 'InsufficientStorage', 'XMinioStorageFull', 'StorageFull'];
const INSUFFICIENT_STORAGE = 507;
/** A job waits so long too: it goes on soon after the server does. */
const AGAIN_SECONDS = 5;
const MISSING = ['NoSuchKey', 'NotFound'];

/** What is known of an error of the client: the server's word, or the system's. */
interface ClientError {
  name?: string;
  code?: string;
  $metadata?: { httpStatusCode?: number };
}

/** The server's or the system's own word for an error, or for what is behind one of storage: `SlowDown`, `ECONNREFUSED`. */
export function wordOf(error: unknown): string {
  if (error instanceof AppError) return wordOf(error.cause);
  const { name = '', code } = Object(error) as ClientError;
  return typeof code === 'string' && (name === '' || name === 'Error') ? code : name;
}

/**
 * Classifies what a request to the server ended with, as storage's users know it: storage_full, not_found, or
 * storage_unavailable for everything else, with the cause behind it.
 */
export function classifyS3Error(error: unknown): AppError {
  if (error instanceof AppError) return error;
  if (MISSING.includes(wordOf(error)))
    return new AppError('not_found', 'The file is no longer there.', { cause: error });
  const { $metadata } = Object(error) as ClientError;
  if (FULL.includes(wordOf(error)) || $metadata?.httpStatusCode === INSUFFICIENT_STORAGE) {
    const options = { cause: error, retryAfterSeconds: AGAIN_SECONDS };
    return new AppError('storage_full', 'The storage is full. Nothing was kept; try again later.', options);
  }
  return unavailable(error);
}

/** Makes the error of a server that can not be used. */
export const unavailable = (cause: unknown): AppError =>
  new AppError('storage_unavailable', 'The storage can not be used at the moment. Try again later.', {
    cause,
    retryAfterSeconds: AGAIN_SECONDS,
  });
