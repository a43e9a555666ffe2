import type { Operation, Parameter } from '../../../openapi/answers.ts';
import { FILE, type Schema } from '../../../openapi/schemas.ts';
import type { Method, OpenApiDocument } from '../../openapi/index.ts';

/** A value in the address or the head of a request, as a form asks for it. */
interface TryField {
  name: string;
  in: Parameter['in'];
  required: boolean;
  /** What it begins with; '' for nothing. */
  value: string;
}

/** The body of a request, as a form asks for it. */
type TryBody =
  | { as: 'json'; text: string }
  /** A file that is the whole body. */
  | { as: 'file'; type: string }
  /** Files by their fields, and texts, one a line: `width=800`. */
  | { as: 'form'; files: { name: string; required: boolean; isMany: boolean }[]; text: string };

/** A request that the page itself can send. */
export interface TryView {
  method: string;
  path: string;
  fields: TryField[];
  /** Optional values of the query where there are many of them, one a line; null where each has a field of its own. */
  query: string | null;
  body: TryBody | null;
  /** Whether it is asked before it is sent. */
  asksFirst: boolean;
}

/** More optional values of a query than this are lines of one field. */
const MAX_QUERY_FIELDS = 20;

/** Makes the form for an operation; `parameters` are those that its body does not have. */
export function describeTry(
  { path, method }: { path: string; method: Method },
  { requestBody }: Operation,
  parameters: readonly Parameter[],
  document: OpenApiDocument,
): TryView {
  const optional = parameters.filter((one) => one.in === 'query' && !one.required);
  const isLong = optional.length > MAX_QUERY_FIELDS;
  const shown = isLong ? parameters.filter((one) => !optional.includes(one)) : parameters;
  return {
    method: method.toUpperCase(),
    path,
    fields: shown.map((one) => ({
      name: one.name,
      in: one.in,
      required: one.required ?? false,
      value: beginningOf(one),
    })),
    query: isLong
      ? linesOf(optional.filter(({ example }) => example !== undefined).map(({ name, example }) => [name, example]))
      : null,
    body: describeTryBody(requestBody, document),
    asksFirst: method === 'delete',
  };
}

/** What must be given and can be only one thing stands there already. */
function beginningOf({ required, schema }: Parameter): string {
  const only = schema?.['enum'];
  return required && Array.isArray(only) && only.length === 1 ? String(only[0]) : '';
}

function describeTryBody(requestBody: Operation['requestBody'], document: OpenApiDocument): TryBody | null {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (!type || !media) return null;
  const example = media.examples?.['example']?.value;
  if (type === 'multipart/form-data') return describeForm(example, resolve(media.schema, document));
  if (!/json/.test(type)) return { as: 'file', type };
  return { as: 'json', text: example === undefined ? '{}' : JSON.stringify(example, null, 2) };
}

function describeForm(example: unknown, { properties = {}, required = [], additionalProperties }: Schema): TryBody {
  const files = Object.entries(properties)
    .filter(([, schema]) => schema['format'] === FILE['format'])
    .map(([name]) => ({ name, required: required.includes(name), isMany: false }));
  // A form that takes further files has them all as `file`, unless its fields name them.
  if (files.length === 0 && additionalProperties !== undefined)
    files.push({ name: 'file', required: false, isMany: true });
  const texts = Object.entries((example ?? {}) as Record<string, unknown>).filter(
    ([, value]) => value !== '(the file)',
  );
  return { as: 'form', files, text: linesOf(texts) };
}

const linesOf = (values: readonly (readonly [string, unknown])[]): string =>
  values
    .map(([name, value]) => `${name}=${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('\n');

function resolve(schema: Schema | undefined, { components }: OpenApiDocument): Schema {
  const name = typeof schema?.['$ref'] === 'string' ? schema['$ref'].split('/').at(-1) : undefined;
  return (name === undefined ? schema : components.schemas[name]) ?? {};
}
