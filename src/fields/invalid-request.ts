import type { z } from 'zod';
import { AppError, type FieldError } from '../errors.ts';

/** Makes one error of several issues. Its sentence is useful alone: the one issue, or the first and how many more. */
export function invalidRequest(errors: FieldError[]): AppError {
  const [first] = errors;
  const name = first?.pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const sentence = name ? `${name} ${first?.detail}` : (first?.detail ?? 'The request is not valid.');
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new AppError('invalid_request', `${sentence.replace(/\.$/, '')}${more}.`, { errors });
}

/** Makes field errors of zod's issues, with an RFC 6901 pointer each. */
export function fieldErrors(error: z.ZodError | undefined): FieldError[] {
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => ({ pointer: pointerOf([...issue.path, key]), detail: 'is not a known field' }));
    }
    return [{ pointer: pointerOf(issue.path), detail: issue.message }];
  });
}

/** Makes the RFC 6901 pointer that leads along a path. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
