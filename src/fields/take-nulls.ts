import type { z } from 'zod';

/**
 * Takes those nulls out of a body, in place, that a schema found fault with: such a field counts as not given. Answers
 * whether there was one. An entry of a list stays: without it the others would move up.
 */
export function takeNulls(body: object, issues: readonly z.core.$ZodIssue[]): boolean {
  let taken = false;
  for (const path of pathsOf(issues)) taken = takeNull(body, path) || taken;
  return taken;
}

/** Where the issues are; where there was a choice, where each of its branches found fault. */
const pathsOf = (issues: readonly z.core.$ZodIssue[]): PropertyKey[][] =>
  issues.flatMap((issue) => {
    const inner = issue.code === 'invalid_union' ? issue.errors.flatMap(pathsOf) : [];
    return [issue.path, ...inner.map((path) => [...issue.path, ...path])];
  });

function takeNull(body: object, path: readonly PropertyKey[]): boolean {
  let place: unknown = body;
  for (const part of path) {
    if (typeof place !== 'object' || place === null || !Object.hasOwn(place, part)) return false;
    const value: unknown = Reflect.get(place, part);
    if (value === null) return !Array.isArray(place) && Reflect.deleteProperty(place, part);
    place = value;
  }
  return false;
}
