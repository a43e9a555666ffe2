import type { Request } from 'express';
import type { JobContract } from '../../../jobs/contract.ts';
import { deriveJobId, randomJobId, randomNonce } from '../../../jobs/id.ts';
import { TOKEN_PREFIX } from '../../../keys/upload-tokens/token-text.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { Secrets } from '../../../signing/secret.ts';
import { callerOf } from '../../auth/identify.ts';
import { tokenOf } from '../../auth/token.ts';
import { originOf } from '../../request-origin.ts';
import { fingerprintOf, readIdempotencyKey } from './idempotency.ts';
import type { JobRequest } from './job-request.ts';

/** What choosing an id takes. */
export interface ChooseDeps {
  producer: Pick<Producer, 'find'>;
  /** The deployment's secrets: ids chosen by an Idempotency-Key are made with them. */
  secrets: Secrets;
}

/** The job's id, and what tells this request from others that choose the same. */
export interface ChosenId {
  id: string;
  nonce: string;
  /** Whether the caller chose it by an Idempotency-Key. */
  repeatable: boolean;
  /** The secret of the deployment that the id was made with; the newest for a random one. */
  secret: string;
  /** The request's name, for the log. */
  requestId: string | undefined;
}

/**
 * Makes the id of these facts with the newest secret, unless a job stands under the one that a former secret makes of
 * them. Rejects with queue_unavailable when that can't be looked up.
 */
export async function deriveId(
  { secrets, producer }: ChooseDeps,
  idPrefix: string,
  facts: readonly (string | number)[],
): Promise<Pick<ChosenId, 'id' | 'secret'>> {
  const [newest, ...before] = secrets;
  for (const secret of before) {
    const id = deriveJobId(secret, idPrefix, facts);
    if (await producer.find(id)) return { id, secret };
  }
  return { id: deriveJobId(newest, idPrefix, facts), secret: newest };
}

/** Chooses the id of a job; `part` says which of a batch it is (its path, its number). Rejects as `deriveId` does. */
export async function chooseId(
  req: Request,
  { kind, idPrefix }: JobContract,
  deps: ChooseDeps,
  part: readonly [] | readonly [path: string, index: number] = [],
): Promise<ChosenId> {
  const [path, ...index] = part;
  const nonce = randomNonce();
  const { requestId } = originOf(req);
  const key = readIdempotencyKey(req);
  if (key === undefined) {
    return { id: randomJobId(idPrefix), secret: deps.secrets[0], nonce, repeatable: false, requestId };
  }
  const route = path === undefined ? `/v1/${kind}` : `/v1/${kind}/${path}`;
  // What others chose is not there for the holder of an upload token.
  const token = tokenOf(req);
  const facts = [callerOf(req).name, ...(token ? [TOKEN_PREFIX, token.series] : []), route, key, ...index];
  const derived = await deriveId(deps, idPrefix, facts);
  return { ...derived, nonce, repeatable: true, requestId };
}

/**
 * Chooses the id of a job that a form of the pages asks for: the same form with the same content is the same job, and
 * another content is another one. Rejects as `deriveId` does.
 */
export async function chooseFormId(
  req: Request,
  { kind, idPrefix }: JobContract,
  deps: ChooseDeps,
  { token, job }: { token: string; job: JobRequest },
): Promise<ChosenId> {
  const facts = ['form', callerOf(req).name, `/v1/${kind}`, token, job.fingerprint ?? fingerprintOf(job)];
  const derived = await deriveId(deps, idPrefix, facts);
  return { ...derived, nonce: randomNonce(), repeatable: true, requestId: originOf(req).requestId };
}
