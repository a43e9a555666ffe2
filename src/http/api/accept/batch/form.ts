import { createHash } from 'node:crypto';
import type { Request } from 'express';
import { type AppError, toAppError } from '../../../../errors.ts';
import { invalidRequest, pointerOf } from '../../../../fields/invalid-request.ts';
import type { BatchRules, JobContract, UploadRules } from '../../../../jobs/contract.ts';
import type { StoredFile } from '../../../../jobs/files/stored-file.ts';
import { BATCH_PREFIX, deriveJobId, randomNonce } from '../../../../jobs/id.ts';
import { uploadFolder, uploadKey } from '../../../../storage/keys.ts';
import { splitFormToken } from '../../../actions/form-token.ts';
import { callerOf } from '../../../auth/identify.ts';
import type { Receiving } from '../../../connections/receiving.ts';
import type { FieldReader } from '../../../fields.ts';
import type { TextFields } from '../../../form-texts.ts';
import { assertFiles } from '../../upload/needed-files.ts';
import { EmptyFile, plainName, saveFile } from '../../upload/save-file.ts';
import { readUpload } from '../../upload/upload.ts';
import { parseJson } from '../body/parse-json.ts';
import { type ChosenId, chooseId } from '../choose-id.ts';
import { removeUpload } from '../enqueue-job.ts';
import { splitKept } from '../files/kept-files.ts';
import type { QueueDeps } from '../queue-deps.ts';
import type { Entry } from './entry.ts';
import { createLanes } from './lanes.ts';

/** Files of one form that are written at a time: small ones need not wait for each other's sync. */
const FILES_AT_ONCE = 4;
/** Where storage was away for one file of a form, others find out again only after this. */
const AWAY_MS = 1000;
/** The field that says in what the jobs of the files differ. */
const DIFFERENCES = 'items';

export interface BatchFormDeps extends QueueDeps {
  receiving: Receiving;
}

/** A file of the form: where it lies, or why it was refused. */
export interface FormItem {
  chosen: ChosenId;
  name: string;
  file?: StoredFile;
  error?: AppError;
}

/** A form that was read to its end; its files lie in storage. */
export interface BatchForm {
  fields: TextFields;
  items: FormItem[];
  /** Files that came along for all of its jobs, by their form fields. */
  further: Record<string, StoredFile>;
  /** Removes the files that came along; each job has a link of its own to those that it needs. */
  removeFurther(): Promise<void>;
  /** Removes all that it stored. */
  remove(): Promise<void>;
}

/**
 * Reads a form with many files, which stream to storage, each under the id of its own job; one that is refused is so by
 * itself, and nothing of it stays. Rejects as `readUpload` does, and then nothing stays at all.
 */
export async function readBatchForm(
  req: Request,
  contract: JobContract,
  rules: { batch: BatchRules; upload: UploadRules; first: ChosenId },
  deps: BatchFormDeps,
): Promise<BatchForm> {
  const { config, storage, receiving } = deps;
  const { batch, upload, first } = rules;
  const { field = '' } = upload;
  const takeLane = createLanes(FILES_AT_ONCE);
  const items = new Map<number, FormItem>();
  const shared: ChosenId = { ...first, nonce: randomNonce() };
  const target = { config, storage, receiving, rules: upload, jobId: shared.id, nonce: shared.nonce };
  let away: { error: AppError; untilMs: number } | undefined;
  const removeFurther = () => removeUpload(shared, deps);
  const remove = async () => {
    await Promise.all([...items.values()].map(({ chosen }) => takeLane(() => removeUpload(chosen, deps))));
    await removeFurther();
  };
  const save = async (
    index: number,
    item: FormItem,
    ...[content, filename]: [Parameters<typeof saveFile>[0], string]
  ) => {
    const { id: jobId, nonce } = item.chosen;
    try {
      if (away && performance.now() < away.untilMs) throw away.error;
      item.file = await saveFile(content, { ...target, jobId, nonce }, field, filename);
    } catch (thrown) {
      const error = toAppError(thrown);
      // What else is wrong with one file is that file's trouble alone.
      if (error.code === 'storage_unavailable' && error !== away?.error) {
        away = { error, untilMs: performance.now() + AWAY_MS };
      }
      // A file input that was left alone.
      if (thrown instanceof EmptyFile && filename === '') items.delete(index);
      else item.error = error;
    } finally {
      content.resume();
    }
  };
  const take = async (index: number, content: Parameters<typeof saveFile>[0], filename: string) => {
    const chosen = index === 0 ? first : await chooseId(req, contract, deps, [batch.path, index]);
    const item: FormItem = { chosen, name: plainName(filename) };
    items.set(index, item);
    await takeLane(() => save(index, item, content, filename));
  };
  try {
    const { fields, files: further } = await readUpload(req, { ...target, items: { max: batch.max, take } });
    return {
      fields,
      items: [...items].sort(([a], [b]) => a - b).map(([, item]) => item),
      further,
      removeFurther,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

/** A form's entries, and what is said of the batch as a whole. */
export interface FormEntries {
  entries: Entry[];
  callbackUrl: unknown;
  /** The id of the batch, and of its first job, of a form of the pages: the same form with the same content is the same batch. */
  byToken: { id: string; chosen: ChosenId } | null;
  /** Throws invalid_request for a file that came along and that no entry refers to; to be called once all were read. */
  assertAllUsed(): void;
}

/** Makes the entries of a form: its flat fields hold for all, `items` says in what they differ. Throws invalid_request. */
export function readFormEntries(
  req: Request,
  contract: JobContract,
  { form, reader, upload }: { form: BatchForm; reader: FieldReader; upload: UploadRules },
  deps: QueueDeps,
): FormEntries {
  const { items, further } = form;
  const { field = '' } = upload;
  if (items.length === 0)
    throw invalidRequest([{ pointer: `/${field}`, detail: 'is missing: choose files to upload' }]);
  const { token, typed: said } = splitFormToken(req, form.fields);
  const { typed } = splitKept(req, said);
  const {
    [DIFFERENCES]: _,
    callbackUrl,
    ...body
  } = reader.toBody(new Map([...typed].filter(([name]) => name !== DIFFERENCES)));
  const differences = readDifferences(typed.get(DIFFERENCES), items.length);
  // Refused as a whole: what is wrong is wrong of each.
  const common = differences ? null : reader.readJson(body);
  const used = new Set<string>();
  const batchId = token === undefined ? null : idOfForm(req, contract, { form, typed, token }, deps);
  const chosen = items.map((item, index) =>
    batchId === null ? item.chosen : chooseByForm(contract, { batchId, index, item }, deps),
  );

  const readOne = async (item: FormItem, index: number) => {
    const { input, options } = common ?? reader.readJson({ ...body, ...differences?.[index] });
    const place = chosen[index] as ChosenId;
    const wanted = upload.files?.(input) ?? [];
    const along = Object.entries(further).filter(([name]) => wanted.includes(name));
    const keyOf = (name: string) => uploadKey(place.id, place.nonce, name);
    const uploads = Object.fromEntries(
      [[field, item.file as StoredFile] as const, ...along].map(([name, file]) => [
        name,
        { ...file, key: keyOf(name) },
      ]),
    );
    for (const [name] of along) used.add(name);
    assertFiles(contract, input, uploads);
    if (place !== item.chosen) {
      await deps.storage.move(folderOf(item.chosen), folderOf(place));
      item.chosen = place;
    }
    for (const [name, file] of along) await deps.storage.link(file.key, keyOf(name));
    return { contract, job: { input, options, uploads } };
  };
  const read = async (item: FormItem, index: number) => {
    if (item.error) throw item.error;
    try {
      return await readOne(item, index);
    } catch (error) {
      await removeUpload(item.chosen, deps);
      throw error;
    }
  };

  return {
    entries: items.map((item, index) => ({ chosen: chosen[index] as ChosenId, read: () => read(item, index) })),
    callbackUrl,
    byToken: batchId === null ? null : { id: batchId, chosen: chosen[0] as ChosenId },
    assertAllUsed() {
      const unused = Object.keys(further).filter((name) => !used.has(name));
      if (unused.length === 0 || items.every(({ error }) => error)) return;
      throw invalidRequest(
        unused.map((name) => ({ pointer: pointerOf([name]), detail: 'is a file that nothing refers to' })),
      );
    },
  };
}

const folderOf = ({ id, nonce }: ChosenId): string => uploadFolder(id, nonce);

/** Reads in what the jobs of the files differ: an object for each, in their order; null where nothing is said. */
function readDifferences(texts: readonly string[] | undefined, count: number): object[] | null {
  const given = texts?.filter((text) => text !== '') ?? [];
  if (given.length === 0) return null;
  const pointer = `/${DIFFERENCES}`;
  const list = given.length === 1 ? parseJson(Buffer.from(String(given[0])), pointer) : null;
  if (!Array.isArray(list)) throw invalidRequest([{ pointer, detail: 'must be a list, in JSON, given once' }]);
  if (list.length !== count) {
    throw invalidRequest([{ pointer, detail: `must have one entry for each file: ${list.length} for ${count} files` }]);
  }
  return list.map((entry: unknown, index) => {
    // PHP writes an empty object as an empty list.
    if (entry === null || (Array.isArray(entry) && entry.length === 0)) return {};
    if (typeof entry === 'object' && !Array.isArray(entry)) return entry;
    throw invalidRequest([{ pointer: pointerOf([DIFFERENCES, index]), detail: 'must be an object' }]);
  });
}

/** The id of the batch that a form of the pages asks for. */
function idOfForm(
  req: Request,
  { kind }: JobContract,
  { form, typed, token }: { form: BatchForm; typed: TextFields; token: string },
  { secrets }: QueueDeps,
): string {
  const files = form.items.map(({ file, name }) => [name, file?.sha256 ?? '']);
  const content = createHash('sha256')
    .update(JSON.stringify([[...typed], files]))
    .digest('hex');
  return deriveJobId(secrets[0], BATCH_PREFIX, ['form', callerOf(req).name, kind, token, content]);
}

/** Chooses the id of a job of such a batch. */
const chooseByForm = (
  { idPrefix }: JobContract,
  { batchId, index, item }: { batchId: string; index: number; item: FormItem },
  { secrets }: QueueDeps,
): ChosenId => ({
  ...item.chosen,
  id: deriveJobId(secrets[0], idPrefix, [batchId, index]),
  secret: secrets[0],
  repeatable: true,
});
