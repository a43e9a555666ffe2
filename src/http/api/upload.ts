import { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import type { Config } from '../../config/platform.ts';
import { AppError } from '../../errors.ts';
import { invalidRequest, pointerOf } from '../../fields/invalid-request.ts';
import type { UploadRules } from '../../jobs/contract.ts';
import type { StoredFile } from '../../jobs/stored-file.ts';
import { uploadKey } from '../../storage/keys.ts';
import type { Storage } from '../../storage/storage.ts';
import type { TextFields } from '../fields.ts';

/** Multipart overhead beside the file: boundaries, part headers and the text fields. */
const MULTIPART_SLACK_BYTES = 1_000_000;
const MAX_FIELDS = 100;
const MAX_FIELD_BYTES = 100_000;

/** A file of a name that the input does not tell beforehand; the storage key ends in it. */
const FILE_FIELD = /^[a-z0-9]\w{0,63}$/i;
const MAX_FURTHER_FILES = 10;

/** A request with files, as it stands after reading: its text fields, and the files in storage by their form fields. */
export interface Upload {
  fields: TextFields;
  files: Record<string, StoredFile>;
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
 * Reads a multipart or raw upload; files stream to storage, judged by their first bytes and cut off at the limit.
 * Rejects with an AppError; what was stored by then is the caller's to remove (`uploadFolder(jobId, nonce)`).
 */
export async function readUpload(req: Request, deps: UploadDeps): Promise<Upload> {
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

function refuseByLength(req: Request, { config, rules }: UploadDeps): void {
  const maxBytes = rules.maxBytes(config);
  const files = rules.files && req.is('multipart/form-data') ? 1 + MAX_FURTHER_FILES : 1;
  const mostBytes = files * maxBytes + textBytes(rules, config) + MULTIPART_SLACK_BYTES;
  if (Number(req.get('content-length') ?? 0) > mostBytes) throw tooLarge(rules.field ?? 'the upload', maxBytes);
}

const tooLarge = (field: string, maxBytes: number): AppError =>
  new AppError('payload_too_large', `${field} is larger than the limit of ${maxBytes / 1_000_000} MB.`, {
    errors: [{ pointer: `/${field}`, detail: `must be at most ${maxBytes} bytes` }],
  });

/** Most bytes of one text field. */
const textBytes = ({ jsonField }: UploadRules, { JSON_MAX_BYTES }: Config): number =>
  jsonField ? JSON_MAX_BYTES : MAX_FIELD_BYTES;

function queryFields(req: Request): TextFields {
  const fields = new Map<string, string[]>();
  for (const [name, value] of new URL(req.originalUrl, 'http://localhost').searchParams) {
    if (name !== 'filename') fields.set(name, [...(fields.get(name) ?? []), value]);
  }
  return fields;
}

function readMultipart(req: Request, deps: UploadDeps): Promise<Upload> {
  const { jsonField } = deps.rules;
  const fields = new Map<string, string[]>();
  fieldsOfRequest.set(req, fields);
  const saving = new Map<string, Promise<StoredFile | undefined>>();
  let reading: BusboyFileStream | undefined;

  return new Promise<Upload>((resolve, reject) => {
    const parser = openParser(req, deps);
    const fail = (error: AppError) => {
      req.unpipe(parser);
      reading?.destroy(error);
      // Only when nothing is being written any more can the caller remove what was.
      Promise.allSettled(saving.values()).then(() => reject(error));
    };
    const addField = (name: string, text: string) => fields.set(name, [...(fields.get(name) ?? []), text]);
    parser.on('field', (name: string, text: string, nameTruncated: boolean, textTruncated: boolean) => {
      const isTooLong = nameTruncated || textTruncated || (name !== jsonField && text.length > MAX_FIELD_BYTES);
      if (isTooLong) fail(invalidRequest([{ pointer: pointerOf([name]), detail: 'is too long' }]));
      else addField(name, text);
    });
    parser.on('file', (name: string, stream: BusboyFileStream, filename: string) => {
      // Its errors are the parser's too, or come from `fail`.
      stream.on('error', () => {});
      // A file input that was left alone sends a part without a name and content.
      if (!filename && name !== jsonField) return stream.resume();
      const fault = findFileFault(name, saving, deps.rules);
      if (fault) {
        fail(invalidRequest([{ pointer: pointerOf([name]), detail: fault }]));
        return stream.resume();
      }
      reading = stream;
      const taken =
        name === jsonField
          ? readText(stream, name, deps.config.JSON_MAX_BYTES).then((text) => void addField(name, text))
          : saveFile(stream, deps, name, filename);
      saving.set(name, taken);
      taken.catch(fail);
      return undefined;
    });
    for (const event of ['partsLimit', 'fieldsLimit', 'filesLimit'] as const) {
      parser.on(event, () => fail(invalidRequest([{ pointer: '', detail: `The form has too many fields` }])));
    }
    parser.on('error', (cause: unknown) => fail(malformed(cause)));
    req.once('close', () => {
      if (!req.complete) fail(new AppError('invalid_request', 'The upload was broken off.'));
    });
    parser.on('finish', () => {
      Promise.all([...saving].map(async ([name, file]) => [name, await file] as const)).then((entries) => {
        const files = Object.fromEntries(entries.filter((entry): entry is [string, StoredFile] => Boolean(entry[1])));
        resolve({ fields, files });
      }, fail);
    });
    req.pipe(parser);
  });
}

/** Why no file may come in that form field, as far as its name tells; undefined when it may. */
function findFileFault(name: string, seen: ReadonlyMap<string, unknown>, rules: UploadRules): string | undefined {
  const { field, jsonField, files } = rules;
  if (seen.has(name)) return 'must be one file';
  if (name === field || name === jsonField) return undefined;
  if (!files) return `is not a known file field; send the file as "${field}"`;
  if (!FILE_FIELD.test(name)) return 'must be a field name of 1 to 64 letters, digits or underscores';
  return seen.size > MAX_FURTHER_FILES ? `is one file too many: up to ${MAX_FURTHER_FILES} may come along` : undefined;
}

/** The text of a part that was sent as a file: a JSON body beside data files. */
async function readText(source: Readable, field: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of limitBytes(source, field, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function openParser(req: Request, { rules, config }: UploadDeps): BusboyInstance {
  const files = rules.files ? 2 + MAX_FURTHER_FILES : 2;
  const fieldSize = textBytes(rules, config);
  try {
    return new Busboy({
      headers: req.headers as BusboyHeaders,
      limits: { files, fields: MAX_FIELDS, fieldSize, parts: MAX_FIELDS + files, fieldNameSize: 100 },
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
  field: string,
  filename: string,
): Promise<StoredFile> {
  const key = uploadKey(jobId, nonce, field);
  let type = '';
  const judged = judgeHead(limitBytes(source, field, rules.maxBytes(config)), rules.headBytes, (head) => {
    if (head.length === 0) throw invalidRequest([{ pointer: `/${field}`, detail: 'is empty' }]);
    type = rules.inspect(head, config, field).type;
  });
  const written = await storage.put(key, judged);
  return { key, name: plainName(filename), type, ...written };
}

/** Puts a text into storage as if it had come as a file of that name. */
export const saveText = (text: string, deps: UploadDeps, field: string, filename: string): Promise<StoredFile> =>
  saveFile(Readable.from([Buffer.from(text)]), deps, field, filename);

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
