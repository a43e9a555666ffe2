import { randomBytes } from 'node:crypto';
import { AppError, toAppError } from '../../../../errors.ts';
import type { AskedJob, ConductTools, FirstJob, JobContract } from '../../../../jobs/contract.ts';
import { UPLOADS, uploadedFile } from '../../../../jobs/files/upload-record.ts';
import type { FlowPlan } from '../../../../jobs/options/flow.ts';
import { type Asker, assertScope } from '../../../auth/identify.ts';
import { createFieldReader, type FieldReader } from '../../../fields.ts';
import { maySee } from '../../job-finder.ts';
import { assertFiles, assertReferenced } from '../../upload/needed-files.ts';
import { readLargeJob, storedIn, toLargeBody } from '../body/large-request.ts';
import type { JobRequest } from '../job-request.ts';
import type { QueueDeps } from '../queue-deps.ts';

const SEED_BYTES = 16;

/** The readers of the kinds: each is made once. */
const readers = new WeakMap<JobContract, FieldReader>();

function readerOf(contract: JobContract): FieldReader {
  const reader = readers.get(contract) ?? createFieldReader(contract);
  readers.set(contract, reader);
  return reader;
}

/**
 * Reads the body of a job that is asked for on behalf of a caller, as its route would: also one that names a stored template.
 * Rejects with what is wrong with it.
 */
export async function readAsked(
  asker: Asker,
  contract: JobContract,
  body: unknown,
  deps: QueueDeps,
): Promise<AskedJob> {
  const wants = storedIn(asker, contract, [body]);
  if (wants) {
    const large = await toLargeBody(asker, body, wants, deps);
    const read = await readLargeJob(asker, contract, deps, { body: large, fingerprintSecret: null });
    const { input, options, inputText } = read.job;
    return { contract: read.contract, input, options, ...(inputText === undefined ? {} : { inputText }) };
  }
  const read = readerOf(contract).readJson(body);
  assertReferenced(contract, read.input);
  assertFiles(contract, read.input, {});
  return { contract, ...read };
}

/** Makes what a kind checks a flow with, on behalf of its caller. */
function createTools(asker: Asker, deps: QueueDeps): ConductTools {
  const { contracts, producer, storage } = deps;
  return {
    contracts,
    async read(kind, body) {
      const contract = contracts.find((one) => one.kind === kind);
      if (!contract) throw new Error(`there is no kind ${kind}`);
      return readAsked(asker, contract, body, deps);
    },
    async openUpload(id) {
      const record = await producer.findRecord(id);
      const file = record?.kind === UPLOADS.kind && maySee(asker, record.envelope) && uploadedFile(record.envelope);
      if (!file) return null;
      return {
        file,
        open: (most) => storage.open(file.key, { start: 0, end: Math.max(0, Math.min(most, file.bytes) - 1) }),
      };
    },
  };
}

/** Judges a job that a flow asks for as if it were posted; rejects as that would be. */
export type Judge = (job: FirstJob, contract: JobContract) => Promise<unknown>;

/**
 * Makes the plan of a flow, and has the first job of each step judged. Rejects with forbidden where the key lacks the scope of a
 * step, and with what is wrong with a step, at its field.
 */
export async function planConducted(
  asker: Asker,
  contract: JobContract,
  deps: QueueDeps,
  { job, judge }: { job: JobRequest; judge: Judge },
): Promise<FlowPlan | undefined> {
  if (!contract.conducts) return undefined;
  // The thread keeps the input of large JSON to itself.
  if (job.input === null) throw tooLarge();
  const { steps, jobs } = await contract.conducts.plan(job.input, createTools(asker, deps));
  for (const { kind } of steps) assertScope(asker, kind);
  for (const first of jobs) {
    await judge(first, withoutPending(first)).catch((thrown) => {
      throw placeIn(toAppError(thrown), first.pointer);
    });
  }
  return { seed: randomBytes(SEED_BYTES).toString('base64url'), steps };
}

const tooLarge = (): AppError =>
  new AppError(
    'payload_too_large',
    'A flow may have 1 MB as JSON: send its rows to /v1/uploads, a JSON object on each line, and name the upload in forEach.',
  );

/** The contract of a job of which some references are not judged: what it names of the flow's own is about to be there. */
export const withoutPending = ({ contract, pending }: Pick<FirstJob, 'contract' | 'pending'>): JobContract => ({
  ...contract,
  references: (input) => (contract.references?.(input) ?? []).filter(({ id }) => !pending.has(id)),
});

/** The error with its pointers leading from the body that a job's stands in; its sentence names the place where it has none. */
export function placeIn(error: AppError, place: string): AppError {
  const { code, message, status, errors, limit, retryAfterSeconds } = error;
  if (status >= 500 || limit || retryAfterSeconds !== undefined || code === 'unauthorized') return error;
  const placed = errors?.map(({ pointer, detail }) => ({ pointer: `${place}${pointer}`, detail }));
  const sentence = `${place.slice(1).replaceAll('/', '.')}: ${message}`;
  return new AppError(code, sentence, { errors: placed ?? [{ pointer: place, detail: message }], cause: error });
}
