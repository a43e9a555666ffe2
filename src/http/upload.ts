import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import type { Config } from '../config.ts';
import { AppError } from '../errors.ts';
import type { StoredFile, UploadRules } from '../jobs/define.ts';
import { type Storage, uploadKey } from '../storage/index.ts';
import { invalidRequest, type TextFields } from './fields.ts';

/** Multipart overhead beside the file: boundaries, part headers and the text fields. */
const MULTIPART_SLACK_BYTES = 1_000_000;
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 100_000;

/** A request with a file, as it stands after reading: its text fields, and the file in storage. */
export interface Upload {
  fields: TextFields;
  file: StoredFile;
}

/** The text fields of a form by request, as far as they came. */
const fieldsOfRequest = new WeakMap<Request, TextFields>();

/** The text fields that a multipart request had sent before it was answered; a form that failed is shown with them again. */
export const receivedFields = (req: Request): Map<string, string> =>
  new Map([...(fieldsOfRequest.get(req) ?? [])].map(([name, texts]) => [name, texts[0] ?? '']));

export interface UploadDeps {
  config: Config;
  storage: Storage;
  rules: UploadRules;
  jobId: string;
  /** Names this request among all that choose the same job. */
  nonce: string;
}

/**
 * Reads a multipart or raw upload; the file streams to storage, judged by its first bytes and cut off at the limit.
 * Rejects with an AppError; what was stored by then is the caller's to remove (`uploadFolder(jobId, nonce)`).
 */
export async function readUpload(req: Request, deps: UploadDeps): Promise<Upload> {
  refuseByLength(req, deps);
  if (req.is('multipart/form-data')) return readMultipart(req, deps);
  if (req.is(deps.rules.rawTypes)) {
    const file = await saveFile(req, deps, String(req.query['filename'] ?? 'upload'));
    return { fields: queryFields(req), file };
  }
  const taken = ['multipart/form-data', ...deps.rules.rawTypes].join(', ');
  throw new AppError('unsupported_media_type', `The Content-Type must be one of ${taken}.`);
}

function refuseByLength(req: Request, { config, rules }: UploadDeps): void {
  const maxBytes = rules.maxBytes(config);
  if (Number(req.get('content-length') ?? 0) > maxBytes + MULTIPART_SLACK_BYTES) throw tooLarge(rules.field, maxBytes);
}

const tooLarge = (field: string, maxBytes: number): AppError =>
  new AppError('payload_too_large', `${field} is larger than the limit of ${maxBytes / 1_000_000} MB.`, {
    errors: [{ pointer: `/${field}`, detail: `must be at most ${maxBytes} bytes` }],
  });

function queryFields(req: Request): TextFields {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URL(req.originalUrl, 'http://localhost').searchParams) {
    if (name !== 'filename') fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}

function readMultipart(req: Request, deps: UploadDeps): Promise<Upload> {
  const { field } = deps.rules;
  const fields = new Map<string, string[]>();
  fieldsOfRequest.set(req, fields);
  let saving: Promise<StoredFile> | undefined;
  let content: BusboyFileStream | undefined;

  return new Promise<Upload>((resolve, reject) => {
    const parser = openParser(req);
    const fail = (error: AppError) => {
      req.unpipe(parser);
      content?.destroy(error);
      // Only when nothing is being written any more can the caller remove what was.
      Promise.allSettled([saving]).then(() => reject(error));
    };
    parser.on('field', (name: string, text: string, nameTruncated: boolean, textTruncated: boolean) => {
      if (nameTruncated || textTruncated) fail(invalidRequest([{ pointer: `/${name}`, detail: 'is too long' }]));
      fields.set(name, [...(fields.get(name) ?? []), text]);
    });
    parser.on('file', (name: string, stream: BusboyFileStream, filename: string) => {
      // Its errors are the parser's too, or come from `fail`.
      stream.on('error', () => {});
      if (name !== field) {
        fail(
          invalidRequest([{ pointer: `/${name}`, detail: `is not a known file field; send the file as "${field}"` }]),
        );
      } else if (saving) {
        fail(invalidRequest([{ pointer: `/${field}`, detail: 'must be one file' }]));
      } else if (filename) {
        content = stream;
        saving = saveFile(stream, deps, filename);
        saving.catch(fail);
        return;
      }
      stream.resume();
    });
    for (const event of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const) {
      parser.on(event, () => fail(invalidRequest([{ pointer: '', detail: `The form has too many fields` }])));
    }
    parser.on('error', (cause: unknown) => fail(malformed(cause)));
    req.once('close', () => {
      if (!req.complete) fail(new AppError('invalid_request', 'The upload was broken off.'));
    });
    parser.on('finish', () => {
      if (saving) saving.then((file) => resolve({ fields, file }), fail);
      else fail(invalidRequest([{ pointer: `/${field}`, detail: 'is missing: choose a file to upload' }]));
    });
    req.pipe(parser);
  });
}

function openParser(req: Request): BusboyInstance {
  try {
    return new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: { files: 2, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: MAX_FIELDS + 2, fieldNameSize: 100 },
    });
  } catch (cause) {
    throw malformed(cause);
  }
}

const malformed = (cause: unknown): AppError =>
  new AppError('invalid_request', 'The multipart body is malformed.', {
    cause,
    errors: [{ pointer: '', detail: cause instanceof Error ? cause.message : 'malformed' }],
  });

/** Streams one file to storage under the job's key. */
async function saveFile(
  source: Readable,
  { config, storage, rules, jobId, nonce }: UploadDeps,
  filename: string,
): Promise<StoredFile> {
  const { field } = rules;
  const key = uploadKey(jobId, nonce, field);
  let type = '';
  const judged = judgeHead(limitBytes(source, field, rules.maxBytes(config)), rules.headBytes, (head) => {
    if (head.length === 0) throw invalidRequest([{ pointer: `/${field}`, detail: 'is empty' }]);
    type = rules.inspect(head, config).type;
  });
  const written = await storage.put(key, judged);
  return { key, name: plainName(filename), type, ...written };
}

async function* limitBytes(source: Readable, field: string, maxBytes: number): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  // A source that is left early must stay open: it is the request, and the answer goes the same way.
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(field, maxBytes);
    yield chunk;
  }
}

/** Passes the chunks on, but not one of them before `judge` has seen the first bytes and let them pass. */
async function* judgeHead(
  chunks: AsyncIterable<Buffer>,
  headBytes: number,
  judge: (head: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let head: Buffer[] | null = [];
  let length = 0;
  for await (const chunk of chunks) {
    if (!head) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    length += chunk.length;
    if (length < headBytes) continue;
    const seen = Buffer.concat(head);
    head = null;
    judge(seen);
    yield seen;
  }
  if (!head) return;
  const seen = Buffer.concat(head);
  judge(seen);
  yield seen;
}

/** The client's file name without folders and control characters; it is shown, never used as a path. */
function plainName(filename: string): string {
  const base = filename.split(/[\\/]/).at(-1) ?? '';
  return base.replaceAll(/\p{Cc}/gu, '').slice(0, 200) || 'upload';
}
