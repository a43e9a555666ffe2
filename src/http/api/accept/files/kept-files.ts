import type { Request } from 'express';
import { toAppError } from '../../../../errors.ts';
import { invalidRequest, pointerOf } from '../../../../fields/invalid-request.ts';
import type { JobContract } from '../../../../jobs/contract.ts';
import type { StoredFile } from '../../../../jobs/files/stored-file.ts';
import { UPLOAD_FIELD, UPLOADS } from '../../../../jobs/files/upload-record.ts';
import { randomJobId, randomNonce } from '../../../../jobs/id.ts';
import type { Producer } from '../../../../queue/producer/producer.ts';
import { uploadKey } from '../../../../storage/keys.ts';
import type { Storage } from '../../../../storage/storage.ts';
import { isBrowserSession } from '../../../auth/identify.ts';
import type { TextFields } from '../../../form-texts.ts';
import { prefersHtml } from '../../../problem.ts';
import { originOf } from '../../../request-origin.ts';
import { maySee } from '../../job-finder.ts';
import { receivedFields, receivedFiles } from '../../upload/multipart.ts';
import type { UploadTarget } from '../../upload/upload-target.ts';
import { enqueueJob } from '../enqueue-job.ts';
import type { QueueDeps } from '../queue-deps.ts';
import { holdRoom } from './hold-room.ts';
import { assertFits } from './references.ts';

/** The fields of a form that keeps a file for its field `file`: `kept.file` names it, `remove.file` takes it away. */
const KEPT_FIELD = /^(kept|remove)\.([a-z0-9]\w{0,63})$/i;

/** A file that a form of the pages keeps. */
export interface KeptFile {
  /** The upload that it is, or the job that it came with. */
  id: string;
  name: string;
  bytes: number;
}

/** The ids of kept files, by the form fields that they are for. */
type KeptIds = ReadonlyMap<string, string>;

/** What a refused form keeps, by request. */
const keptByRequest = new WeakMap<Request, Record<string, KeptFile>>();

/** The files that a form keeps that was refused just now, by its fields. */
export const keptFiles = (req: Request): Record<string, KeptFile> => keptByRequest.get(req) ?? {};

/** The name of the hidden field that names the kept file of a field. */
export const keptField = (field: string): string => `kept.${field}`;
/** The name of the tick that takes the kept file of a field away. */
export const removeField = (field: string): string => `remove.${field}`;

/** Takes the kept files off the fields of a form that a browser posted; those that were taken away are left out. */
export function splitKept(req: Request, fields: TextFields): { kept: KeptIds; typed: TextFields } {
  if (!isBrowserSession(req)) return { kept: new Map(), typed: fields };
  const kept = readKept(new Map([...fields].map(([name, [text = '']]) => [name, text])));
  return { kept, typed: new Map([...fields].filter(([name]) => !KEPT_FIELD.test(name))) };
}

/** Reads which files a form keeps; those that were taken away are left out. */
function readKept(typed: ReadonlyMap<string, string>): KeptIds {
  const names = [...typed].flatMap(([name, text]) => (text && KEPT_FIELD.test(name) ? [name] : []));
  const fields = names.flatMap((name) => KEPT_FIELD.exec(name)?.slice(2) ?? []);
  const isKept = (field: string) => typed.get(keptField(field)) && !typed.get(removeField(field));
  return new Map(fields.filter(isKept).map((field) => [field, typed.get(keptField(field)) ?? '']));
}

/**
 * Finds the file that a form keeps for a field: of an upload, or the one with which a job came in that field. Undefined
 * where it is gone, or not for the caller. Rejects with queue_unavailable.
 */
export async function findKept(
  req: Request,
  { producer, storage }: { producer: Pick<Producer, 'find'>; storage: Pick<Storage, 'open'> },
  [field, id]: readonly [field: string, id: string],
): Promise<StoredFile | undefined> {
  const record = await producer.find(id);
  if (!record || !maySee(req, record.envelope)) return undefined;
  const { uploads } = record.envelope;
  const name = record.kind === UPLOADS.kind ? UPLOAD_FIELD : field;
  const file = Object.hasOwn(uploads, name) ? uploads[name] : undefined;
  return file && (await isThere(file, storage)) ? file : undefined;
}

/** Whether the content is in storage: a job whose file could not be read has none any more. */
export async function isThere({ key }: StoredFile, storage: Pick<Storage, 'open'>): Promise<boolean> {
  const content = await storage.open(key, { start: 0, end: 0 }).catch(() => null);
  content?.destroy();
  return content !== null;
}

interface Taking {
  target: UploadTarget;
  kept: KeptIds;
  /** The files that came with the form: each stands in the place of a kept one. */
  came: Record<string, StoredFile>;
}

/**
 * Gives a form's job the files that the form keeps, judged as if they had come along. Throws invalid_request, and what the
 * kind refuses them with, at their fields, and quota_exceeded.
 */
export async function takeKept(
  req: Request,
  contract: JobContract,
  deps: QueueDeps,
  { target, kept, came }: Taking,
): Promise<Record<string, StoredFile>> {
  const { config, producer, storage } = deps;
  const { jobId, nonce } = target;
  const taken: Record<string, StoredFile> = {};
  for (const [field, id] of kept) {
    if (Object.hasOwn(came, field)) continue;
    const pointer = pointerOf([field]);
    const file = await findKept(req, deps, [field, id]);
    if (!file) throw notKept(pointer);
    await assertFits({ id, pointer, field }, file, { contract, deps: { config, producer, storage }, sizes: new Map() });
    const letGo = await holdRoom(req, contract, deps, {
      chosen: { id: jobId, repeatable: false },
      storedBytes: file.bytes,
    });
    letGo();
    const key = uploadKey(jobId, nonce, field);
    await storage.link(file.key, key).catch((thrown) => {
      throw toAppError(thrown).code === 'not_found' ? notKept(pointer) : thrown;
    });
    taken[field] = { ...file, key };
  }
  return taken;
}

const notKept = (pointer: string) =>
  invalidRequest([{ pointer, detail: 'is not kept any more: choose the file again' }]);

/**
 * Keeps the files of a form that was refused, so that it comes back with them: each becomes an upload, without another
 * copy of its bytes, and those that were kept before stay. Does not reject: what can't be kept is asked for again.
 */
export async function keepForForm(
  req: Request,
  deps: QueueDeps,
  { error, stored }: { error: unknown; stored: Record<string, StoredFile> },
): Promise<void> {
  if (!isBrowserSession(req) || !prefersHtml(req) || !mayHelp(error)) return;
  const shown: Record<string, KeptFile> = {};
  try {
    Object.assign(shown, await showKept(req, deps, receivedFields(req)));
    for (const field of Object.keys(receivedFiles(req))) {
      const file = stored[field];
      if (file) shown[field] = await makeUpload(req, deps, file);
    }
  } catch (err) {
    deps.log.info({ err, requestId: originOf(req).requestId }, 'a file of a refused form is not kept');
  }
  keptByRequest.set(req, shown);
}

/**
 * Finds the files that a form kept which is shown again, by what was typed into it; those that are gone are left out.
 * Rejects with queue_unavailable.
 */
export async function showKept(
  req: Request,
  deps: Pick<QueueDeps, 'producer' | 'storage'>,
  typed: ReadonlyMap<string, string>,
): Promise<Record<string, KeptFile>> {
  const shown: Record<string, KeptFile> = {};
  for (const [field, id] of readKept(typed)) {
    const file = await findKept(req, deps, [field, id]);
    if (file) shown[field] = { id, name: file.name, bytes: file.bytes };
  }
  return shown;
}

/** Whether the form is shown again, and Redis can take a record. */
function mayHelp(error: unknown): boolean {
  const { code, status } = toAppError(error);
  return code === 'queue_full' || (status < 500 && code !== 'unauthorized' && code !== 'forbidden');
}

/** Makes an upload of a file that lies in storage. Rejects as `POST /v1/uploads` does. */
async function makeUpload(req: Request, deps: QueueDeps, file: StoredFile): Promise<KeptFile> {
  const id = randomJobId(UPLOADS.idPrefix);
  const nonce = randomNonce();
  const { requestId } = originOf(req);
  const key = uploadKey(id, nonce, UPLOAD_FIELD);
  await deps.storage.link(file.key, key);
  const chosen = { id, nonce, secret: deps.secrets[0], repeatable: false, requestId };
  const job = { input: null, options: {}, uploads: { [UPLOAD_FIELD]: { ...file, key } } };
  await enqueueJob(req, UPLOADS, deps, { chosen, job });
  return { id, name: file.name, bytes: file.bytes };
}
