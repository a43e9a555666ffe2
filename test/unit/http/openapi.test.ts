import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { z } from 'zod';
import { ENDPOINT_EVENTS } from '../../../src/endpoints/endpoint.ts';
import { createOpenApi } from '../../../src/http/openapi/index.ts';
import { answerSchemas } from '../../../src/http/openapi/job.ts';
import { fieldsSchema } from '../../../src/http/openapi/requests.ts';
import { describeDocument, rich } from '../../../src/http/pages/docs/describe-document.ts';
import { defineJob, type JobContract } from '../../../src/jobs/contract.ts';
import { defaultConfig } from '../../../workers/config.ts';
import { CONTRACTS, KINDS } from '../../../workers/index.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const config = { ...defaultConfig(), PUBLIC_URL: 'https://jobs.example.no' };
const documented = KINDS.flatMap((kind) => kind.documented ?? []);
const document = createOpenApi({ contracts: CONTRACTS, documented, config });

/** A kind that nobody wrote a line for in src/http; its data may hold itself. */
const node = z.object({
  label: z.string().max(20).meta({ description: 'Said `aloud`.' }),
  get children() {
    return z.array(node).optional();
  },
});
const sounds = defineJob({
  kind: 'sounds',
  idPrefix: 'snd',
  summary: 'Says a tree of words.',
  input: z.strictObject({ tree: node, subject: z.string().default("it's") }),
  result: z.object({ seconds: z.number(), parts: z.array(z.object({ file: z.string() })) }),
  attempts: 1,
  backoff: { firstMs: 1, factor: 1, maxMs: 1 },
  timeoutMs: () => 1000,
  accepts: 'json',
  ownFields: ['subject'],
  example: { tree: { label: "it's" } },
}) as unknown as JobContract;

/** A validator for one named schema of a document. */
function validatorOf(name: string, of = document) {
  const ajv = new Ajv2020({ strict: false });
  addFormats.default(ajv);
  return ajv.addSchema({ ...of }, 'document').compile({ $ref: `document#/components/schemas/${name}` });
}

describe('the document', () => {
  it('is valid OpenAPI 3.1', async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(JSON.stringify(document)));
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(validator.version).toBe('3.1');
  });

  it('an independent linter finds no error in it, and no warning but those known', () => {
    const { path, remove } = makeTempDir();
    const file = join(path, 'openapi.json');
    writeFileSync(file, JSON.stringify(document));
    const cli = new URL('../../../node_modules/@redocly/cli/bin/cli.js', import.meta.url).pathname;
    // Health checks refuse nobody; a template that may be left out is told apart by its other fields.
    const known = ['operation-4xx-response', 'no-illogical-composition-keywords'];
    const { stdout } = spawnSync(
      process.execPath,
      [cli, 'lint', '--format=json', ...known.map((rule) => `--skip-rule=${rule}`), file],
      { env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true' }, cwd: path, encoding: 'utf8' },
    );
    remove();
    const { problems } = JSON.parse(stdout) as { problems: { message: string; ruleId: string }[] };
    // No job is called "actions".
    expect(problems.map(({ ruleId, message }) => `${ruleId}: ${message}`)).toEqual([
      expect.stringMatching(/^no-ambiguous-paths: .*`\/v1\/jobs\/\{id\}\/events` and `\/v1\/jobs\/actions\/\{id\}`\.$/),
    ]);
  });

  it('each schema in it is a schema, by strict reading', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, strictTypes: false });
    addFormats.default(ajv);
    for (const keyword of [
      'openapi',
      'info',
      'servers',
      'security',
      'tags',
      'paths',
      'webhooks',
      'components',
      'x-default',
      'discriminator',
    ])
      ajv.addKeyword(keyword);
    ajv.addSchema({ ...document }, 'document');
    for (const name of Object.keys(document.components.schemas)) {
      expect(() => ajv.compile({ $ref: `document#/components/schemas/${name}` })).not.toThrow();
    }
  });

  it('names every operation once, and its server without a slash at the end', () => {
    const ids = Object.values(document.paths).flatMap((methods) =>
      Object.values(methods).map((one) => one.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(document.servers).toEqual([{ url: 'https://jobs.example.no' }]);
  });
});

describe('a request', () => {
  const isReport = validatorOf('ReportsRequest');

  it('has the fields that all kinds share, whichever form the kind has', () => {
    expect(isReport({ data: { title: 'T' }, tags: ['a'], priority: 'high', runAt: '2026-10-31T08:00:00Z' })).toBe(true);
    expect(isReport({ data: { title: 'T' }, priority: 'highest' })).toBe(false);
    expect(isReport({ data: { title: 'T' }, runAt: 'tomorrow' })).toBe(false);
    expect(isReport({ data: { title: 'T' }, nothing: 1 })).toBe(false);
  });

  it("a mail's subject is the mail's own, not the shared one", () => {
    const emails = CONTRACTS.find(({ kind }) => kind === 'emails') as JobContract;
    expect(fieldsSchema(emails).properties?.['subject']).toMatchObject({ maxLength: 998 });
    expect(fieldsSchema(emails).properties?.['tags']).toMatchObject({ maxItems: 10 });
  });

  it('with a file: as a form, or as the body with the fields in the query', () => {
    const bodyOf = (path: string) => document.paths[path]?.post?.requestBody?.content ?? {};
    expect(Object.keys(bodyOf('/v1/images'))).toEqual(['multipart/form-data']);
    expect(Object.keys(bodyOf('/v1/images/raw'))).toEqual(['application/octet-stream']);
    expect(Object.keys(bodyOf('/v1/images/json'))).toEqual(['application/json']);
    expect(Object.keys(bodyOf('/v1/reports'))).toEqual(['application/json']);
    expect(Object.keys(bodyOf('/v1/reports/form'))).toEqual(['multipart/form-data']);
    expect(bodyOf('/v1/images')['multipart/form-data']?.encoding).toMatchObject({
      file: { contentType: 'image/*, application/pdf, application/octet-stream' },
      renditions: { contentType: 'application/json' },
    });
    const query = document.paths['/v1/images/raw']?.post?.parameters?.filter((one) => one.in === 'query') ?? [];
    expect(query.find(({ name }) => name === 'width')).toMatchObject({ schema: { maximum: 16_384 }, example: 800 });
    expect(query.find(({ name }) => name === 'renditions')?.content).toHaveProperty('application/json');
  });
});

describe('what clients are made from', () => {
  /** Every schema of the document with where it stands. */
  function* schemasIn(value: unknown, path: string): Generator<[string, Record<string, unknown>]> {
    if (typeof value !== 'object' || value === null) return;
    if (!Array.isArray(value)) yield [path, value as Record<string, unknown>];
    for (const [name, part] of Object.entries(value)) yield* schemasIn(part, `${path}/${name}`);
  }
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ place: `${method} ${path}`, operation })),
  );

  it('a request has one type of body', () => {
    const several = operations.filter(({ operation }) => Object.keys(operation.requestBody?.content ?? {}).length > 1);
    expect(several.map(({ place }) => place)).toEqual([]);
  });

  it('no field has a default, which would be asked for; no schema is called as a type of every browser is', () => {
    const all = [...schemasIn(document.components.schemas, ''), ...schemasIn(document.paths, '')];
    const isSchema = (path: string) => !/\/(responses|properties|example|value|const)$/.test(path);
    expect(all.filter(([path, one]) => isSchema(path) && 'default' in one).map(([path]) => path)).toEqual([]);
    expect(Object.keys(document.components.schemas).filter((name) => name in globalThis)).toEqual([]);
  });

  it('a choice of schemas says by which field it is made, or is no exclusive one', () => {
    const undecided = [...schemasIn(document.components.schemas, '')].filter(
      ([, one]) => Array.isArray(one['oneOf']) && !('discriminator' in one) && !isToldApart(one['oneOf']),
    );
    expect(undecided.map(([path]) => path)).toEqual([]);
  });

  it('what is sent to callers has its type, by event', () => {
    const named = [...ENDPOINT_EVENTS];
    expect(Object.keys(document.webhooks).toSorted()).toEqual(named.toSorted());
    const types = Object.values(document.webhooks).map(
      ({ post }) => post.requestBody?.content['application/json']?.schema,
    );
    expect(types).toContainEqual({ $ref: '#/components/schemas/ToldJobEvent' });
  });

  /** Whether each choice has one word at the same field that no other one has. */
  function isToldApart(choices: Record<string, { [name: string]: { const?: unknown } }>[]): boolean {
    const words = choices.map(({ properties = {} }) => Object.entries(properties).find(([, one]) => one.const));
    return new Set(words.map((word) => JSON.stringify(word))).size === choices.length && words.every(Boolean);
  }
});

describe('a job', () => {
  const example = (kind: string, result: unknown) => ({
    ...{ id: `rep_${'0'.repeat(26)}`, kind, state: 'completed', progress: { percent: 100 } },
    ...{ attempts: { made: 1, max: 3 }, position: null, etaSeconds: null, subject: null, tags: [], metadata: {} },
    ...{ createdAt: '2026-11-23T08:00:00.000Z', startedAt: null, finishedAt: null, expiresAt: null },
    ...{ priority: 'normal', caller: null, requestId: null, facts: null, runAt: null, nextAttemptAt: null },
    ...{
      retainedUntil: null,
      signedUntil: null,
      batch: null,
      delivered: null,
      flow: null,
      schedule: null,
      steps: null,
      heldBy: [],
      waitingOn: null,
      waitingFor: null,
      webhook: null,
      pausedSince: null,
      lastError: null,
      error: null,
      result,
    },
    links: { self: '/a', events: '/b', result: '/c', cancel: '/d' },
  });
  const isJob = validatorOf('Job');
  const report = { pages: 1, bytes: 900, warnings: [], files: [] };

  it('has the result of its own kind, or none', () => {
    expect(isJob(example('reports', report))).toBe(true);
    expect(isJob(example('reports', null))).toBe(true);
    expect(isJob(example('emails', report))).toBe(false);
    expect(isJob(example('nonsense', null))).toBe(false);
  });

  it('may get further members in a later version', () => {
    expect(isJob({ ...example('reports', { ...report, paper: 'A4' }), cost: 1 })).toBe(true);
  });
});

describe('a new kind', () => {
  const extended = createOpenApi({ contracts: [...CONTRACTS, sounds], documented, config });

  it('has its route, schemas, tag and example without a line of its own', async () => {
    const post = extended.paths['/v1/sounds']?.post;
    expect(post).toMatchObject({
      operationId: 'postSounds',
      security: [{ bearer: ['sounds'] }, { session: ['sounds'] }, { uploadToken: [] }],
    });
    expect(post?.requestBody?.content['application/json']?.examples?.['example']?.value).toEqual(sounds.example);
    expect(extended.tags).toContainEqual({ name: 'sounds', description: 'Says a tree of words.' });
    expect((await new Validator().validate(JSON.parse(JSON.stringify(extended)))).valid).toBe(true);
  });

  it('whose data may hold itself: the reference leads to a schema of the document', () => {
    const isRequest = validatorOf('SoundsRequest', extended);
    expect(isRequest({ tree: { label: 'a', children: [{ label: 'b', children: [{ label: 'c' }] }] } })).toBe(true);
    expect(isRequest({ tree: { label: 'a', children: [{ label: 'b'.repeat(21) }] } })).toBe(false);
  });

  it('each part of its result that names a file has an address too', () => {
    const { SoundsResult } = answerSchemas([sounds]);
    expect(SoundsResult?.properties?.['parts']?.items?.required).toEqual(['file', 'url']);
    expect(SoundsResult?.required).toEqual(['seconds', 'parts', 'files']);
  });

  it('a quote in its example: the curl line holds it for the shell', () => {
    const [sample] = extended.paths['/v1/sounds']?.post?.['x-codeSamples'] ?? [];
    expect(sample?.source).toContain(`"label": "it'\\''s"`);
    expect(sample?.source).toMatch(/^curl -H "Authorization: Bearer \$KEY"/);
  });

  it('on the page: its fields with type, limits and what it says of them, as deep as is readable', () => {
    const tags = describeDocument(extended);
    const [operation] = tags.find(({ name }) => name === 'sounds')?.operations ?? [];
    const [tree, subject] = operation?.body?.fields ?? [];
    expect(tree).toMatchObject({ name: 'tree', type: 'object', required: true });
    expect(tree?.parts[0]).toMatchObject({ name: 'label', type: 'text', limits: ['at most 20 characters'] });
    expect(tree?.parts[1]).toMatchObject({ name: 'children', type: 'list of objects', required: false });
    expect(subject?.limits).toEqual(["default `it's`"]);
    expect(rich(`${tree?.parts[0]?.description} <b>`)).toBe('Said <code>aloud</code>. &lt;b>');
    expect(operation?.attempt).toMatchObject({ method: 'POST', path: '/v1/sounds' });
  });
});
