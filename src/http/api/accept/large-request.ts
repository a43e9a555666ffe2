import type { Request } from 'express';
import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { callerOf } from '../../auth/identify.ts';
import { contractOf, type Digested, type DigestRequest, toError } from '../../large-json/digest.ts';
import type { LargeJson } from '../../large-json/large-json.ts';
import type { LargeBody } from '../json-body.ts';
import { isLargeInput } from './input-file.ts';
import type { JobRequest } from './job-request.ts';
import type { QueueDeps } from './queue-deps.ts';

/** A job as it was asked for, and the contract that knows its input. */
export interface ReadRequest {
  contract: JobContract;
  job: JobRequest;
}

/** What is asked of a large JSON body. */
type Asked = Pick<DigestRequest, 'fingerprintSecret'> & Partial<Pick<DigestRequest, 'uploads' | 'pointer'>>;

/** What reading large JSON takes. */
export type LargeDeps = Pick<QueueDeps, 'secrets'> & { largeJson: LargeJson };

/** Has the thread read and check the JSON of one job; throws what is wrong with it. */
export async function readLargeJob(
  req: Request,
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
  req: Request,
  contract: JobContract,
  deps: LargeDeps,
  { body, ...asked }: Asked & { body: LargeBody },
): Promise<ReadBatch> {
  const { entries, callbackUrl } = await digestBody(req, contract, deps, { body, isBatch: true, ...asked });
  return { entries: entries.map((entry) => () => toRequest(contract, entry, {})), callbackUrl };
}

async function digestBody(
  req: Request,
  { kind }: JobContract,
  { largeJson, secrets }: LargeDeps,
  { body, ...asked }: Asked & { body: LargeBody; isBatch: boolean },
): Promise<{ entries: Digested[]; callbackUrl?: string | undefined }> {
  const { senders } = callerOf(req);
  const limits = senders ? { senders } : {};
  try {
    const answer = await largeJson.digest({
      pointer: '',
      uploads: null,
      ...asked,
      kind,
      json: body.bytes,
      limits,
      secrets,
    });
    if ('refusal' in answer) throw toError(answer.refusal);
    return answer;
  } finally {
    body.release();
  }
}

function toRequest(contract: JobContract, read: Digested, uploads: Record<string, StoredFile>): ReadRequest {
  if ('refusal' in read) throw toError(read.refusal);
  const { inputText, options, fingerprint } = read.digest;
  // A large one goes to storage as its text: the event loop never holds the object.
  const input: unknown = isLargeInput(inputText) ? null : JSON.parse(inputText);
  return { contract: contractOf(contract, read.digest), job: { input, options, uploads, inputText, fingerprint } };
}
