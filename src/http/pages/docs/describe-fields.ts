import { formatNumber } from '../../../kinds/formats.ts';
import type { Schema } from '../../../openapi/schemas.ts';
import type { OpenApiDocument } from '../../openapi/index.ts';

/** One field of a request as the page shows it. */
export interface FieldView {
  name: string;
  /** "whole number", "list of objects", ... */
  type: string;
  required: boolean;
  /** "1 to 100", "at most 64 characters", "default inside": each a phrase of its own. */
  limits: string[];
  description: string;
  /** The fields of an object, or of each object of a list. */
  parts: FieldView[];
  /** Where the value may be one of several objects: each with its fields. */
  choices: { title: string; parts: FieldView[] }[];
  /** `path`, `query` or `header`; absent for fields of a body. */
  place?: string;
}

/** Deeper than this nothing is shown: a schema may hold itself. */
const MAX_DEPTH = 8;
const MAX_PATTERN_LENGTH = 40;

/**
 * The fields of an object's schema, those first that must be given; where it is a choice of objects, one nameless field
 * with the choices.
 */
export function describeFields(schema: Schema, document: OpenApiDocument, depth = 0): FieldView[] {
  const { properties, required = [], ...rest } = resolve(schema, document);
  if (depth > MAX_DEPTH) return [];
  if (!properties)
    return rest.oneOf || rest.anyOf ? [describeField({ name: '', schema: rest, required: true }, document, depth)] : [];
  const fields = Object.entries(properties).map(([name, property]) =>
    describeField({ name, schema: property, required: required.includes(name) }, document, depth),
  );
  return fields.toSorted((one, other) => Number(other.required) - Number(one.required));
}

function describeField(
  { name, schema: given, required }: { name: string; schema: Schema; required: boolean },
  document: OpenApiDocument,
  depth: number,
): FieldView {
  const schema = resolve(given, document);
  const inner = resolve(schema.items ?? schema, document);
  const objects = choicesOf(inner, document).filter(({ properties }) => properties);
  return {
    name,
    type: typeOf(schema, document),
    required,
    limits: limitsOf(schema, document),
    description: typeof schema['description'] === 'string' ? schema['description'] : '',
    parts: inner.properties ? describeFields(inner, document, depth + 1) : [],
    choices: objects.map((one) => ({ title: titleOf(one), parts: describeFields(one, document, depth + 1) })),
  };
}

function resolve(schema: Schema, { components }: OpenApiDocument): Schema {
  const name = typeof schema['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
  return name === undefined ? schema : { ...components.schemas[name], ...schema };
}

/** The schemas a value may follow, choices within choices laid flat; none where there is no choice. */
function choicesOf({ oneOf, anyOf }: Schema, document: OpenApiDocument): Schema[] {
  return (oneOf ?? anyOf ?? []).flatMap((given) => {
    const one = resolve(given, document);
    return one.oneOf || one.anyOf ? choicesOf(one, document) : [one];
  });
}

/** What tells one choice from the others: `type: heading`. */
function titleOf({ properties = {} }: Schema): string {
  const fixed = Object.entries(properties).find(([, property]) => property['const'] !== undefined);
  return fixed ? `${fixed[0]}: ${String(fixed[1]['const'])}` : `{ ${Object.keys(properties).join(', ')} }`;
}

const TYPES: Record<string, string> = {
  string: 'text',
  integer: 'whole number',
  number: 'number',
  boolean: 'true or false',
  object: 'object',
  null: 'null',
};
const FORMATS: Record<string, string> = { 'date-time': 'date and time', binary: 'file', uri: 'URL' };

function typeOf(given: Schema, document: OpenApiDocument): string {
  const schema = resolve(given, document);
  const { type, format, items } = schema;
  if (type === 'array') {
    const inner = items ? typeOf(items, document) : 'anything';
    return `list of ${inner === 'object' ? 'objects' : inner}`;
  }
  if (typeof format === 'string' && FORMATS[format]) return FORMATS[format];
  const choices = choicesOf(schema, document);
  if (choices.length > 0) return [...new Set(choices.map((one) => typeOf(one, document)))].join(' or ');
  return (
    [type ?? []]
      .flat()
      .map((one) => TYPES[one] ?? one)
      .join(' or ') || 'anything'
  );
}

function limitsOf(schema: Schema, document: OpenApiDocument): string[] {
  const { minimum, maximum, minLength, maxLength, minItems, maxItems, pattern } = schema;
  const words = (choicesOf(schema, document).find((one) => one['enum']) ?? schema)['enum'];
  const fallback = schema['x-default'];
  return [
    range(minimum, maximum, ''),
    range(minLength, maxLength, ' characters'),
    range(minItems, maxItems, ' entries'),
    Array.isArray(words) && `one of \`${words.join('`, `')}\``,
    schema['const'] !== undefined && `always \`${String(schema['const'])}\``,
    !schema['description'] &&
      typeof pattern === 'string' &&
      pattern.length <= MAX_PATTERN_LENGTH &&
      `matches \`${pattern}\``,
    fallback !== undefined && typeof fallback !== 'object' && fallback !== '' && `default \`${String(fallback)}\``,
  ].filter((limit) => typeof limit === 'string');
}

function range(min: unknown, max: unknown, unit: string): string | false {
  if (typeof min === 'number' && typeof max === 'number') return `${number(min)} to ${number(max)}${unit}`;
  if (typeof max === 'number') return `at most ${number(max)}${unit}`;
  return typeof min === 'number' && `at least ${number(min)}${unit}`;
}

/** Fractions as they are: 0.3 must not be shown as 0. */
const number = (value: number): string => (Number.isInteger(value) ? formatNumber(value) : String(value));
