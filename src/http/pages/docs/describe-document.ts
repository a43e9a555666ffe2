import type { Operation } from '../../../openapi/answers.ts';
import type { Method, OpenApiDocument } from '../../openapi/index.ts';
import { clientLines } from './client-lines.ts';
import { describeFields, type FieldView } from './describe-fields.ts';
import { describeTry, type TryView } from './describe-try.ts';
import type { ExampleView } from './examples.ts';

/** One operation, every text ready. */
export interface OperationView {
  id: string;
  method: string;
  path: string;
  summary: string;
  description: string | null;
  /** "Needs the scope images." */
  access: string;
  parameters: FieldView[];
  body: { title: string; fields: FieldView[] } | null;
  answers: { status: string; description: string; headers: string[] }[];
  samples: { label: string; source: string }[];
  /** Lines that ask it by the clients. */
  lines: ExampleView[];
  attempt: TryView;
}

/** The operations of one tag: a page of their own. */
export interface TagView {
  name: string;
  /** In addresses: `unknown-mails`. */
  slug: string;
  description: string;
  operations: OperationView[];
}

/** The document in the order a person reads it: by tag, then as the routes stand. */
export function describeDocument(document: OpenApiDocument): TagView[] {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method as Method, operation })),
  );
  return document.tags.map(({ name, description }) => ({
    name,
    slug: name.replaceAll(' ', '-'),
    description,
    operations: operations
      .filter(({ operation }) => operation.tags[0] === name)
      .map(({ path, method, operation }) => describeOperation(document, path, method, operation)),
  }));
}

/** Puts what stands in backticks into code; the rest of the text is escaped. */
export const rich = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>');

function describeOperation(
  document: OpenApiDocument,
  path: string,
  method: Method,
  operation: Operation,
): OperationView {
  const { parameters = [], responses } = operation;
  const body = describeBody(document, operation);
  const inBody = new Set(body?.fields.map(({ name }) => name));
  const listed = parameters.filter(({ name }) => !inBody.has(name));
  return {
    id: operation.operationId,
    method: method.toUpperCase(),
    path,
    summary: operation.summary,
    description: operation.description ?? null,
    access: describeAccess(operation),
    parameters: listed.flatMap(({ name, in: place, required, description, schema, content }) => {
      const type = schema ?? content?.['application/json']?.schema ?? {};
      const fields = { properties: { [name]: { ...type, description } }, required: required ? [name] : [] };
      return describeFields(fields, document).map((field) => ({ ...field, place }));
    }),
    body,
    answers: Object.entries(responses).map(([status, { description, headers = {} }]) => ({
      status,
      description,
      headers: Object.keys(headers),
    })),
    samples: operation['x-codeSamples'] ?? [],
    lines: clientLines(document.servers[0]?.url ?? '', path, method, operation),
    attempt: describeTry({ path, method }, operation, listed, document),
  };
}

function describeAccess({ security }: Operation): string {
  const [scope] = Object.values(security[0] ?? {}).flat();
  if (security.length === 0) return 'Open: no key is needed.';
  if (scope) return `Needs a key with the scope \`${scope}\`.`;
  return security.some((one) => 'bearer' in one) ? 'Needs a key.' : 'Needs an upload token.';
}

function describeBody(document: OpenApiDocument, { requestBody }: Operation): OperationView['body'] {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (!type || !media?.schema) return null;
  const title = /json/.test(type) ? 'JSON body' : type === 'multipart/form-data' ? 'Form fields' : 'Body';
  return { title, fields: describeFields(media.schema, document) };
}
