import type { Request } from 'express';
import type { Config } from '../../../config/platform.ts';
import { AppError } from '../../../errors.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { uploadedFile } from '../../../jobs/files/upload-record.ts';
import { heldBy, keptUntil } from '../../../jobs/retention/retention.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import type { UploadToken } from '../../../keys/upload-tokens/upload-token.ts';
import { tokenOf } from '../../auth/token.ts';
import { linkTo } from '../../public-path.ts';

/** An upload as the API shows it. Times are RFC 3339. */
export interface UploadView {
  id: string;
  /** Whether all its bytes are there. */
  state: 'receiving' | 'complete';
  name: string;
  /** Of one that is not complete, what its sender says. */
  type: string | null;
  bytes: number;
  /** How many of them are there. */
  received: number;
  /** Null until it is complete. */
  sha256: string | null;
  subject: string | null;
  createdAt: string;
  retainedUntil: string;
  /** The first jobs that hold it. */
  heldBy: string[];
  links: { self: string; file: string };
}

/** What a view takes beside the upload. */
export interface Shown {
  /** The address of all uploads. */
  base: string;
  resultTtlMs: number;
  /** The upload token that it is asked for with: who has it knows no more than it says. */
  token: Pick<UploadToken, 'open'> | null;
}

/** What a view takes for a request. */
export const shownTo = (req: Request, { RESULT_TTL }: Pick<Config, 'RESULT_TTL'>): Shown => ({
  base: linkTo(req, '/v1/uploads'),
  resultTtlMs: RESULT_TTL,
  token: tokenOf(req),
});

/** How far an upload is that is not complete, and until when it is kept (ms). */
export interface Coming {
  received: number;
  expiresAt: number;
}

/** Views an upload. Throws not_found where its record does not tell. */
export function viewUpload(upload: StoredJob, shown: Shown): UploadView {
  const { name, type, bytes, sha256 } = fileOf(upload);
  return {
    ...{ id: upload.id, state: 'complete', name, type, bytes, received: bytes, sha256 },
    ...commonOf(upload, shown),
    retainedUntil: new Date(keptUntil(upload, shown.resultTtlMs)).toISOString(),
    heldBy: shown.token ? [] : heldBy(upload),
  };
}

/** Views an upload that is not complete. Throws not_found where its record does not tell. */
export function viewComing(upload: StoredJob, shown: Shown, { received, expiresAt }: Coming): UploadView {
  const { receiving } = upload.envelope;
  if (!receiving) throw damaged(upload.id);
  const { name, said = null, bytes } = receiving;
  return {
    ...{ id: upload.id, state: 'receiving', name, type: said, bytes, received, sha256: null },
    ...commonOf(upload, shown),
    retainedUntil: new Date(expiresAt).toISOString(),
    heldBy: [],
  };
}

const commonOf = ({ id, envelope, createdAt }: StoredJob, { base, token }: Shown) => ({
  subject: token && !token.open.includes('subject') ? null : (envelope.options.subject ?? null),
  createdAt: new Date(createdAt).toISOString(),
  links: { self: `${base}/${id}`, file: `${base}/${id}/file` },
});

/** The file of an upload; throws upload_unfinished, and not_found where its record does not tell. */
export function fileOf({ id, envelope }: Pick<StoredJob, 'id' | 'envelope'>): StoredFile {
  if (envelope.receiving) throw unfinished(id);
  const file = uploadedFile(envelope);
  if (!file) throw damaged(id);
  return file;
}

/** Makes the refusal of what an upload is not complete for. */
export const unfinished = (id: string): AppError =>
  new AppError('upload_unfinished', `The upload ${id} has not come whole yet.`, { retryAfterSeconds: 5 });

const damaged = (id: string): AppError => new AppError('not_found', `The record of the upload ${id} is damaged.`);
