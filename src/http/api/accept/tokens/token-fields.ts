import type { Request } from 'express';
import { invalidRequest, pointerOf } from '../../../../fields/invalid-request.ts';
import type { JobContract } from '../../../../jobs/contract.ts';
import { SECRET_OPTIONS } from '../../../../jobs/options/deliver-to.ts';
import { createSealedFields } from '../../../../signing/sealed-fields.ts';
import type { Secrets } from '../../../../signing/secret.ts';
import { tokenOf } from '../../../auth/token.ts';
import type { JobRequest } from '../job-request.ts';

/** The field in which a kind that works on one file takes an upload in its place. */
export const SOURCE_FIELD = 'source';

/** The fields of a token that are kept sealed. */
export const secretsOf = ({ secretFields = [] }: Pick<JobContract, 'secretFields'>): string[] => [
  ...secretFields,
  ...SECRET_OPTIONS,
];

/** Whether a value names an upload, and says nothing else. */
const isUpload = (value: unknown): boolean =>
  typeof value === 'object' && value !== null && Object.keys(value).join() === 'upload';

/**
 * Completes the body of a request that came with an upload token by the fields that it fixes. Throws invalid_request for fields
 * that it fixes or does not open. Any other request's body stays as it is.
 */
export function fixFields(
  req: Request,
  contract: Pick<JobContract, 'upload' | 'secretFields'>,
  body: unknown,
  secrets: Secrets,
): unknown {
  const token = tokenOf(req);
  if (!token || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  // Null is not given.
  const given = Object.entries(body).filter(([, value]) => value !== null);
  const options = createSealedFields(secrets).open(token.options, secretsOf(contract)) as Record<string, unknown>;
  const isFixed = (name: string) => Object.hasOwn(options, name) || Object.hasOwn(token.job, name);
  const takesUpload = contract.upload?.field !== undefined && !isFixed(SOURCE_FIELD);
  const isOpen = ([name, value]: [string, unknown]) =>
    token.open.includes(name) || (takesUpload && name === SOURCE_FIELD && isUpload(value));
  const faults = given
    .filter((field) => !isOpen(field))
    .map(([name]) => ({
      pointer: pointerOf([name]),
      detail: `must not be given: the upload token ${isFixed(name) ? 'fixes it' : 'does not open it'}`,
    }));
  if (faults.length > 0) throw invalidRequest(faults);
  return { ...options, ...Object.fromEntries(given) };
}

/** Gives a job that was asked for with an upload token what the token says of all its jobs. */
export function withTokenOptions<Read extends Pick<JobRequest, 'options'>>(req: Request, read: Read): Read {
  const token = tokenOf(req);
  return token ? { ...read, options: { ...read.options, ...token.job } } : read;
}
