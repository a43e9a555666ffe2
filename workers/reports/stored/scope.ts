import { pointerOf } from '../../../src/fields/invalid-request.ts';
import type { LiquidFault } from '../../../src/liquid/liquid.ts';

/** The names that a part of a template may use: those of the data, and of what is repeated around it. */
export interface Scope {
  /** Of the request's data. */
  data: Readonly<Record<string, unknown>>;
  /** Of what is repeated around it: they come first. */
  names: Record<string, unknown>;
  /** Where the values of names that are not the data's own come from. */
  origins: Readonly<Record<string, readonly PropertyKey[]>>;
}

/** Names without those that every object has. */
export const namesOf = <Value>(...all: Readonly<Record<string, Value>>[]): Record<string, Value> =>
  Object.assign(Object.create(null), ...all);

/** Finds a value by its path, undefined where there is none; and where it stands in the data. */
export function findValue(
  path: string,
  { data, names, origins }: Scope,
): { value: unknown; from: readonly PropertyKey[] } {
  const [first = '', ...rest] = path.split('.');
  const from = [...(origins[first] ?? [first]), ...rest];
  let value: unknown = Object.hasOwn(names, first) ? names : data;
  for (const key of [first, ...rest]) {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, key);
    value = isThere ? (value as Record<string, unknown>)[key] : undefined;
  }
  return { value, from };
}

/** The pointer into the request of a path that begins with a name of the data; undefined for what is no such path. */
export function pointInData(path: string, { origins }: Scope): string | undefined {
  const [first = '', ...rest] = path.split('.');
  if (!/^[\w-]+(?:\.[\w-]+)*$/.test(path) || first === 'index') return undefined;
  return pointerOf(['data', ...(origins[first] ?? [first]), ...rest]);
}

export const NOT_GIVEN = 'must be given, since it is used by';

/** Says why a text could not be filled: with the place in the request where a value of it is to blame. */
export function blame(
  { message, missing, unfit }: LiquidFault,
  scope: Scope,
): { detail: string; pointer?: string | undefined } {
  const path = missing ?? unfit;
  if (path === undefined) return { detail: `can not be filled (${message})` };
  const [first = '', ...rest] = path.split('.');
  // Any other name is one that the text has made itself: of a loop, or assigned.
  const isKnown = Object.hasOwn(scope.names, first) || Object.hasOwn(scope.data, first);
  const pointer = pointInData(path, scope);
  if (missing === undefined) {
    return isKnown && pointer ? { detail: message, pointer } : { detail: `can not be filled ("${path}" ${message})` };
  }
  const isMissing = isKnown ? findValue(missing, scope).value === undefined : rest.length === 0;
  if (isMissing && pointer) return { detail: NOT_GIVEN, pointer };
  return { detail: `can not be filled (there is no "${missing}")` };
}
