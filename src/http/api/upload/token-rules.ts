import type { Request } from 'express';
import { AppError } from '../../../errors.ts';
import type { UploadRules } from '../../../jobs/contract.ts';
import { tokenOf } from '../../auth/token.ts';

/** The most bytes of a file that the request may send, where its kind takes so many. */
export const mostBytesOf = (req: Request, bytes: number): number =>
  Math.min(bytes, tokenOf(req)?.maxBytes ?? Number.POSITIVE_INFINITY);

/** Throws unsupported_media_type for a file that the request's upload token is not for. */
export function assertType(req: Request, type: string, field: string): void {
  const types = tokenOf(req)?.types ?? null;
  if (types === null || types.some((one) => isOfType(type, one))) return;
  const detail = `must be of the type ${types.join(' or ')}; it is ${type}`;
  throw new AppError('unsupported_media_type', `${field} ${detail}.`, { errors: [{ pointer: `/${field}`, detail }] });
}

const isOfType = (type: string, pattern: string): boolean =>
  pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;

/** Makes a kind's rules for files those of the request: what came with an upload token is held to its limits too. */
export function limitRules(req: Request, rules: UploadRules): UploadRules {
  if (!tokenOf(req)) return rules;
  return {
    ...rules,
    maxBytes: (config) => mostBytesOf(req, rules.maxBytes(config)),
    inspect(head, config, field) {
      const inspected = rules.inspect(head, config, field);
      assertType(req, inspected.type, field);
      return inspected;
    },
  };
}
