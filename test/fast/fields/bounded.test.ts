import { describe, expect, it } from '@jest/globals';
import type { z } from 'zod';
import { optionsSchema } from '../../../src/jobs/options/options.ts';
import { suppressionInput, suppressionsInput } from '../../../src/suppressions/input.ts';
import { CONTRACTS } from '../../../workers/index.ts';

type Schema = z.core.$ZodTypes;

/** Every body that a route takes, as a schema. */
const BODIES: [string, z.ZodType][] = [
  ...CONTRACTS.map(({ kind, input }): [string, z.ZodType] => [kind, input]),
  ['options', optionsSchema],
  ['suppression', suppressionInput],
  ['suppressions', suppressionsInput],
];

/** A place in a schema that takes as much as its caller likes, unless it is bounded. */
interface Place {
  path: string;
  schema: Schema;
}

/** Lists every list and every free object in a schema: the latter with what stands in front of it. */
function openPlaces(start: z.core.$ZodType, name: string): Place[] {
  const seen = new Set<z.core.$ZodType>();
  const visit = (given: z.core.$ZodType, path: string, before?: Schema): Place[] => {
    if (seen.has(given)) return [];
    seen.add(given);
    const schema = given as Schema;
    const { def } = schema._zod;
    switch (def.type) {
      case 'object':
        return Object.entries(def.shape).flatMap(([field, inner]) => visit(inner, `${path}.${field}`));
      case 'array':
        return [{ path, schema }, ...visit(def.element, `${path}[]`)];
      case 'record':
        return [{ path, schema: before ?? schema }, ...visit(def.valueType, `${path}{}`)];
      case 'union':
        return def.options.flatMap((option) => visit(option, path));
      case 'pipe':
        return [...visit(def.in, path), ...visit(def.out, path, schema)];
      case 'optional':
      case 'nullable':
      case 'default':
      case 'prefault':
        return visit(def.innerType, path);
      case 'lazy':
        return visit(def.getter(), path);
      case 'map':
      case 'set':
      case 'tuple':
      case 'intersection':
        throw new Error(`${path}: teach this test what a ${def.type} is`);
      default:
        return [];
    }
  };
  return visit(start, name);
}

const MANY = 1_000_000;

/** A million entries, each of which ends the test when it is looked at. */
const trappedList = () =>
  new Proxy([], {
    get(target, name) {
      if (name === 'length') return MANY;
      if (typeof name === 'string' && /^\d+$/.test(name)) throw new Error('an entry was looked at');
      return Reflect.get(target, name) as unknown;
    },
  });

const NAMES = Array.from({ length: 50_000 }, (_, index) => `n${index}`);
/** 50,000 members, each of which ends the test when it is looked at. */
const trappedObject = () =>
  Object.defineProperties(
    {},
    Object.fromEntries(
      NAMES.map((name) => [
        name,
        {
          enumerable: true,
          get() {
            throw new Error('a value was looked at');
          },
        },
      ]),
    ),
  );

const refuses = (schema: Schema, value: unknown): boolean =>
  schema._zod.run({ value, issues: [] }, { async: false }) instanceof Promise ||
  (schema._zod.run({ value, issues: [] }, { async: false }) as z.core.ParsePayload).issues.length > 0;

describe('a body costs what its schema costs, not what its caller sends', () => {
  const places = BODIES.flatMap(([name, schema]) => openPlaces(schema, name));

  it('there are lists and free objects to look at', () => {
    expect(places.length).toBeGreaterThan(20);
  });

  it.each(places.map((place) => [place.path, place] as const))(
    '%s: too many are refused before one of them is looked at',
    (_path, { schema }) => {
      const isList = schema._zod.def.type === 'array';
      expect(refuses(schema, isList ? trappedList() : trappedObject())).toBe(true);
    },
  );

  it.each(places.filter(({ schema }) => schema._zod.def.type === 'array').map((place) => [place.path, place] as const))(
    '%s: as many wrong entries as there may be tell of at most a few',
    (_path, { schema }) => {
      const { element } = schema._zod.def as z.core.$ZodArrayDef;
      const wrong = Symbol('wrong');
      const one = element._zod.run({ value: wrong, issues: [] }, { async: false }) as z.core.ParsePayload;
      if (one.issues.length === 0) return;
      const largest = Array.from({ length: Math.min(...(schema._zod.def.checks ?? []).map(maximumOf)) }, () => wrong);
      const { issues } = schema._zod.run({ value: largest, issues: [] }, { async: false }) as z.core.ParsePayload;
      expect(issues.length).toBeLessThan(30);
    },
  );
});

function maximumOf(check: z.core.$ZodCheck<never>): number {
  const { maximum } = check._zod.def as { maximum?: number };
  return maximum ?? Number.POSITIVE_INFINITY;
}
