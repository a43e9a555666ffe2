import { z } from 'zod';
import type { JobContract } from '../jobs/contract.ts';
import { optionsSchema } from '../jobs/options/options.ts';

/** What we read of a JSON Schema: which fields there are, and what each may be. */
interface FieldSchema {
  type?: string | string[];
  enum?: unknown[];
  properties?: Record<string, FieldSchema>;
  items?: FieldSchema;
  anyOf?: FieldSchema[];
  oneOf?: FieldSchema[];
  allOf?: FieldSchema[];
  $ref?: string;
  $defs?: Record<string, FieldSchema>;
}

/** The fields of a kind's requests, as its contract describes them. */
export interface FieldSchemas {
  /** The JSON types that each field of a form may have, a member of an object under `crop[left]`. */
  types: ReadonlyMap<string, ReadonlySet<string>>;
  /** Lists the fields that there are at that place of a body. */
  namesAt(path: readonly PropertyKey[]): string[];
}

/** Reads the schemas once for a kind; `optionNames` are the shared fields that it takes. */
export function readFieldSchemas(contract: JobContract, optionNames: ReadonlySet<string>): FieldSchemas {
  const own = toJsonSchema(contract.input);
  const shared = toJsonSchema(optionsSchema).properties ?? {};
  const types = new Map<string, Set<string>>();
  const addTypes = (name: string, property: FieldSchema) => {
    // A name that both have is told apart by its value, so its text may be either.
    const others = contract.isOwnField ? (types.get(name) ?? []) : [];
    types.set(name, new Set([...typesOf(property), ...others]));
    for (const { properties = {} } of variantsOf(property, own)) {
      for (const [member, one] of Object.entries(properties)) types.set(`${name}[${member}]`, typesOf(one));
    }
  };
  for (const [name, property] of Object.entries(shared)) addTypes(name, property);
  for (const [name, property] of Object.entries(own.properties ?? {})) addTypes(name, property);
  return {
    types,
    namesAt: (path) => [...namesIn(own, path), ...(path.length === 0 ? optionNames : [])],
  };
}

const toJsonSchema = (schema: z.ZodType): FieldSchema =>
  z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as FieldSchema;

/** The schema, or all that it has to choose from. */
function variantsOf(schema: FieldSchema, root: FieldSchema): FieldSchema[] {
  const { anyOf = [], oneOf = [], allOf = [], $ref } = schema;
  const referred = $ref === undefined ? [] : [$ref === '#' ? root : (root.$defs?.[$ref.split('/').at(-1) ?? ''] ?? {})];
  return [schema, ...[...anyOf, ...oneOf, ...allOf, ...referred].flatMap((one) => variantsOf(one, root))];
}

function namesIn(root: FieldSchema, path: readonly PropertyKey[]): string[] {
  let places = variantsOf(root, root);
  for (const part of path) {
    const inner = places.flatMap(({ items, properties }) =>
      typeof part === 'number' ? (items ?? []) : (properties?.[String(part)] ?? []),
    );
    places = inner.flatMap((one) => variantsOf(one, root));
  }
  return places.flatMap(({ properties = {} }) => Object.keys(properties));
}

/** The JSON types a property may have; none when its schema says nothing about it. */
function typesOf({ type = [], anyOf = [], enum: values = [] }: FieldSchema): Set<string> {
  const named = [type].flat().concat(values.map((value) => typeof value));
  return new Set([...named, ...anyOf.flatMap((one) => [...typesOf(one)])]);
}
