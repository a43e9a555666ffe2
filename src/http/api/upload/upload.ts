import type { Request } from 'express';
import { AppError } from '../../../errors.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { TextFields } from '../../form-texts.ts';
import { readMultipart, type Upload } from './multipart.ts';
import { saveFile } from './save-file.ts';
import { MAX_FIELDS, mostBytes, type UploadTarget, wholeTooLarge } from './upload-target.ts';

/**
 * Reads a multipart or raw upload; files stream to storage, judged by their first bytes and cut off at the limit.
 * Rejects with an AppError; what was stored by then is the caller's to remove (`uploadFolder(jobId, nonce)`).
 */
export async function readUpload(req: Request, deps: UploadTarget): Promise<Upload> {
  refuseByLength(req, deps);
  const { field, rawTypes } = deps.rules;
  if (req.is('multipart/form-data')) return whenReceived(req, deps, () => readMultipart(req, deps));
  if (field && req.is(rawTypes)) {
    const fields = queryFields(req);
    const name = String(req.query['filename'] ?? 'upload');
    const file = await whenReceived(req, deps, () => saveFile(req, deps, field, name));
    return { fields, files: { [field]: file } };
  }
  const taken = ['multipart/form-data', ...rawTypes].join(', ');
  throw new AppError('unsupported_media_type', `The Content-Type must be one of ${taken}.`);
}

/** Reads a body when it is its turn. */
async function whenReceived<T>(req: Request, { receiving }: UploadTarget, read: () => Promise<T>): Promise<T> {
  const leave = await receiving.enter(req);
  return read().finally(leave);
}

function refuseByLength(req: Request, target: UploadTarget): void {
  const isForm = req.is('multipart/form-data') !== false;
  if (Number(req.get('content-length') ?? 0) > mostBytes(target, isForm)) throw wholeTooLarge(target);
}

function queryFields(req: Request): TextFields {
  const fields = new Map<string, string[]>();
  const { searchParams } = new URL(req.originalUrl, 'http://localhost');
  if (searchParams.size > MAX_FIELDS) {
    throw invalidRequest([{ pointer: '', detail: `The query has more than ${MAX_FIELDS} parameters` }]);
  }
  for (const [name, value] of searchParams) {
    if (name !== 'filename') fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}
