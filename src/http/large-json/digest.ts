import { AppError, type ErrorCode, type FieldError, toAppError } from '../../errors.ts';
import type { JobContract, KeyLimits, SecretUse } from '../../jobs/contract.ts';
import type { JobFacts } from '../../jobs/facts.ts';
import type { FileReference } from '../../jobs/files/file-reference.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import type { JobOptions } from '../../jobs/options.ts';
import { createSealedFields } from '../../signing/sealed-fields.ts';
import type { Secrets } from '../../signing/secret.ts';
import { readBatchBody } from '../api/accept/batch/entries.ts';
import { fingerprintOf } from '../api/accept/idempotency.ts';
import { parseJson } from '../api/accept/parse-json.ts';
import { assertFiles, assertReferenced } from '../api/upload/needed-files.ts';
import type { FieldReader } from '../fields.ts';

/** What the thread is asked: a JSON body, and whose it is. */
export interface DigestRequest {
  kind: string;
  json: Uint8Array;
  /** Whether the body is a batch of the kind's. */
  isBatch: boolean;
  /** Where the JSON stands in its request, for what is said of it; '' for the body itself. */
  pointer: string;
  /** The files that came with it in a form; null for a body of its own. */
  uploads: Record<string, StoredFile> | null;
  /** What the caller's key is limited to. */
  limits: KeyLimits;
  /** The deployment's secrets: the first seals what is secret in the input. */
  secrets: Secrets;
  /** The secret that seals in what the job's fingerprint is made of; null where none is needed. */
  fingerprintSecret: string | null;
}

/** All that is asked of a job's input when it is queued: the thread keeps the input to itself. */
export interface Digest {
  /** The input as JSON, its secret fields sealed. */
  inputText: string;
  options: JobOptions;
  fingerprint: string | undefined;
  forbidden: FieldError[];
  references: FileReference[];
  secretUses: SecretUse[];
  brand: string | undefined;
  attempts: number | undefined;
  subjects: string[] | undefined;
  title: string | undefined;
  facts: JobFacts | undefined;
}

/** An error on its way between threads, where it would lose its class. */
export interface Refusal {
  code: ErrorCode;
  message: string;
  errors: FieldError[] | undefined;
}

export type Digested = { digest: Digest } | { refusal: Refusal };

/** What the thread answers: a verdict for each entry, or for the body as a whole. */
export type DigestAnswer = { entries: Digested[]; callbackUrl?: string | undefined } | { refusal: Refusal };

/** A kind as the thread knows it. */
export interface DigestKind {
  contract: JobContract;
  reader: FieldReader;
}

/** Reads and checks the JSON of a job or batch; what is wrong with it stands in the answer. Throws what is our fault. */
export function digest(kind: DigestKind, request: DigestRequest): DigestAnswer {
  return refusable(() => {
    const body = parseJson(request.json, request.pointer);
    const { batch } = kind.contract;
    if (!request.isBatch || !batch) return { entries: [{ digest: digestJob(kind, body, request) }] };
    const { entries, callbackUrl } = readBatchBody(body, batch);
    const digested = entries.map((entry) => refusable(() => ({ digest: digestJob(kind, entry, request) })));
    return { entries: digested, callbackUrl };
  });
}

function refusable<Answer>(work: () => Answer): Answer | { refusal: Refusal } {
  try {
    return work();
  } catch (thrown) {
    const { code, message, errors } = toAppError(thrown);
    if (code === 'internal') throw thrown;
    return { refusal: { code, message, errors } };
  }
}

/** Makes the error that the thread refused with. */
export const toError = ({ code, message, errors }: Refusal): AppError =>
  new AppError(code, message, errors ? { errors } : {});

function digestJob({ contract, reader }: DigestKind, body: unknown, request: DigestRequest): Digest {
  const { input, options } = reader.readJson(body);
  const uploads = request.uploads ?? {};
  if (!request.uploads && !request.isBatch) assertReferenced(contract, input);
  assertFiles(contract, input, uploads);
  const sealedBy = (secrets: Secrets) => createSealedFields(secrets).seal(input, contract.secretFields);
  const { fingerprintSecret } = request;
  return {
    inputText: JSON.stringify(sealedBy(request.secrets)),
    options,
    fingerprint:
      fingerprintSecret === null
        ? undefined
        : fingerprintOf({ input: sealedBy([fingerprintSecret]), options, uploads }),
    forbidden: contract.permit?.(input, request.limits) ?? [],
    references: contract.references?.(input) ?? [],
    secretUses: contract.secretUses?.(input) ?? [],
    brand: contract.brandOf?.(input),
    attempts: contract.attemptsOf?.(input),
    subjects: contract.subjects?.(input),
    title: contract.title?.(input, uploads),
    facts: contract.facts?.(input, uploads),
  };
}

/** Makes the contract that answers for one input what the thread has found of it. */
export const contractOf = (contract: JobContract, found: Digest): JobContract => ({
  ...contract,
  permit: () => found.forbidden,
  references: () => found.references,
  secretUses: () => found.secretUses,
  brandOf: () => found.brand,
  attemptsOf: () => found.attempts,
  ...(contract.subjects && { subjects: () => found.subjects ?? [] }),
  title: () => found.title,
  facts: () => found.facts ?? {},
});
