import { createHash } from 'node:crypto';
import { Router } from 'express';
import type { Config } from '../../../config/platform.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { DocumentedRoutes } from '../../../kinds/routes.ts';
import { lazy } from '../../../lazy.ts';
import type { Operation } from '../../../openapi/answers.ts';
import { answerUnchanged } from '../../conditional.ts';
import { createOpenApi, type OpenApiDocument } from '../../openapi/index.ts';
import type { Views } from '../views.ts';
import { describeFields, type FieldView } from './docs-fields.ts';

/** A request that the page itself can send. */
interface TryView {
  method: string;
  path: string;
  /** Values of the path and the query. */
  fields: { name: string; in: string; required: boolean }[];
  /** The JSON body to begin with; null when it takes none. */
  body: string | null;
}

/** One operation, every text ready. */
interface OperationView {
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
  attempt: TryView | null;
}

export interface DocsData {
  /** Puts what stands in backticks into code; the rest of the text is escaped. */
  rich: (text: string) => string;
  groups: { name: string; description: string; operations: OperationView[] }[];
}

export interface DocsDeps {
  contracts: readonly JobContract[];
  documented: readonly DocumentedRoutes[];
  config: Config;
  views: Views;
}

/** `/openapi.json`, and `/docs`: the same document for people. Open to everybody, as nothing in them is secret. */
export function createDocsRouter({ contracts, documented, config, views }: DocsDeps): Router {
  const router = Router();
  // Made when somebody first asks: every start would wait for it.
  const readDocument = lazy(() => createOpenApi({ contracts, documented, config }));
  const readText = lazy(() => {
    const text = JSON.stringify(readDocument());
    return { text, etag: `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"` };
  });
  const readPage = lazy(() => describeDocument(readDocument()));
  const show = views.page<DocsData>('docs');

  router.get('/openapi.json', (req, res) => {
    const { text, etag } = readText();
    res.set({ ETag: etag, 'Cache-Control': 'no-cache' });
    if (!answerUnchanged(req, res, etag)) res.type('json').send(text);
  });
  router.get('/docs', (req, res) => show(req, res, { title: 'API', part: 'docs' }, readPage()));
  return router;
}

/** The document in the order a person reads it: by tag, then as the routes stand. */
export function describeDocument(document: OpenApiDocument): DocsData {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method, operation })),
  );
  const groups = document.tags.map(({ name, description }) => ({
    name,
    description,
    operations: operations
      .filter(({ operation }) => operation.tags[0] === name)
      .map(({ path, method, operation }) => describeOperation(document, path, method, operation)),
  }));
  return { groups, rich };
}

const rich = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/`([^`]*)`/g, '<code>$1</code>');

function describeOperation(
  document: OpenApiDocument,
  path: string,
  method: string,
  operation: Operation,
): OperationView {
  const { parameters = [], requestBody, responses } = operation;
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
    attempt: describeTry(path, method, listed, requestBody),
  };
}

function describeAccess({ security }: Operation): string {
  const [scope] = Object.values(security[0] ?? {}).flat();
  if (security.length === 0) return 'Open: no key is needed.';
  return scope ? `Needs a key with the scope \`${scope}\`.` : 'Needs a key.';
}

function describeBody(document: OpenApiDocument, { requestBody }: Operation): OperationView['body'] {
  const [type, media] = Object.entries(requestBody?.content ?? {})[0] ?? [];
  if (!type || !media?.schema) return null;
  return {
    title: type === 'application/json' ? 'JSON body' : 'Form fields',
    fields: describeFields(media.schema, document),
  };
}

/** Reading is safe to try, and so is a JSON body that was made to be sent; files and the rest go by curl. */
function describeTry(
  path: string,
  method: string,
  parameters: NonNullable<Operation['parameters']>,
  requestBody: Operation['requestBody'],
): TryView | null {
  const json = requestBody?.content['application/json'];
  const example = json?.examples?.['example']?.value;
  if (method !== 'get' && example === undefined) return null;
  return {
    method: method.toUpperCase(),
    path,
    fields: parameters
      .filter((one) => one.in !== 'header')
      .map(({ name, in: place, required = false }) => ({ name, in: place, required })),
    body: example === undefined ? null : JSON.stringify(example, null, 2),
  };
}
