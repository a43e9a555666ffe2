import type { ShownBrand } from '../../brands/brand.ts';
import type { Config } from '../../config/platform.ts';
import { AppError, type ErrorCode, type FieldError, toAppError } from '../../errors.ts';
import { invalidRequest, pointerOf } from '../../fields/invalid-request.ts';
import type { JobContract, KeyLimits, SecretUse } from '../../jobs/contract.ts';
import type { JobFacts } from '../../jobs/facts.ts';
import type { FileReference } from '../../jobs/files/file-reference.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import { SECRET_OPTIONS } from '../../jobs/options/deliver-to.ts';
import type { JobOptions } from '../../jobs/options/options.ts';
import { createSealedFields } from '../../signing/sealed-fields.ts';
import type { Secrets } from '../../signing/secret.ts';
import {
  type Expansion,
  FILLING_MS,
  type StoredTemplate,
  shownBrandOf,
  type TemplateBody,
  templateIn,
  type Wants,
  wantsOf,
} from '../../templates/template.ts';
import { readBatchBody } from '../api/accept/batch/entries.ts';
import { parseJson } from '../api/accept/body/parse-json.ts';
import { fingerprintOf } from '../api/accept/idempotency.ts';
import { missingBrand } from '../api/brands/missing-brand.ts';
import { assertFiles, assertReferenced } from '../api/upload/needed-files.ts';
import type { FieldReader } from '../fields.ts';

/** What the thread is asked: to check a template as JSON, or to read a request. */
export type ThreadRequest = DigestRequest | { kind: string; json: Uint8Array; isTemplate: true };

/** What the thread is asked of a JSON body, and whose it is. */
export interface DigestRequest {
  kind: string;
  json: Uint8Array;
  /** Whether the body is a batch of the kind's. */
  isBatch: boolean;
  /** Where the JSON stands in its request, for what is said of it; '' for the body itself. */
  pointer: string;
  /** The files that came with it in a form; null for a body of its own. */
  uploads: Record<string, StoredFile> | null;
  /** The stored templates that it asks for, as far as that is known: by their references, null for one that is not there. */
  templates: Readonly<Record<string, StoredTemplate | null>>;
  /** The brands that these may show, by name, null for one that is not there. */
  brands: Readonly<Record<string, ShownBrand | null>>;
  caller: string;
  /** The brand of the caller's requests that name none. */
  usualBrand: string | undefined;
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
  brand: string | null | undefined;
  /** Where a name that is no brand's is said, and how the sentence ends. */
  brandSource: { pointer: string; end: string } | undefined;
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

export type Digested =
  | { digest: Digest }
  /** With the fingerprint of a request that names a stored template: what it was once answered stands. */
  | { refusal: Refusal; fingerprint?: string | undefined };

/** What the thread answers: a verdict for each entry, or for the body as a whole. */
export type DigestAnswer =
  | { entries: Digested[]; callbackUrl?: string | undefined }
  /** What is to be given too; the body, which is asked with again. */
  | { wants: Wants; json: Uint8Array }
  | { refusal: Refusal };

/** A kind as the thread knows it. */
export interface DigestKind {
  contract: JobContract;
  reader: FieldReader;
  config: Config;
}

/** Reads and checks the JSON of a job or batch; what is wrong with it stands in the answer. Throws what is our fault. */
export async function digest(kind: DigestKind, request: DigestRequest): Promise<DigestAnswer> {
  return refusable(async () => {
    const body = parseJson(request.json, request.pointer);
    const { batch } = kind.contract;
    const isBatch = request.isBatch && batch !== undefined;
    const { entries, callbackUrl } = isBatch ? readBatchBody(body, batch) : { entries: [body], callbackUrl: undefined };
    const wants = wantsOf(entries, kind.contract.templates, request.usualBrand);
    if (wants.templates.some((one) => !Object.hasOwn(request.templates, one))) return { wants, json: request.json };
    const asked = { ...request, time: { leftMs: FILLING_MS } };
    const digested: Digested[] = [];
    for (const entry of entries) digested.push(await digestEntry(kind, entry, asked));
    return { entries: digested, callbackUrl };
  });
}

/** Reads and checks a template that is to be stored; what is wrong with it stands in the answer. */
export async function checkTemplate({ contract }: DigestKind, json: Uint8Array): Promise<DigestAnswer> {
  return refusable(async () => {
    const body = parseJson(json, '');
    if (typeof body !== 'object' || body === null || Array.isArray(body)) {
      throw invalidRequest([{ pointer: '', detail: 'The body must be a JSON object.' }]);
    }
    const secret = (contract.secretFields ?? []).filter((name) => ((body as TemplateBody)[name] ?? null) !== null);
    const detail = 'must be given with each request: a template is kept, and shown, as it is';
    if (secret.length > 0) throw invalidRequest(secret.map((name) => ({ pointer: pointerOf([name]), detail })));
    const loaded = await contract.templates?.load();
    loaded?.engine.check(body as TemplateBody);
    return { entries: [] };
  });
}

/** Reads and checks an entry; what is wrong with it stands in the answer. */
async function digestEntry(kind: DigestKind, entry: unknown, asked: Asked): Promise<Digested> {
  const { templates } = kind.contract;
  // Asked for again it is the same request, whatever has become of the template.
  const isFilled = templates && templateIn(entry, templates.builtIn) !== undefined;
  const fingerprint = isFilled ? fingerprintOfBody(kind, entry, asked) : undefined;
  const answer = await refusable(async () => ({ digest: await digestJob(kind, entry, asked) }));
  if ('refusal' in answer) return { ...answer, fingerprint };
  return { digest: { ...answer.digest, fingerprint: fingerprint ?? answer.digest.fingerprint } };
}

/** The fingerprint of a request as it was sent; undefined where none is needed. */
function fingerprintOfBody({ contract }: DigestKind, body: unknown, request: Asked): string | undefined {
  const { fingerprintSecret, uploads } = request;
  if (fingerprintSecret === null) return undefined;
  const input = createSealedFields([fingerprintSecret]).seal(body, [
    ...(contract.secretFields ?? []),
    ...SECRET_OPTIONS,
  ]);
  return fingerprintOf({ input, options: {}, uploads: uploads ?? {} });
}

async function refusable<Answer>(work: () => Promise<Answer>): Promise<Answer | { refusal: Refusal }> {
  try {
    return await work();
  } catch (thrown) {
    const { code, message, errors } = toAppError(thrown);
    if (code === 'internal') throw thrown;
    return { refusal: { code, message, errors } };
  }
}

/** Makes the error that the thread refused with. */
export const toError = ({ code, message, errors }: Refusal): AppError =>
  new AppError(code, message, errors ? { errors } : {});

/** A request that was read, and what led to it where a template did. */
interface ReadBody extends ReturnType<FieldReader['readJson']> {
  expansion: Expansion | undefined;
  /** What it was filled into. */
  template?: StoredTemplate;
}

/** What a request has been given, and has left of it. */
interface Asked extends DigestRequest {
  /** For filling templates: all entries of a batch share it, so that no caller holds the thread for longer. */
  time: { leftMs: number };
}

/** Reads the body of a request, filled into the stored template that it asks for. Throws invalid_request. */
async function readBody({ contract, reader, config }: DigestKind, body: unknown, request: Asked): Promise<ReadBody> {
  const { templates } = contract;
  const reference = templates && templateIn(body, templates.builtIn);
  if (!templates || reference === undefined) return { ...reader.readJson(body), expansion: undefined };
  const template = request.templates[reference];
  if (!template) {
    const way = `PUT /v1/templates/${contract.kind}/${reference.split('@')[0]} makes one`;
    const detail = `names no template of yours: "${reference}"; there are ${templates.builtIn.join(', ')}, and ${way}`;
    throw invalidRequest([{ pointer: '/template', detail }]);
  }
  const { engine } = await templates.load();
  const { time, caller, secrets } = request;
  const brand = templates.showsBrand ? findBrand(body, request) : null;
  const began = performance.now();
  let expansion: Expansion;
  try {
    expansion = engine.expand(template, body as TemplateBody, time.leftMs, { caller, brand, config, secrets });
  } finally {
    time.leftMs -= performance.now() - began;
  }
  try {
    return { ...reader.readJson(expansion.body), expansion, template };
  } catch (thrown) {
    const { code, errors } = toAppError(thrown);
    if (code !== 'invalid_request' || !errors) throw thrown;
    throw invalidRequest(errors.map((error) => tellSource(error, expansion, template)));
  }
}

/** Finds the brand of a request among those that were given; null where it asks for none. Throws invalid_request. */
function findBrand(body: unknown, { brands, usualBrand }: DigestRequest): ShownBrand | null {
  const name = shownBrandOf(body, usualBrand);
  const found = name === undefined ? null : brands[name];
  if (name !== undefined && !found) throw missingBrand(name, (body as { brand?: unknown }).brand === name ? {} : null);
  return found ?? null;
}

/** Says of a fault in what a template has come to where its cause is. */
function tellSource({ pointer, detail }: FieldError, { sourceOf }: Expansion, template: StoredTemplate): FieldError {
  const { at, ...source } = sourceOf(pointer);
  return { ...source, detail: at === undefined ? detail : `${detail}: the template "${template.name}", ${at || '/'}` };
}

async function digestJob(kind: DigestKind, body: unknown, request: Asked): Promise<Digest> {
  const { contract } = kind;
  const { input, options, expansion, template } = await readBody(kind, body, request);
  const isOwnBrand = ((body as { brand?: unknown } | null)?.brand ?? null) !== null;
  const uploads = request.uploads ?? {};
  if (!request.uploads) assertReferenced(contract, input);
  assertFiles(contract, input, uploads);
  const sealedBy = (secrets: Secrets) => createSealedFields(secrets).seal(input, contract.secretFields);
  const sealOptions = (secret: string) => createSealedFields([secret]).seal(options, SECRET_OPTIONS) as JobOptions;
  const { fingerprintSecret } = request;
  return {
    inputText: JSON.stringify(sealedBy(request.secrets)),
    options,
    fingerprint:
      fingerprintSecret === null
        ? undefined
        : fingerprintOf({ input: sealedBy([fingerprintSecret]), options: sealOptions(fingerprintSecret), uploads }),
    forbidden: contract.permit?.(input, request.limits) ?? [],
    references: (contract.references?.(input) ?? []).map((one) =>
      expansion ? { ...one, pointer: expansion.sourceOf(one.pointer).pointer } : one,
    ),
    secretUses: contract.secretUses?.(input) ?? [],
    brand: contract.brandOf?.(input),
    brandSource:
      template && !isOwnBrand ? { pointer: '/template', end: `: the template "${template.name}", /brand` } : undefined,
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
  ...(found.brandSource && { brandSource: found.brandSource }),
  attemptsOf: () => found.attempts,
  ...(contract.subjects && { subjects: () => found.subjects ?? [] }),
  title: () => found.title,
  facts: () => found.facts ?? {},
});
