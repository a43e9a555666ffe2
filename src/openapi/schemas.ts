import { z } from 'zod';

/** A JSON Schema (2020-12), the dialect of OpenAPI 3.1. */
export interface Schema {
  [keyword: string]: unknown;
  type?: string | string[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
}

/** A file: a body, or in a form. */
export const FILE: Schema = { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' };

/** A reference to one of the document's named schemas. */
export const refTo = (name: string): Schema => ({ $ref: `#/components/schemas/${name}` });

/** The name a kind's schema has in the document: `images` and `Result` make `ImagesResult`. */
export const schemaName = (kind: string, what: string): string =>
  `${kind.charAt(0).toUpperCase()}${kind.slice(1)}${what}`;

/** The schema of what a request may hold (`input`) or an answer holds (`output`), without what says nothing. */
export function toSchema(schema: z.ZodType, io: 'input' | 'output'): Schema {
  const made = z.toJSONSchema(schema, {
    io,
    unrepresentable: 'any',
    override({ zodSchema, jsonSchema: one }) {
      // Zod leaves out the default of what is made into something else by reading: a list of addresses, of attachments.
      const { def } = (zodSchema as z.core.$ZodTypes)._zod;
      if (io === 'input' && def.type === 'default') one.default ??= structuredClone(def.defaultValue);
      // Zod's whole numbers end where JavaScript's do; its dates bring a pattern that says what the format says.
      if (one.minimum === Number.MIN_SAFE_INTEGER) delete one.minimum;
      if (one.maximum === Number.MAX_SAFE_INTEGER) delete one.maximum;
      if (one.minLength === 0) delete one.minLength;
      if (one.minItems === 0) delete one.minItems;
      if (one.format === 'date-time') delete one.pattern;
      // An answer may get further members in a later version; a request with unknown ones is refused.
      if (io === 'output' && one.additionalProperties === false) delete one.additionalProperties;
    },
  });
  const { $schema: _, ...rest } = made as Schema;
  return io === 'input' ? nameDefaults(rest) : rest;
}

/** Calls each default `x-default`: clients that are made from a document ask for the fields that have a `default`. */
function nameDefaults(schema: Schema): Schema {
  const inAll = (schemas: Record<string, Schema>) =>
    Object.fromEntries(Object.entries(schemas).map(([name, one]) => [name, nameDefaults(one)]));
  const inside = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (keyword === 'default') return ['x-default', value];
    if (keyword === 'properties' || keyword === '$defs') return [keyword, inAll(value as Record<string, Schema>)];
    if (['anyOf', 'oneOf', 'allOf'].includes(keyword)) return [keyword, (value as Schema[]).map(nameDefaults)];
    const isSchema = ['items', 'additionalProperties', 'propertyNames'].includes(keyword) && typeof value === 'object';
    return [keyword, isSchema ? nameDefaults(value as Schema) : value];
  });
  return Object.fromEntries(inside);
}

/** Adds members to an object's schema; where there is a choice of objects, to each of them. */
export function addProperties(schema: Schema, properties: Record<string, Schema>, required: string[] = []): Schema {
  const { oneOf, anyOf } = schema;
  const add = (one: Schema) => addProperties(one, properties, required);
  if (oneOf) return { ...schema, oneOf: oneOf.map(add) };
  if (anyOf) return { ...schema, anyOf: anyOf.map(add) };
  const all = [...(schema.required ?? []), ...required];
  return {
    ...schema,
    properties: { ...schema.properties, ...properties },
    ...(all.length > 0 ? { required: all } : {}),
  };
}

/**
 * A schema that refers to itself comes with parts of its own, which references of the document can't reach: they get
 * names.
 */
export function liftParts(name: string, schema: Schema): Record<string, Schema> {
  const text = JSON.stringify(schema)
    .replaceAll('"$ref":"#"', `"$ref":"#/components/schemas/${name}"`)
    .replaceAll('"$ref":"#/$defs/', `"$ref":"#/components/schemas/${name}.`);
  const { $defs = {}, ...whole } = JSON.parse(text) as Schema & { $defs?: Record<string, Schema> };
  const parts = Object.entries($defs).map(([part, one]) => [`${name}.${part}`, one]);
  return { [name]: whole, ...Object.fromEntries(parts) };
}
