import { makesUploadUseless } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { uploadedFile } from '../../../jobs/files/upload-record.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import type { KindForm } from '../../../kinds/page.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { readInput } from '../../../storage/read-input.ts';
import type { Storage } from '../../../storage/storage.ts';
import { isThere, type KeptFile } from '../../api/accept/files/kept-files.ts';
import { fingerprintOf } from '../../api/accept/idempotency.ts';
import { createFieldReader, type FieldReader } from '../../fields.ts';

/** What was read of a job for its kind's form. */
export interface Refilled {
  values: Record<string, string>;
  note: string;
  /** The files that it came with, by field. */
  kept: Record<string, KeptFile>;
}

/** The longest text that goes back into a field. */
const MAX_TEXT_BYTES = 100_000;

/** What filling a form takes. */
export interface RefillDeps {
  storage: Pick<Storage, 'read' | 'open'>;
  producer: Pick<Producer, 'find'>;
}

/** A form, and the kind that it is of. */
interface Asking {
  contract: JobContract;
  form: KindForm;
}

/** A file that a job was made from, and what has it. */
interface Source {
  id: string;
  field: string;
  file: StoredFile;
}

/**
 * Makes the function that fills a form with what a job was asked for: null where the form can't say all of it, so that
 * nothing is lost without a word. Its files are kept; where one is gone, the note says so.
 */
export function createRefill(deps: RefillDeps) {
  const { storage } = deps;
  const readers = new Map<string, FieldReader>();
  const readerOf = (contract: JobContract): FieldReader => {
    const reader = readers.get(contract.kind) ?? createFieldReader(contract);
    readers.set(contract.kind, reader);
    return reader;
  };

  return async ({ contract, form }: Asking, job: StoredJob) => {
    const { inputFile, options } = job.envelope;
    if (!form.refill || contract.kind !== job.kind || (inputFile?.bytes ?? 0) > MAX_TEXT_BYTES) return null;
    const whole = await readInput(job.envelope, storage).catch(() => null);
    if (!whole) return null;
    const { input, uploads } = form.takeUploads?.(whole) ?? { input: whole, uploads: {} };
    const values = form.refill(input);
    if (!values) return null;
    const sources = [...ownFiles(job), ...(await findUploads(job, uploads, deps))];
    const posted = { ...form.fields, ...values };
    const asked = await readAgain(posted, { contract, form, sources, reader: readerOf(contract) });
    const isSame = asked && fingerprintOf({ ...asked, uploads: {} }) === fingerprintOf({ input, options, uploads: {} });
    if (!isSame) return null;
    const text = await readTextFile(form, job, storage);
    const { textFile } = form;
    const files = text === null ? sources : [];
    // What could not be read is of no use in another form either.
    const isUseful = !job.error || !makesUploadUseless(job.error.code);
    const there = await Promise.all(files.map(async ({ file }) => isUseful && (await isThere(file, storage))));
    const kept = files.filter((_, index) => there[index]);
    const isGone = kept.length < Object.keys(uploads).length + (text === null ? ownFiles(job).length : 0);
    const entries = kept.map(({ id, field, file: { name, bytes } }) => [field, { id, name, bytes }] as const);
    return {
      values: { ...values, ...(textFile && text !== null ? { [textFile.field]: text } : {}) },
      note: `Filled in as it was sent before.${isGone ? ' Choose the file again.' : ''}`,
      kept: Object.fromEntries(entries),
    } satisfies Refilled;
  };
}

const ownFiles = ({ id, envelope: { uploads } }: StoredJob): Source[] =>
  Object.entries(uploads).map(([field, file]) => ({ id, field, file }));

/** The uploads that a job named, as far as they are there. */
async function findUploads(
  { envelope }: StoredJob,
  named: Record<string, string>,
  { producer }: RefillDeps,
): Promise<Source[]> {
  const found = Object.entries(named).map(async ([field, id]): Promise<Source[]> => {
    const record = await producer.find(id);
    const file = record && record.envelope.caller === envelope.caller ? uploadedFile(record.envelope) : undefined;
    return file ? [{ id, field, file }] : [];
  });
  return (await Promise.all(found)).flat();
}

/** What the form would ask for with these values; null when it would be refused. */
async function readAgain(
  values: Record<string, string>,
  { contract, form, sources, reader }: Pick<Asking, 'contract' | 'form'> & { sources: Source[]; reader: FieldReader },
) {
  const fields = new Map(Object.entries(values).map(([name, text]) => [name, [text]]));
  try {
    if (!form.toBody) return reader.readTexts(fields);
    const posted = {
      fields,
      files: Object.fromEntries(sources.map(({ field, file }) => [field, file])),
      keepText: async () => {},
    };
    return reader.readJson(await form.toBody(posted, contract));
  } catch {
    return null;
  }
}

/** The text that was typed and kept as a file; null when a file was chosen, or it is gone. */
async function readTextFile({ textFile }: KindForm, { envelope }: StoredJob, storage: Pick<Storage, 'read'>) {
  const file = textFile && envelope.uploads[textFile.file];
  if (!file || file.name !== textFile.filename || file.bytes > MAX_TEXT_BYTES) return null;
  return storage.read(file.key).then(String, () => null);
}
