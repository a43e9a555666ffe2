import type { Config } from '../../../../config/platform.ts';
import { AppError, toAppError } from '../../../../errors.ts';
import { invalidRequest } from '../../../../fields/invalid-request.ts';
import type { JobContract, UploadRules } from '../../../../jobs/contract.ts';
import type { FileReference } from '../../../../jobs/files/file-reference.ts';
import type { StoredFile } from '../../../../jobs/files/stored-file.ts';
import { UPLOADS, uploadedFile } from '../../../../jobs/files/upload-record.ts';
import type { JobName } from '../../../../jobs/job-name.ts';
import type { StoredJob } from '../../../../jobs/stored-job.ts';
import type { Producer } from '../../../../queue/producer/producer.ts';
import type { Storage } from '../../../../storage/storage.ts';
import type { Asker } from '../../../auth/identify.ts';
import { maySee } from '../../job-finder.ts';

/** What judging references takes. */
export interface ReferenceDeps {
  config: Config;
  producer: Pick<Producer, 'findRecord'>;
  storage: Pick<Storage, 'open'>;
}

/** An upload or another job that a job names, and where. */
export interface Need extends JobName {
  reference: FileReference;
  /** The file of an upload. */
  file?: StoredFile;
}

/**
 * A job may only name jobs and uploads that its caller can see, and its kind judges uploads as if they had come along.
 * Answers what it names. Throws invalid_request, payload_too_large, and what the kind refuses them with, at the field
 * that names them.
 */
export async function assertReferences(
  req: Asker,
  contract: Pick<JobContract, 'references' | 'upload'>,
  input: unknown,
  deps: ReferenceDeps,
): Promise<Need[]> {
  const needs: Need[] = [];
  const named = contract.references?.(input) ?? [];
  const found = await findAll(named, deps);
  const sizes = new Map<string, number>();
  for (const reference of named) {
    const { id } = reference;
    const record = found.get(id);
    const isOurs = record !== null && record !== undefined && maySee(req, record.envelope);
    if (isOurs && record.envelope.receiving) throw unfinishedReference(reference);
    const file = isOurs ? uploadOf(record) : undefined;
    if (!record || file === undefined) throw unknownReference(reference);
    needs.push({ kind: record.kind, id, reference, ...(file ? { file } : {}) });
    if (file) await assertFits(reference, file, { contract, deps, sizes });
  }
  return needs;
}

/** Reads each record that is named, once. */
async function findAll(
  named: readonly FileReference[],
  { producer }: ReferenceDeps,
): Promise<Map<string, StoredJob | null>> {
  const ids = [...new Set(named.map(({ id }) => id))];
  return new Map(await Promise.all(ids.map(async (id) => [id, await producer.findRecord(id)] as const)));
}

/** The file of an upload; null for a job, whose files only its run can tell, undefined for a damaged record. */
const uploadOf = ({ kind, envelope }: StoredJob): StoredFile | null | undefined =>
  kind === UPLOADS.kind ? uploadedFile(envelope) : null;

/** Makes the refusal of a job that names what is not there. */
const unknownReference = ({ id, pointer }: FileReference): AppError => {
  const what = id.startsWith(`${UPLOADS.idPrefix}_`) ? 'upload' : 'job';
  return invalidRequest([{ pointer, detail: `names no ${what} of yours: ${id}` }]);
};

/** Makes the refusal of a job that names an upload whose bytes are not all there. */
function unfinishedReference({ id, pointer }: FileReference): AppError {
  const fault = { pointer, detail: `names an upload that has not come whole yet: ${id}` };
  return new AppError('upload_unfinished', invalidRequest([fault]).message, { errors: [fault], retryAfterSeconds: 5 });
}

interface Judging {
  contract: Pick<JobContract, 'upload'>;
  deps: ReferenceDeps;
  /** What the uploads of each limit have so far. */
  sizes: Map<string, number>;
}

/**
 * Judges an upload as if it had come along. Throws payload_too_large, unsupported_media_type, and what the kind refuses it
 * with, at the field that names it.
 */
export async function assertFits(
  { pointer, field, types, limit }: FileReference,
  file: StoredFile,
  { contract: { upload }, deps, sizes }: Judging,
): Promise<void> {
  const refuse = (code: 'payload_too_large' | 'unsupported_media_type', detail: string) => {
    const message = `${invalidRequest([{ pointer, detail }]).message}`;
    return new AppError(code, message, { errors: [{ pointer, detail }] });
  };
  if (types && !types.includes(file.type)) {
    throw refuse('unsupported_media_type', `must be of the type ${types.join(' or ')}; it is ${file.type}`);
  }
  if (limit) {
    const bytes = (sizes.get(limit.what) ?? 0) + file.bytes;
    sizes.set(limit.what, bytes);
    const most = `${limit.bytes / 1e6} MB`;
    if (bytes > limit.bytes) throw refuse('payload_too_large', `is too large: ${limit.what} may have ${most} together`);
  }
  if (!upload || field === undefined) return;
  const maxBytes = upload.maxBytes(deps.config);
  if (file.bytes > maxBytes) throw refuse('payload_too_large', `must be at most ${maxBytes} bytes`);
  await inspectHead(file, upload, { field, pointer, deps });
}

/** Has the kind look at the first bytes; what it refuses them with is said of the field that names the upload. */
async function inspectHead(
  { key }: StoredFile,
  { headBytes, inspect }: UploadRules,
  { field, pointer, deps }: { field: string; pointer: string; deps: ReferenceDeps },
): Promise<void> {
  try {
    const chunks: Buffer[] = [];
    const content = await deps.storage.open(key, { start: 0, end: headBytes - 1 });
    for await (const chunk of content) chunks.push(chunk as Buffer);
    inspect(Buffer.concat(chunks), deps.config, field);
  } catch (thrown) {
    const { code, message, status } = toAppError(thrown);
    // Erased in this moment.
    if (code === 'not_found') throw invalidRequest([{ pointer, detail: 'is being erased' }]);
    if (status >= 500) throw thrown;
    throw new AppError(code, message, { cause: thrown, errors: [{ pointer, detail: message }] });
  }
}

/** The uploads that stand where a file of a form would, by its field. */
export const filesOf = (needs: readonly Need[]): Record<string, StoredFile> =>
  Object.fromEntries(
    needs.flatMap(({ reference: { field }, file }) => (field !== undefined && file ? [[field, file]] : [])),
  );

/** What is named several times is held once. */
export const onlyOnce = (needs: readonly Need[]): Need[] => [...new Map(needs.map((need) => [need.id, need])).values()];

/** Holds what a job names, before it is queued; throws invalid_request where one is gone by now. */
export async function holdNeeds(producer: Pick<Producer, 'hold'>, job: JobName, needs: readonly Need[]): Promise<void> {
  if (needs.length === 0) return;
  const gone = await producer.hold(job, onlyOnce(needs));
  const lost = gone && needs.find(({ id }) => id === gone.id);
  if (lost) throw unknownReference(lost.reference);
}
