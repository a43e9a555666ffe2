import { publicUrl } from '../../config/addresses.ts';
import type { Config } from '../../config/platform.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { DocumentedRoutes } from '../../kinds/routes.ts';
import { type Operation, problemAnswers } from '../../openapi/answers.ts';
import type { RouteRow } from '../../openapi/route-row.ts';
import { liftParts, type Schema, schemaName } from '../../openapi/schemas.ts';
import { createTokenRoutes, type FindTokenRoute, isForTokens } from '../auth/token-routes.ts';
import { acceptOperations } from './accept.ts';
import { batchOperations, batchSchemas } from './batch.ts';
import { eventOperations, eventSchemas } from './events.ts';
import { answerSchemas } from './job.ts';
import { requestSchemas } from './requests.ts';
import { brandSchemas } from './rows/brands.ts';
import { bulkSchemas } from './rows/bulk.ts';
import { endpointSchemas } from './rows/endpoints.ts';
import { erasure, listRoutes } from './rows/routes.ts';
import { scheduleSchemas } from './rows/schedules.ts';
import { signedRows } from './rows/signed-addresses.ts';
import { templateRows, templateSchemas } from './rows/templates.ts';
import { servesTokens, TOKEN_SECURITY, tokenProblems, uploadTokenSchemas } from './rows/upload-tokens.ts';
import { uploadSchema } from './rows/uploads.ts';
import { curlLines } from './samples.ts';

export type Method = RouteRow['method'];

/** The description of the whole API: OpenAPI 3.1. */
export interface OpenApiDocument {
  openapi: string;
  info: Record<string, unknown>;
  servers: { url: string }[];
  security: Operation['security'];
  tags: { name: string; description: string }[];
  paths: Record<string, Partial<Record<Method, Operation>>>;
  /** What is sent to the callers' own addresses, by event. */
  webhooks: Record<string, { post: Operation }>;
  components: { securitySchemes: Record<string, Schema>; schemas: Record<string, Schema> };
}

const ANY_KEY: Operation['security'] = [{ bearer: [] }, { session: [] }];

/** What the description is made of. */
export interface OpenApiSources {
  contracts: readonly JobContract[];
  /** The kinds' own routes. */
  documented: readonly DocumentedRoutes[];
  config: Config;
}

/** Makes the description from the contracts of all kinds, their own routes, and the table of the common ones. */
export function createOpenApi({ contracts, documented, config }: OpenApiSources): OpenApiDocument {
  const posted = contracts.filter(({ accepts }) => accepts !== 'none');
  const paths: OpenApiDocument['paths'] = {};
  const add = (path: string, method: Method, operation: Operation) => {
    const samples = curlLines(publicUrl(config), path, method, operation);
    paths[path] = { ...paths[path], [method]: { ...operation, 'x-codeSamples': samples } };
  };
  for (const contract of posted) {
    for (const [own, operation] of Object.entries(acceptOperations(contract, config))) add(own, 'post', operation);
    const batch = contract.batch ? batchOperations(contract, contract.batch, config) : {};
    for (const [own, operation] of Object.entries(batch)) add(own, 'post', operation);
  }
  const rows = [
    ...listRoutes(contracts.map(({ kind }) => kind)),
    ...templateRows(contracts),
    ...signedRows(contracts),
    ...documented.flatMap((own) => own.rows),
  ];
  const findRoute = createTokenRoutes(contracts);
  for (const row of rows) add(row.path, row.method, routeOperation(row, findRoute));

  return {
    openapi: '3.1.1',
    info: {
      title: 'Heavylift',
      version: '1',
      description:
        "Takes heavy work off a web application's request path. A POST answers 202 at once with a job; " +
        'workers do it in the background, and the job tells how far they are. Every answer has `X-Request-Id`: the ' +
        "caller's, if it sent one, else one that was made. `null` means that a field is not given.",
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: publicUrl(config) }],
    security: ANY_KEY,
    tags: [
      ...posted.map(({ kind, summary }) => ({ name: kind, description: summary })),
      { name: 'jobs', description: 'What every job has in common, whatever its kind.' },
      { name: 'uploads', description: 'Files that are sent once, for jobs to name.' },
      { name: 'webhooks', description: "Addresses that hear of what happens to the caller's jobs." },
      { name: 'brands', description: "How the caller's papers look: logo, colours, letterhead." },
      { name: 'templates', description: 'Bodies of requests that are stored, to be filled with data.' },
      { name: 'schedules', description: 'Jobs and flows that are made at times that come again and again.' },
      ...documented.flatMap((own) => own.tags),
      { name: 'health', description: 'For load balancers and monitors; open to everybody.' },
    ],
    paths,
    webhooks: eventOperations(),
    components: {
      securitySchemes: {
        bearer: { type: 'http', scheme: 'bearer', description: 'An API key.' },
        uploadToken: {
          type: 'http',
          scheme: 'bearer',
          description:
            'An upload token, from the origins that it names. Event streams and files take it as `?token=` too, where a page ' +
            'can set no header.',
        },
        session: {
          type: 'apiKey',
          in: 'cookie',
          name: 'heavylift_session',
          description:
            'A browser that signed in. The name goes on with letters of the deployment, and by https it begins with ' +
            '`__Host-` or `__Secure-`.',
        },
      },
      schemas: namedSchemas(contracts, documented),
    },
  };
}

/** Whatever changes something counts against the caller's rate, whichever route it is. */
const ratedProblems = ({ method, isOpen, problems }: RouteRow): RouteRow['problems'] =>
  method === 'get' || method === 'head' || isOpen ? problems : [...new Set([...problems, 'rate_limited' as const])];

function routeOperation(row: RouteRow, findRoute: FindTokenRoute): Operation {
  const { method, path, tag, scope, isForToken, isOpen, answers, problems: _, ...rest } = row;
  const byKey = scope === undefined ? ANY_KEY : [{ bearer: [scope] }, { session: [scope] }];
  const scoped = isForToken ? [] : byKey;
  const forTokens = servesTokens(findRoute, path, method);
  const codes = [...ratedProblems(row), ...(forTokens ? tokenProblems(method) : [])];
  return {
    ...rest,
    tags: [tag],
    security: isOpen ? [] : [...scoped, ...(forTokens ? [TOKEN_SECURITY] : [])],
    responses: { ...answers, ...problemAnswers([...new Set(codes)]) },
  };
}

function namedSchemas(
  contracts: readonly JobContract[],
  documented: readonly DocumentedRoutes[],
): Record<string, Schema> {
  const posted = contracts.filter(({ accepts }) => accepts !== 'none');
  const schemas: Record<string, Schema> = Object.assign({}, answerSchemas(contracts), ...posted.map(requestSchemas));
  const batches = posted.flatMap((contract) => {
    const { batch, kind } = contract;
    return batch ? batchSchemas(contract, batch, schemas[schemaName(kind, 'Form')]) : [];
  });
  Object.assign(
    schemas,
    bulkSchemas(contracts.map(({ kind }) => kind)),
    uploadTokenSchemas(posted.filter(isForTokens).map(({ kind }) => kind)),
    endpointSchemas(posted.map(({ kind }) => kind)),
    brandSchemas(contracts),
    templateSchemas(),
    scheduleSchemas(),
    eventSchemas(),
    ...batches,
    ...documented.map((own) => own.schemas),
  );
  const lifted = Object.entries(schemas).map(([name, schema]) => liftParts(name, schema));
  return Object.assign({ Erasure: erasure, Upload: uploadSchema }, ...lifted);
}
