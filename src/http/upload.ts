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

export interface UploadDeps {
  config: Config;
  storage: Storage;
  rules: UploadRules;
  jobId: string;
}

/**
 * Reads a multipart or raw upload; the file streams to storage, judged by its first bytes and cut off at the limit.
 * Rejects with an AppError; what was stored by then is the caller's to remove (`uploadKey(jobId)`).
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
  let saving: Promise<StoredFile> | undefined;

  return new Promise<Upload>((resolve, reject) => {
    const parser = openParser(req, reject);
    const fail = (error: unknown) => {
      req.unpipe(parser);
      reject(error);
    };
    parser.on('field', (name: string, text: string, nameTruncated: boolean, textTruncated: boolean) => {
      if (nameTruncated || textTruncated) fail(invalidRequest([{ pointer: `/${name}`, detail: 'is too long' }]));
      fields.set(name, [...(fields.get(name) ?? []), text]);
    });
    parser.on('file', (name: string, stream: BusboyFileStream, filename: string) => {
      // A body that ends too early ends the file with an error; the parser reports the same.
      stream.on('error', () => {});
      req.once('close', () => {
        if (!req.complete) stream.destroy(new AppError('invalid_request', 'The upload was broken off.'));
      });
      if (!filename && name === field) stream.resume();
      else if (name !== field)
        fail(
          invalidRequest([{ pointer: `/${name}`, detail: `is not a known file field; send the file as "${field}"` }]),
        );
      else if (saving) fail(invalidRequest([{ pointer: `/${field}`, detail: 'must be one file' }]));
      else {
        saving = saveFile(stream, deps, filename);
        saving.catch(fail);
      }
    });
    for (const event of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const) {
      parser.on(event, () =>
        fail(invalidRequest([{ pointer: '', detail: `The form has more than ${MAX_FIELDS} fields.` }])),
      );
    }
    parser.on('error', (cause: unknown) => fail(malformed(cause)));
    req.once('close', () => {
      if (!req.complete) fail(new AppError('invalid_request', 'The upload was broken off.'));
    });
    parser.on('finish', async () => {
      if (!saving)
        return fail(invalidRequest([{ pointer: `/${field}`, detail: 'is missing: choose a file to upload' }]));
      return saving.then((file) => resolve({ fields, file }), fail);
    });
    req.pipe(parser);
  });
}

function openParser(req: Request, reject: (error: unknown) => void): BusboyInstance {
  try {
    return new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: { files: 2, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: MAX_FIELDS + 2, fieldNameSize: 100 },
    });
  } catch (cause) {
    reject(malformed(cause));
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
  { config, storage, rules, jobId }: UploadDeps,
  filename: string,
): Promise<StoredFile> {
  const { field } = rules;
  const maxBytes = rules.maxBytes(config);
  const key = uploadKey(jobId, field);
  let type = '';
  const inspected = inspectHead(source, rules.headBytes, (head) => {
    if (head.length === 0) throw invalidRequest([{ pointer: `/${field}`, detail: 'is empty' }]);
    type = rules.inspect(head, config).type;
  });
  try {
    const written = await storage.put(key, inspected, { maxBytes });
    return { key, name: plainName(filename), type, ...written };
  } catch (error) {
    if (error instanceof AppError && error.code === 'payload_too_large' && !error.errors)
      throw tooLarge(field, maxBytes);
    throw error;
  }
}

/** Passes the chunks on, but not one of them before `judge` has seen the first bytes and let them pass. */
async function* inspectHead(
  source: Readable,
  headBytes: number,
  judge: (head: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let head: Buffer[] | null = [];
  let length = 0;
  // A source that is left early must stay open: it is the request, and the answer goes the same way.
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
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
