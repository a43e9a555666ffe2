import type { z } from 'zod';
import { AppError, type FieldError } from '../errors.ts';
import { findNearName } from './near-name.ts';

/** Makes one error of several issues. Its sentence is useful alone: the one issue, or the first and how many more. */
export function invalidRequest(errors: FieldError[]): AppError {
  const [first] = errors;
  const name = first?.pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const sentence = name ? `${name} ${first?.detail}` : (first?.detail ?? 'The request is not valid.');
  const more = errors.length > 1 ? ` (and ${errors.length - 1} more)` : '';
  return new AppError('invalid_request', `${sentence.replace(/\.$/, '')}${more}.`, { errors });
}

/**
 * Makes field errors of zod's issues, with an RFC 6901 pointer each. `namesAt` lists the fields that there are at a
 * place: where an unknown one is near to one of them, the error asks whether that was meant.
 */
export function fieldErrors(
  error: z.ZodError | undefined,
  namesAt: (path: readonly PropertyKey[]) => readonly string[] = () => [],
): FieldError[] {
  return (error?.issues ?? []).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      const names = namesAt(issue.path);
      return issue.keys.map((key) => {
        const meant = findNearName(key, names);
        const detail = `is not a known field${meant === undefined ? '' : ` (did you mean ${meant}?)`}`;
        return { pointer: pointerOf([...issue.path, key]), detail };
      });
    }
    return [{ pointer: pointerOf(issue.path), detail: issue.message }];
  });
}

/** Makes the RFC 6901 pointer that leads along a path. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
