import { isUtf8 } from 'node:buffer';
import type { Readable } from 'node:stream';
import { Busboy, type BusboyFileStream, type BusboyHeaders, type BusboyInstance } from '@fastify/busboy';
import type { Request } from 'express';
import { AppError } from '../../../errors.ts';
import { invalidRequest, pointerOf } from '../../../fields/invalid-request.ts';
import type { UploadRules } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { isBrowserSession } from '../../auth/identify.ts';
import type { TextFields } from '../../form-texts.ts';
import { prefersHtml } from '../../problem.ts';
import { notUtf8 } from '../accept/body/parse-json.ts';
import { EmptyFile, limitBytes, saveFile } from './save-file.ts';
import {
  MAX_FIELD_BYTES,
  MAX_FIELDS,
  MAX_FURTHER_FILES,
  mostBytes,
  type UploadTarget,
  wholeTooLarge,
} from './upload-target.ts';

/** What is a file whatever its name. */
const FILE_TYPE = /^(image\/|application\/octet-stream$)/;
/** PHP and Rails write several files as `file[]`. */
const IN_BRACKETS = /\[\d*\]$/;
/** A file of a name that the input does not tell beforehand; the storage key ends in it. */
const FILE_FIELD = /^[a-z0-9]\w{0,63}$/i;

/** A request with files, as it stands after reading: its text fields, and the files in storage by their form fields. */
export interface Upload {
  fields: TextFields;
  files: Record<string, StoredFile>;
}

/** What came of a form, by request. */
const receivedByRequest = new WeakMap<Request, Upload>();

/**
 * The text fields that a multipart request had sent before it was answered; a form that failed is shown with them
 * again.
 */
export const receivedFields = (req: Request): Map<string, string> =>
  new Map([...(receivedByRequest.get(req)?.fields ?? [])].map(([name, texts]) => [name, texts[0] ?? '']));

/** The files that a multipart request had stored before it was answered, by their form fields. */
export const receivedFiles = (req: Request): Record<string, StoredFile> => receivedByRequest.get(req)?.files ?? {};

/** Reads a multipart form; its files stream to storage. Rejects as `readUpload`. */
export function readMultipart(req: Request, deps: UploadTarget): Promise<Upload> {
  const { jsonField } = deps.rules;
  const fields = new Map<string, string[]>();
  const stored: Record<string, StoredFile> = {};
  receivedByRequest.set(req, { fields, files: stored });
  const saving = new Map<string, Promise<StoredFile | undefined>>();
  const taking: Promise<void>[] = [];
  const reading = new Set<BusboyFileStream>();

  return new Promise<Upload>((resolve, reject) => {
    const parser = openParser(req, deps);
    const fail = (error: AppError) => {
      req.unpipe(parser);
      for (const stream of reading) stream.destroy(error);
      // Only when nothing is being written any more can the caller remove what was.
      Promise.allSettled([...saving.values(), ...taking]).then(() => reject(error));
    };
    const addField = (name: string, text: string) => fields.set(name, [...(fields.get(name) ?? []), text]);
    parser.on('field', (name = '', text: string, nameTruncated: boolean, textTruncated: boolean) => {
      if (nameTruncated || textTruncated) fail(invalidRequest([{ pointer: pointerOf([name]), detail: 'is too long' }]));
      else addField(name, text);
    });
    parser.on('file', (field = '', stream: BusboyFileStream, filename = '') => {
      // Its errors are the parser's too, or come from `fail`.
      stream.on('error', () => {});
      stream.once('close', () => reading.delete(stream));
      const name = field.replace(IN_BRACKETS, '');
      if (deps.items && name === deps.rules.field) {
        reading.add(stream);
        const taken = deps.items.take(taking.length, stream, filename);
        taking.push(taken);
        taken.catch(fail);
        return undefined;
      }
      const fault = findFileFault(name, saving, deps.rules);
      if (fault) {
        fail(invalidRequest([{ pointer: pointerOf([name]), detail: fault }]));
        return stream.resume();
      }
      reading.add(stream);
      const taken =
        name === jsonField
          ? readText(stream, name, deps.config.JSON_MAX_BYTES).then((text) => void addField(name, text))
          : saveUnlessLeft(stream, deps, name, filename);
      saving.set(name, taken);
      taken.then(
        (file) => {
          if (file) stored[name] = file;
        },
        (error) => {
          if (!isOfPages(req)) return fail(error);
          // What stands behind the file is read all the same: the form comes back as it was typed.
          return stream.resume();
        },
      );
      return undefined;
    });
    for (const event of LIMITS) parser.on(event, () => fail(tooMany(event, deps)));
    parser.on('error', (cause: unknown) => fail(malformed(cause)));
    req.once('close', () => {
      if (!req.complete) fail(new AppError('invalid_request', 'The upload was broken off.'));
    });
    parser.on('finish', () => {
      const saved = Promise.all([...saving].map(async ([name, file]) => [name, await file] as const));
      Promise.all([saved, ...taking]).then(([entries]) => {
        const files = Object.fromEntries(entries.filter((entry): entry is [string, StoredFile] => Boolean(entry[1])));
        resolve({ fields, files });
      }, fail);
    });
    watchLength(req, deps, fail);
    req.pipe(parser);
  });
}

/** Fails a form that is too long as a whole: what stands between the parts counts too, and its head may not have told. */
function watchLength(req: Request, deps: UploadTarget, fail: (error: AppError) => void): void {
  const most = mostBytes(deps, true);
  let bytes = 0;
  req.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > most && bytes - chunk.length <= most) fail(wholeTooLarge(deps));
  });
}

/** Whether a person's browser has posted a form of ours, and gets it back where something in it is refused. */
const isOfPages = (req: Request): boolean => isBrowserSession(req) && prefersHtml(req);

/** Why no file may come in that form field, as far as its name tells; undefined when it may. */
function findFileFault(name: string, seen: ReadonlyMap<string, unknown>, rules: UploadRules): string | undefined {
  const { field, jsonField, files } = rules;
  if (seen.has(name)) return name === jsonField ? 'must be given once' : 'must be one file';
  if (name === field || name === jsonField) return undefined;
  if (!files) return `is not a known file field; send the file as "${field}"`;
  if (!FILE_FIELD.test(name)) return 'must be a field name of 1 to 64 letters, digits or underscores';
  return seen.size > MAX_FURTHER_FILES ? `is one file too many: up to ${MAX_FURTHER_FILES} may come along` : undefined;
}

/** The text of a part that was sent as a file: a JSON body beside data files. */
async function readText(source: Readable, field: string, maxBytes: number): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of limitBytes(source, field, maxBytes)) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  if (!isUtf8(bytes)) throw notUtf8(`/${field}`);
  return bytes.toString('utf8');
}

/** Saves a file; a part without content and file name is a file input that was left alone. */
async function saveUnlessLeft(
  stream: BusboyFileStream,
  deps: UploadTarget,
  field: string,
  filename: string,
): Promise<StoredFile | undefined> {
  try {
    return await saveFile(stream, deps, field, filename);
  } catch (error) {
    if (error instanceof EmptyFile && filename === '') return undefined;
    throw error;
  }
}

/**
 * Whether a field is a file, with or without a file name, which many clients do not send. Beside a JSON body every other
 * field is one.
 */
const isFileField = ({ field, jsonField }: UploadRules, name: string): boolean =>
  jsonField !== undefined || name.replace(IN_BRACKETS, '') === field;

/** What the parser says of a form with too many parts. */
const LIMITS = ['partsLimit', 'fieldsLimit', 'filesLimit'] as const;

/** Makes the refusal of such a form. */
function tooMany(event: (typeof LIMITS)[number], { items, rules }: UploadTarget): AppError {
  if (!items || event === 'fieldsLimit') {
    return invalidRequest([{ pointer: '', detail: `The form has too many fields` }]);
  }
  return invalidRequest([{ pointer: pointerOf([rules.field ?? '']), detail: `must be at most ${items.max} files` }]);
}

function openParser(req: Request, { rules, items }: UploadTarget): BusboyInstance {
  const files = (items?.max ?? 2) + (rules.files ? MAX_FURTHER_FILES : 0);
  try {
    return new Busboy({
      headers: req.headers as BusboyHeaders,
      isPartAFile: (name = '', type = '', filename) =>
        filename !== undefined || FILE_TYPE.test(type) || isFileField(rules, name),
      limits: { files, fields: MAX_FIELDS, fieldSize: MAX_FIELD_BYTES, parts: MAX_FIELDS + files, fieldNameSize: 100 },
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
