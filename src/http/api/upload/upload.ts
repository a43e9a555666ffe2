import type { Request } from 'express';
import { AppError } from '../../../errors.ts';
import type { TextFields } from '../../form-texts.ts';
import { readMultipart, type Upload } from './multipart.ts';
import { saveFile } from './save-file.ts';
import { MAX_FURTHER_FILES, MULTIPART_SLACK_BYTES, textBytes, tooLarge, type UploadTarget } from './upload-target.ts';

/**
 * Reads a multipart or raw upload; files stream to storage, judged by their first bytes and cut off at the limit.
 * Rejects with an AppError; what was stored by then is the caller's to remove (`uploadFolder(jobId, nonce)`).
 */
export async function readUpload(req: Request, deps: UploadTarget): Promise<Upload> {
  refuseByLength(req, deps);
  if (req.is('multipart/form-data')) return readMultipart(req, deps);
  const { field, rawTypes } = deps.rules;
  if (field && req.is(rawTypes)) {
    const file = await saveFile(req, deps, field, String(req.query['filename'] ?? 'upload'));
    return { fields: queryFields(req), files: { [field]: file } };
  }
  const taken = ['multipart/form-data', ...rawTypes].join(', ');
  throw new AppError('unsupported_media_type', `The Content-Type must be one of ${taken}.`);
}

function refuseByLength(req: Request, { config, rules }: UploadTarget): void {
  const maxBytes = rules.maxBytes(config);
  const files = rules.files && req.is('multipart/form-data') ? 1 + MAX_FURTHER_FILES : 1;
  const mostBytes = files * maxBytes + textBytes(rules, config) + MULTIPART_SLACK_BYTES;
  if (Number(req.get('content-length') ?? 0) > mostBytes) throw tooLarge(rules.field ?? 'the upload', maxBytes);
}

function queryFields(req: Request): TextFields {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URL(req.originalUrl, 'http://localhost').searchParams) {
    if (name !== 'filename') fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}
