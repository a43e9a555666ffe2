import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { KINDS } from '../../workers/index.ts';
import { openTestApp } from '../support/app.ts';
import { type DocumentedApi, drawNoise, exampleOf, formOf, openDocumentedApi } from '../support/documented-api.ts';
import { startProcess } from '../support/processes.ts';
import { KEYS } from '../support/product.ts';

/** The document against the product that serves it: what it shows works, and it shows all there is. */
let api: DocumentedApi;
let photo: Buffer;

beforeAll(async () => {
  api = await openDocumentedApi();
  photo = await drawNoise(60, 40);
});
afterAll(() => api.close());

describe('every documented example', () => {
  /** Sends each example of the operation; answers the ids of the jobs. */
  async function sendExamples(operationId: string): Promise<string[]> {
    const { requestBody, parameters = [] } = api.checker.find(operationId).operation;
    const ids: string[] = [];
    for (const [type, { examples, schema }] of Object.entries(requestBody?.content ?? {})) {
      for (const { value } of Object.values(examples ?? {}) as { value: Record<string, unknown> }[]) {
        expect(api.checker.requestFaultsOf(operationId, type, value)).toEqual([]);
        const isForm = type === 'multipart/form-data';
        const sending = isForm
          ? api.call(operationId, { body: formOf(value, photo) })
          : api.postJson(operationId, value);
        ids.push((await sending).body.id);
      }
      if (schema || type.includes('*')) continue;
      const given = parameters.filter(({ example }) => example !== undefined);
      const query = `?${new URLSearchParams(given.map(({ name, example }) => [name, String(example)]))}`;
      const raw = { body: new Uint8Array(photo), headers: { 'Content-Type': type }, query };
      ids.push((await api.call(operationId, raw)).body.id);
    }
    return ids;
  }

  it.each(KINDS.map(({ contract }) => contract).filter(({ accepts }) => accepts !== 'none'))(
    'of $kind, sent as it stands: accepted, and the job completes',
    async ({ kind }) => {
      const operations = Object.values(api.document.paths[`/v1/${kind}`] ?? {});
      const ids = (await Promise.all(operations.map(({ operationId }) => sendExamples(operationId)))).flat();
      expect(ids.length).toBeGreaterThan(0);
      for (const id of ids) {
        await api.product.jobReaches(id, 'completed');
        await api.call('getJob', { params: { id } });
        expect((await api.call('getResult', { params: { id } })).status).toBe(200);
      }
    },
  );

  it('as the curl line that is shown, run by a shell: accepted', async () => {
    const file = `${api.product.dir}/a photo of $HOME.jpg`;
    writeFileSync(file, photo);
    const endpoint = { url: 'https://app.example.com', events: ['job.failed'] };
    await api.postJson('putWebhookEndpoint', endpoint, { params: { name: 'shop' } });
    const schedule = { cron: '@daily', job: { kind: 'emails', input: exampleOf('emails') } };
    await api.postJson('putSchedule', schedule, { params: { name: 'shop' } });
    const posts = Object.values(api.document.paths).flatMap(({ post }) => (post?.requestBody ? [post] : []));
    const samples = posts.flatMap((post) => {
      const status = ['202', '201', '200'].find((one) => one in post.responses);
      return (post['x-codeSamples'] ?? []).map(({ source }) => ({ source, status }));
    });
    for (const { source, status } of samples) {
      const line = source
        .replace('curl ', 'curl -s -o /dev/null -w "%{http_code}" ')
        .replaceAll(api.document.servers[0]?.url ?? '', api.product.url);
      const shell = startProcess('sh', ['-c', line], { KEY: KEYS.kari, FILE: file, NAME: 'shop' });
      expect([await shell.exited, shell.output(), source]).toEqual([0, status, source]);
    }
  });
});

describe('the document', () => {
  it('has every route that the app serves under /v1, and at signed addresses, and no other', async () => {
    const test = await openTestApp();
    const served = servedRoutes(test.app.router as unknown as Layered).filter((route) =>
      /^\w+ \/(v1|i|r)\//.test(route),
    );
    await test.close();
    const documented = Object.entries(api.document.paths).flatMap(([path, methods]) =>
      /^\/(v1|i|r)\//.test(path) ? Object.keys(methods).map((method) => `${method} ${path}`) : [],
    );
    expect(served.length).toBeGreaterThan(5);
    expect(documented.toSorted()).toEqual(served.toSorted());
  });

  it('is open to everybody, and kept by its ETag', async () => {
    const first = await fetch(`${api.product.url}/openapi.json`);
    expect([first.status, first.headers.get('content-type')]).toEqual([200, 'application/json; charset=utf-8']);
    const headers = { 'If-None-Match': first.headers.get('etag') ?? '', 'Cache-Control': 'max-age=0' };
    expect((await fetch(`${api.product.url}/openapi.json`, { headers })).status).toBe(304);
  });

  it('as pages: every route with its fields, and nothing that leads elsewhere', async () => {
    const start = await (await fetch(`${api.product.url}/docs`)).text();
    const paths = new Set(start.match(/(?<=href=")\/docs\/api\/[\w-]+/g));
    const pages = await Promise.all([...paths].map(async (path) => (await fetch(api.product.url + path)).text()));
    for (const { operationId } of Object.values(api.document.paths).flatMap((methods) => Object.values(methods))) {
      const shown = pages.filter((page) => page.includes(`id="${operationId}"`));
      expect([operationId, shown.length]).toEqual([operationId, 1]);
    }
    expect(pages.join('')).toContain('<code>renditions</code> <span class="type">list of objects</span>');
    for (const html of [start, ...pages]) {
      expect(html.match(/<(script|link|img|iframe)[^>]+(src|href)="(?!\/)[^"]*"/g)).toBeNull();
      expect(html).not.toMatch(/ style=| on\w+="|<script(?![^>]+src=)/);
    }
  });
});

interface Layered {
  stack: { route?: { path: string | string[]; methods: Record<string, boolean> }; handle: Partial<Layered> }[];
}

/** "get /v1/jobs/{id}" for every route of the app, those of its routers included. */
function servedRoutes({ stack }: Layered): string[] {
  return stack.flatMap(({ route, handle }) => {
    if (!route) return handle.stack ? servedRoutes({ stack: handle.stack }) : [];
    return [route.path]
      .flat()
      .flatMap((path) => Object.keys(route.methods).map((method) => `${method} ${path.replaceAll(/:(\w+)/g, '{$1}')}`));
  });
}
