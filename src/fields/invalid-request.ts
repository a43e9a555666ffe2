import type { z } from 'zod';
import { AppError, type FieldError } from '../errors.ts';
import { askForName, type Hints } from './near-name.ts';

/** So many faults are told of a request, and how many more there are. */
const MAX_TOLD = 20;
/** Of a name that a caller chose, so many characters are told back. */
const MAX_NAME_LENGTH = 100;

/**
 * Makes one error of several issues, of which the first twenty are told. Its sentence is useful alone: the one issue, or
 * the first and how many more of `total` there are.
 */
export function invalidRequest(errors: FieldError[], total = errors.length): AppError {
  const told = errors.slice(0, MAX_TOLD);
  const [first] = told;
  const name = first?.pointer.slice(1).replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~');
  const sentence = name ? `${name} ${first?.detail}` : (first?.detail ?? 'The request is not valid.');
  const more = total > 1 ? ` (and ${total - 1} more)` : '';
  return new AppError('invalid_request', `${sentence.replace(/\.$/, '')}${more}.`, { errors: told });
}

/** Lists the fields that there are at a place of a body. */
export type NamesAt = (path: readonly PropertyKey[]) => readonly string[];

/**
 * Makes one error of zod's issues, with an RFC 6901 pointer each. Where an unknown field is near to one of those that
 * there are (`namesAt`), or others call one so (`hints`), it asks whether that was meant.
 */
export function invalidFields(
  issues: readonly z.core.$ZodIssue[],
  namesAt: NamesAt = () => [],
  hints: Hints = {},
): AppError {
  const total = issues.reduce((sum, issue) => sum + (issue.code === 'unrecognized_keys' ? issue.keys.length : 1), 0);
  return invalidRequest(fieldErrors({ issues }, namesAt, hints), total);
}

/** Makes field errors of the first of zod's issues, as `invalidFields` tells them. */
export const fieldErrors = (
  error: { readonly issues: readonly z.core.$ZodIssue[] } | undefined,
  namesAt: NamesAt = () => [],
  hints: Hints = {},
): FieldError[] =>
  (error?.issues ?? []).slice(0, MAX_TOLD).flatMap((issue) => {
    if (issue.code === 'unrecognized_keys') {
      return unknownFields(issue.path, issue.keys, namesAt(issue.path), hints);
    }
    return [{ pointer: pointerOf(issue.path), detail: issue.message }];
  });

/** Makes the errors for fields that are not known at a place, of which `names` are; `hints` has what others call these. */
export const unknownFields = (
  path: readonly PropertyKey[],
  keys: readonly string[],
  names: readonly string[] = [],
  hints: Hints = {},
): FieldError[] =>
  keys.slice(0, MAX_TOLD).map((key) => ({
    pointer: pointerOf([...path, key]),
    detail: `is not a known field${askForName(key, names, hints)}`,
  }));

/** Makes the RFC 6901 pointer that leads along a path; a very long name in it is cut. */
export const pointerOf = (path: readonly PropertyKey[]): string =>
  path.map((part) => `/${cut(String(part)).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

const cut = (name: string): string => (name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH)}…` : name);
