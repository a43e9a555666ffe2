import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import type { KindForm } from '../../../kinds/page.ts';
import { readInput } from '../../../storage/read-input.ts';
import type { Storage } from '../../../storage/storage.ts';
import { fingerprintOf } from '../../api/accept/idempotency.ts';
import { isThere, type KeptFile } from '../../api/accept/kept-files.ts';
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

/**
 * Makes the function that fills a form with what a job was asked for: null where the form can't say all of it, so that
 * nothing is lost without a word. Its files are kept; where one is gone, the note says so.
 */
export function createRefill({ storage }: { storage: Pick<Storage, 'read' | 'open'> }) {
  const readers = new Map<string, FieldReader>();
  const readerOf = (contract: JobContract): FieldReader => {
    const reader = readers.get(contract.kind) ?? createFieldReader(contract);
    readers.set(contract.kind, reader);
    return reader;
  };

  return async ({ contract, form }: { contract: JobContract; form: KindForm }, job: StoredJob) => {
    const { inputFile, options, uploads } = job.envelope;
    if (!form.refill || contract.kind !== job.kind || (inputFile?.bytes ?? 0) > MAX_TEXT_BYTES) return null;
    const input = await readInput(job.envelope, storage).catch(() => null);
    if (!input) return null;
    const values = form.refill(input);
    if (!values) return null;
    const asked = await readAgain({ ...form.fields, ...values }, { contract, form, job, reader: readerOf(contract) });
    const isSame = asked && fingerprintOf({ ...asked, uploads: {} }) === fingerprintOf({ input, options, uploads: {} });
    if (!isSame) return null;
    const text = await readTextFile(form, job, storage);
    const { textFile } = form;
    const files = text === null ? Object.entries(uploads) : [];
    const there = await Promise.all(files.map(([, file]) => isThere(file, storage)));
    const kept = files.filter((_, index) => there[index]);
    const entries = kept.map(([field, { name, bytes }]) => [field, { id: job.id, name, bytes }] as const);
    return {
      values: { ...values, ...(textFile && text !== null ? { [textFile.field]: text } : {}) },
      note: `Filled in as it was sent before.${kept.length < files.length ? ' Choose the file again.' : ''}`,
      kept: Object.fromEntries(entries),
    } satisfies Refilled;
  };
}

/** What the form would ask for with these values; null when it would be refused. */
async function readAgain(
  values: Record<string, string>,
  { contract, form, job, reader }: { contract: JobContract; form: KindForm; job: StoredJob; reader: FieldReader },
) {
  const fields = new Map(Object.entries(values).map(([name, text]) => [name, [text]]));
  try {
    if (!form.toBody) return reader.readTexts(fields);
    const posted = { fields, files: job.envelope.uploads, keepText: async () => {} };
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
