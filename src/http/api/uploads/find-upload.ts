import type { Request } from 'express';
import { AppError } from '../../../errors.ts';
import { UPLOADS } from '../../../jobs/files/upload-record.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { callerOf } from '../../auth/identify.ts';
import { maySee } from '../job-finder.ts';

/**
 * Finds the upload of the request's `:id`, whole or not. Throws unauthorized, result_expired, and not_found where there is none or
 * it is another caller's.
 */
export async function findUpload(req: Request, { producer }: { producer: Producer }): Promise<StoredJob> {
  callerOf(req);
  const id = String(req.params['id']);
  const found = await producer.find(id);
  if (found?.kind === UPLOADS.kind && maySee(req, found.envelope)) return found;
  if (!found && id.startsWith(`${UPLOADS.idPrefix}_`) && (await producer.hasTombstone(id))) {
    throw new AppError('result_expired', `The upload ${id} is not kept any more.`);
  }
  throw new AppError('not_found', `There is no upload ${id.slice(0, 64)}.`);
}
