import { AppError } from '../../../../errors.ts';
import { invalidRequest } from '../../../../fields/invalid-request.ts';
import type { JobContract } from '../../../../jobs/contract.ts';
import type { StoredFile } from '../../../../jobs/files/stored-file.ts';
import type { Enqueued } from '../../../../queue/producer/enqueue.ts';
import { loadTemplates, type TemplateSource } from '../../../../templates/load.ts';
import { type Wants, wantsOf } from '../../../../templates/template.ts';
import { type Asker, callerOf } from '../../../auth/identify.ts';
import {
  contractOf,
  type DigestAnswer,
  type Digested,
  type DigestRequest,
  toError,
} from '../../../large-json/digest.ts';
import { type LargeJson, SHORT_JSON_BYTES } from '../../../large-json/large-json.ts';
import { loadBrands } from '../../brands/load-brands.ts';
import { LargeBody } from '../../json-body.ts';
import type { ChosenId } from '../choose-id.ts';
import { isLargeInput } from '../files/input-file.ts';
import type { JobRequest } from '../job-request.ts';
import type { QueueDeps } from '../queue-deps.ts';

/** A job as it was asked for, and the contract that knows its input. */
export interface ReadRequest {
  contract: JobContract;
  job: JobRequest;
}

/** Thrown for a request that names a stored template, where it has a fingerprint: it may have been answered before. */
class RefusedFilling extends AppError {
  readonly fingerprint: string;

  constructor(refused: AppError, fingerprint: string) {
    super(refused.code, refused.message, { ...(refused.errors && { errors: refused.errors }), cause: refused });
    this.fingerprint = fingerprint;
  }
}

/**
 * Finds the job of an earlier request like the one that was refused with this error: what has become of its template
 * meanwhile does not concern it. Throws the error where there is none.
 */
export async function findEarlier(
  error: unknown,
  { id, repeatable }: ChosenId,
  { producer }: Pick<QueueDeps, 'producer'>,
): Promise<Enqueued> {
  const job = repeatable && error instanceof RefusedFilling ? await producer.find(id) : null;
  if (!job || job.envelope.fingerprint !== (error as RefusedFilling).fingerprint) throw error;
  return { job, replayed: true };
}

/** What is asked of a large JSON body. */
type Asked = Pick<DigestRequest, 'fingerprintSecret'> & Partial<Pick<DigestRequest, 'uploads' | 'pointer'>>;

/** What reading large JSON takes. */
export type LargeDeps = Pick<QueueDeps, 'secrets' | 'templates' | 'brands' | 'producer' | 'storage'> & {
  largeJson: LargeJson;
};

/** Has the thread read and check the JSON of one job; throws what is wrong with it. */
export async function readLargeJob(
  req: Asker,
  contract: JobContract,
  deps: LargeDeps,
  { body, ...asked }: Asked & { body: LargeBody },
): Promise<ReadRequest> {
  const { entries } = await digestBody(req, contract, deps, { body, isBatch: false, ...asked });
  const [read] = entries;
  if (!read) throw new Error('the thread gave no verdict');
  return toRequest(contract, read, asked.uploads ?? {});
}

/** A batch that was read: what gives each entry, or throws what is wrong with it, and who hears of its end. */
export interface ReadBatch {
  entries: (() => ReadRequest)[];
  callbackUrl: string | undefined;
}

/** Has the thread read and check a batch. */
export async function readLargeBatch(
  req: Asker,
  contract: JobContract,
  deps: LargeDeps,
  { body, ...asked }: Asked & { body: LargeBody },
): Promise<ReadBatch> {
  const { entries, callbackUrl } = await digestBody(req, contract, deps, { body, isBatch: true, ...asked });
  return { entries: entries.map((entry) => () => toRequest(contract, entry, {})), callbackUrl };
}

/**
 * Lists the templates that its caller has stored and that entries ask for, and their brands: the thread fills them, whatever
 * their size. Undefined where no entry asks for one.
 */
export function storedIn(req: Asker, { templates }: JobContract, entries: readonly unknown[]): Wants | undefined {
  if (!templates) return undefined;
  const wants = wantsOf(entries, templates, callerOf(req).brand);
  return wants.templates.length > 0 ? wants : undefined;
}

/** Hands a body that was read, and asks for what was stored, to the thread. Rejects as waiting for a place there does. */
export const toLargeBody = (req: Asker, body: unknown, wants: Wants, deps: LargeDeps): Promise<LargeBody> =>
  openLargeBody(req, Buffer.from(JSON.stringify(body, keepFinite)), deps, wants);

/** Waits for a place in the thread for these bytes. Rejects with rate_limited and queue_unavailable. */
export async function openLargeBody(
  req: Asker,
  bytes: Uint8Array,
  { largeJson }: Pick<LargeDeps, 'largeJson'>,
  wants?: Wants,
): Promise<LargeBody> {
  const enter = bytes.length > SHORT_JSON_BYTES ? largeJson.enter : largeJson.enterShort;
  return new LargeBody(bytes, await enter(callerOf(req).name, req.socket), wants);
}

/** JSON has no infinity, but 1e999 is read as one: it must not become null on its way. */
export function keepFinite(_key: string, value: unknown): unknown {
  if (typeof value !== 'number' || Number.isFinite(value)) return value;
  throw invalidRequest([{ pointer: '', detail: 'The body must have numbers of at most 1.7e308.' }]);
}

type PartsIn = TemplateSource['partsIn'];
const noParts: PartsIn = () => [];

async function digestBody(
  req: Asker,
  { kind, templates }: JobContract,
  deps: LargeDeps,
  { body, ...asked }: Asked & { body: LargeBody; isBatch: boolean },
): Promise<{ entries: Digested[]; callbackUrl?: string | undefined }> {
  const { senders, name: caller, brand: usualBrand } = callerOf(req);
  const { largeJson, secrets } = deps;
  const limits = senders ? { senders } : {};
  const whose = { pointer: '', uploads: null, ...asked, kind, limits, caller, usualBrand, secrets };
  try {
    // Asked once where it is known what is wanted: another caller may be in between.
    const first = body.wants
      ? { wants: body.wants, json: body.bytes }
      : await largeJson.digest({ ...whose, json: body.bytes, templates: {}, brands: {} }, caller);
    const answer =
      'wants' in first ? await digestFilled(first, { ...whose, partsIn: templates?.partsIn ?? noParts }, deps) : first;
    if ('refusal' in answer) throw toError(answer.refusal);
    return answer;
  } finally {
    body.release();
  }
}

/** Asks the thread once more, with the templates and the brands that it wants. */
async function digestFilled(
  { wants, json }: { wants: Wants; json: Uint8Array },
  { partsIn, ...asked }: Omit<DigestRequest, 'json' | 'templates' | 'brands'> & { partsIn: PartsIn },
  { largeJson, ...deps }: LargeDeps,
): Promise<Exclude<DigestAnswer, { wants: unknown }>> {
  const { caller } = asked;
  const [templates, brands] = await Promise.all([
    loadTemplates(wants.templates, caller, { store: deps.templates(asked.kind), partsIn }),
    loadBrands(wants.brands, caller, deps),
  ]);
  const answer = await largeJson.digest({ ...asked, json, templates, brands }, caller);
  if ('wants' in answer) throw new Error('the thread wants what it was given');
  return answer;
}

function toRequest(contract: JobContract, read: Digested, uploads: Record<string, StoredFile>): ReadRequest {
  if ('refusal' in read) {
    const error = toError(read.refusal);
    throw read.fingerprint === undefined ? error : new RefusedFilling(error, read.fingerprint);
  }
  const { inputText, options, fingerprint } = read.digest;
  // A large one goes to storage as its text: the event loop never holds the object.
  const input: unknown = isLargeInput(inputText) ? null : JSON.parse(inputText);
  return { contract: contractOf(contract, read.digest), job: { input, options, uploads, inputText, fingerprint } };
}
