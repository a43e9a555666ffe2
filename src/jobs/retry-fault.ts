import { now } from '../clock.ts';
import { makesUploadUseless } from '../errors.ts';
import type { StoredJob } from './stored-job.ts';

/**
 * Says why running an ended job again can not help, with the reason it ended for; null where it may help. Where it can
 * not, what was asked for has to be changed and sent again.
 */
export function findRetryFault({ envelope, error }: StoredJob): string | null {
  const { options, uploads } = envelope;
  const reason = error ? ` ${error.detail}` : '';
  if (error && makesUploadUseless(error.code) && Object.keys(uploads ?? {}).length > 0) {
    return `Running the job again can not help, its upload can not be used.${reason}`;
  }
  if (options?.expiresAt && Date.parse(options.expiresAt) <= now()) {
    return `Running the job again can not help, it is useless after ${options.expiresAt}.${reason}`;
  }
  return null;
}
