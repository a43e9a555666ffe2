import { randomBytes } from 'node:crypto';
import type { Request } from 'express';
import { isBrowserSession } from '../auth/identify.ts';
import type { TextFields } from '../form-texts.ts';

/** The hidden field of every form on the pages. */
export const FORM_TOKEN = 'formToken';

/** Makes the token of a form that is shown now. */
export const createFormToken = (): string => randomBytes(12).toString('base64url');

/** Reads the token of a form that a browser posted; undefined without one, or with one of another shape. */
export function readFormToken(req: Request, given: unknown): string | undefined {
  return isBrowserSession(req) && typeof given === 'string' && /^[\w-]{1,64}$/.test(given) ? given : undefined;
}

/** Takes the token off the fields of a form that a browser posted: what is left is what was typed. */
export function splitFormToken(req: Request, fields: TextFields): { token: string | undefined; typed: TextFields } {
  if (!isBrowserSession(req)) return { token: undefined, typed: fields };
  const typed = new Map(fields);
  typed.delete(FORM_TOKEN);
  return { token: readFormToken(req, fields.get(FORM_TOKEN)?.[0]), typed };
}
