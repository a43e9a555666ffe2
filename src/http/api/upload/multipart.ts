import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import { AppError } from '../../../errors.ts';
import { invalidRequest, pointerOf } from '../../../fields/invalid-request.ts';
import type { UploadRules } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/stored-file.ts';
import type { TextFields } from '../../fields.ts';
import { limitBytes, saveFile } from './save-file.ts';
import { MAX_FIELD_BYTES, MAX_FURTHER_FILES, textBytes, type UploadTarget } from './upload-target.ts';

const MAX_FIELDS = 100;
/** A file of a name that the input does not tell beforehand; the storage key ends in it. */
const FILE_FIELD = /^[a-z0-9]\w{0,63}$/i;

/** A request with files, as it stands after reading: its text fields, and the files in storage by their form fields. */
export interface Upload {
  fields: TextFields;
  files: Record<string, StoredFile>;
}

/** The text fields of a form by request, as far as they came. */
const fieldsOfRequest = new WeakMap<Request, TextFields>();

/**
 * The text fields that a multipart request had sent before it was answered; a form that failed is shown with them
 * again.
 */
export const receivedFields = (req: Request): Map<string, string> =>
  new Map([...(fieldsOfRequest.get(req) ?? [])].map(([name, texts]) => [name, texts[0] ?? '']));

/** Reads a multipart form; its files stream to storage. Rejects as `readUpload`. */
export function readMultipart(req: Request, deps: UploadTarget): Promise<Upload> {
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

function openParser(req: Request, { rules, config }: UploadTarget): BusboyInstance {
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
