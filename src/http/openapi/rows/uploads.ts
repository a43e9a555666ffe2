import { z } from 'zod';
import type { ErrorCode } from '../../../errors.ts';
import { emptyAnswer, fileAnswer, HEADERS, jsonAnswer } from '../../../openapi/answers.ts';
import {
  conditional,
  download,
  idempotencyKey,
  tusVersion,
  uploadChecksum,
  uploadId,
  uploadLength,
  uploadMetadata,
  uploadName,
  uploadOffset,
  uploadSubject,
} from '../../../openapi/parameters.ts';
import type { RouteRow } from '../../../openapi/route-row.ts';
import { FILE, refTo, type Schema, toSchema } from '../../../openapi/schemas.ts';
import type { UploadView } from '../../api/uploads/upload-view.ts';

const FIND_PROBLEMS: ErrorCode[] = ['unauthorized', 'not_found', 'result_expired', 'queue_unavailable'];

/** The rows of uploads. */
export const UPLOAD_ROWS: readonly RouteRow[] = [
  {
    method: 'post',
    path: '/v1/uploads',
    operationId: 'postUpload',
    tag: 'uploads',
    summary: 'Takes a file that jobs may name, as the body, or begins one that comes in pieces.',
    description:
      'It may be as large as the largest file of the kinds that the key may post. Its type is found by its first bytes; ' +
      'where they do not tell, `Content-Type` counts: any may be given. With `Tus-Resumable` (tus 1.0.0) it begins a file of `Upload-Length` bytes, ' +
      'whose first ones may come along.',
    parameters: [
      ...[uploadName, uploadSubject, idempotencyKey],
      ...[tusVersion, uploadLength, uploadMetadata, uploadChecksum],
    ],
    requestBody: { required: true, content: { 'application/octet-stream': { schema: FILE } } },
    answers: {
      201: jsonAnswer(
        'It lies in storage; or it is begun.',
        refTo('Upload'),
        HEADERS.location,
        HEADERS.replayed,
        HEADERS.rate,
        HEADERS.uploadProgress,
      ),
    },
    problems: [
      'invalid_request',
      'unauthorized',
      'forbidden',
      'request_timeout',
      'result_expired',
      'precondition_failed',
      'payload_too_large',
      'unsupported_media_type',
      'image_unreadable',
      'idempotency_mismatch',
      'checksum_mismatch',
      'rate_limited',
      'quota_exceeded',
      'queue_unavailable',
      'outcome_unknown',
      'storage_unavailable',
      'storage_full',
    ],
  },
  {
    method: 'get',
    path: '/v1/uploads/{id}',
    operationId: 'getUpload',
    tag: 'uploads',
    summary: 'What is known of an upload.',
    parameters: [uploadId],
    answers: { 200: jsonAnswer('The upload.', refTo('Upload')) },
    problems: FIND_PROBLEMS,
  },
  {
    method: 'head',
    path: '/v1/uploads/{id}',
    operationId: 'headUpload',
    tag: 'uploads',
    summary: 'How much of an upload is there (tus).',
    description: 'A request that is still sending to it ends: what came of it counts.',
    parameters: [uploadId, tusVersion],
    answers: { 200: emptyAnswer('`Upload-Offset` of `Upload-Length` bytes are there.', HEADERS.uploadProgress) },
    problems: [...FIND_PROBLEMS, 'precondition_failed', 'upload_taken_over', 'storage_unavailable'],
  },
  {
    method: 'patch',
    path: '/v1/uploads/{id}',
    operationId: 'patchUpload',
    tag: 'uploads',
    summary: 'Appends bytes to an upload (tus).',
    description: 'What came of a request that breaks off is kept. With the last byte the upload is complete.',
    parameters: [uploadId, { ...tusVersion, required: true }, uploadOffset, uploadChecksum],
    requestBody: { required: true, content: { 'application/offset+octet-stream': { schema: FILE } } },
    answers: { 204: emptyAnswer('They are in storage.', HEADERS.uploadProgress, HEADERS.rate) },
    problems: [
      ...FIND_PROBLEMS,
      'invalid_request',
      'request_timeout',
      'conflict',
      'upload_taken_over',
      'precondition_failed',
      'payload_too_large',
      'unsupported_media_type',
      'image_unreadable',
      'checksum_mismatch',
      'outcome_unknown',
      'storage_unavailable',
      'storage_full',
    ],
  },
  {
    method: 'get',
    path: '/v1/uploads/{id}/file',
    operationId: 'getUploadedFile',
    tag: 'uploads',
    summary: 'The file itself.',
    parameters: [uploadId, download, ...conditional],
    answers: {
      200: fileAnswer('The file.'),
      206: fileAnswer('The range asked for.', HEADERS.contentRange),
      304: emptyAnswer('The file is the one that `If-None-Match` names.', HEADERS.fileEtag),
      307: emptyAnswer('The file lies elsewhere, with `STORAGE_PRESIGN`.', HEADERS.fileAddress),
    },
    problems: [
      ...FIND_PROBLEMS,
      'upload_unfinished',
      'precondition_failed',
      'range_not_satisfiable',
      'storage_unavailable',
    ],
  },
  {
    method: 'delete',
    path: '/v1/uploads/{id}',
    operationId: 'deleteUpload',
    tag: 'uploads',
    summary: 'Erases an upload at once; jobs that name it and have not run fail.',
    parameters: [uploadId],
    answers: { 204: emptyAnswer('It is gone.') },
    problems: FIND_PROBLEMS,
  },
];

const moment = z.iso.datetime();

const upload = {
  id: z.string().regex(/^upd_[0-9a-hjkmnp-tv-z]{26}$/),
  name: z.string(),
  state: z
    .enum(['receiving', 'complete'])
    .meta({ description: 'Whether all its bytes are there; jobs may name it then.' }),
  type: z.string().nullable().meta({
    description: 'The media type; until it is complete what its sender says, null where that is nothing.',
  }),
  bytes: z.int().min(1),
  received: z.int().min(0).meta({ description: 'How many of its bytes are there.' }),
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable()
    .meta({ description: 'Null until it is complete.' }),
  subject: z.string().nullable().meta({ description: 'Whose data it is: erasing that subject erases it.' }),
  createdAt: moment,
  retainedUntil: moment.meta({
    description: 'Until when it is kept, where there is room for it; while jobs hold it, until when at the latest.',
  }),
  heldBy: z.array(z.string()).meta({
    description:
      'The jobs that name it and have not ended, the first 20 of them, and the brands that have it (`brand:acme`): it is ' +
      'kept for them.',
  }),
  links: z.object({ self: z.string(), file: z.string().meta({ description: 'Where the file itself is served.' }) }),
} satisfies Record<keyof UploadView, z.ZodType>;

/** The schema of an upload. */
export const uploadSchema: Schema = toSchema(z.object(upload), 'output');
