import type { Request } from 'express';
import type { Config } from '../../../config/platform.ts';
import { invalidRequest } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { UPLOAD_FIELD } from '../../../jobs/files/upload-record.ts';
import { assertScope, callerOf } from '../../auth/identify.ts';
import { tokenOf } from '../../auth/token.ts';
import { assertType, mostBytesOf } from '../upload/token-rules.ts';
import { createTypeFinder } from '../upload/upload-types.ts';

/** What a policy is made of. */
export interface PolicyDeps {
  contracts: readonly JobContract[];
  config: Config;
}

/** What a request may upload: the one place that says so, for files that come whole and for those that come in pieces. */
export interface UploadPolicy {
  maxBytes: number;
  /** How many of the first bytes `judge` wants to see. */
  headBytes: number;
  /**
   * Finds a file's media type by its first bytes, and by what its sender says it is. Throws what a kind refuses it with that it is
   * for.
   */
  judge(head: Uint8Array, said: string | undefined): string;
}

/**
 * Makes the policy of a request's caller: as large as the kind takes a file that the upload is for, or else the kind that takes the
 * largest, of those that the caller may post; with an upload token no more than that says. Throws unauthorized, forbidden, and invalid_request for a kind that takes no files.
 */
export function policyOf(req: Request, { contracts, config }: PolicyDeps, kind?: string): UploadPolicy {
  const taking = contracts.filter(({ upload, attachedBytes }) => upload ?? attachedBytes);
  const meant = taking.filter((contract) => kind === undefined || contract.kind === kind);
  const [first, ...others] = meant.map((contract) => contract.kind);
  if (first === undefined) {
    const detail = `kind must be one that takes files: ${taking.map((contract) => contract.kind).join(', ')}`;
    throw invalidRequest([{ pointer: '/kind', detail }]);
  }
  assertScope(req, first, ...others);
  const { scopes } = callerOf(req);
  const posted = meant.filter((contract) => scopes.has(contract.kind));
  const [only] = posted;
  // Only a kind that is about one file knows what that must be.
  const judging = kind !== undefined && only?.accepts === 'upload' ? only.upload : undefined;
  const findType = createTypeFinder(contracts, config);
  const most = posted.map(({ upload, attachedBytes = 0 }) => upload?.maxBytes(config) ?? attachedBytes);
  return {
    maxBytes: mostBytesOf(req, Math.max(...most)),
    headBytes: Math.max(0, ...contracts.map(({ upload }) => upload?.headBytes ?? 0)),
    judge(head, said) {
      judging?.inspect(head.subarray(0, judging.headBytes), config, judging.field ?? '');
      const type = findType(head, said);
      assertType(req, type, UPLOAD_FIELD);
      return type;
    },
  };
}

/** How large a file any key may upload. */
export const mostBytesOfAll = ({ contracts, config }: PolicyDeps): number =>
  Math.max(0, ...contracts.map(({ upload, attachedBytes = 0 }) => upload?.maxBytes(config) ?? attachedBytes));

/** Throws invalid_request for a subject that is given with an upload token which does not open it. */
export function assertSubject(req: Request, { subject }: { subject?: string | undefined }): void {
  const token = tokenOf(req);
  if (!token || subject === undefined || token.open.includes('subject')) return;
  throw invalidRequest([{ pointer: '/subject', detail: 'must not be given: the upload token does not open it' }]);
}
