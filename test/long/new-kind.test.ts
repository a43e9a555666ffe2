import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { CONTRACTS } from '../../workers/index.ts';
import { asJson, completeJob, copyProduct, type ProductCopy, type StartedCopy } from '../support/product-copy.ts';

/** SHA-256 of the example's text, as sha256sum prints it. */
const SHA256 = 'a505978de65bc4e38f5a3640d7c3b52ee9d8ccff1aed58044e6355da8c754749';

let copy: ProductCopy;
let said: string;

beforeAll(async () => {
  copy = copyProduct();
  said = await copy.run('npm', 'run', '--silent', 'new-kind', 'hashes');
}, 60_000);
afterAll(() => copy.remove());

describe('npm run new-kind hashes', () => {
  it('says every file that it wrote or changed', () => {
    const named = said.match(/^ {2}\S+(?= {2})/gm)?.map((path) => path.trim()) ?? [];
    expect(named.toSorted()).toEqual([
      '.env.example',
      'README.md',
      'biome.imports.json',
      'docs/hashes.md',
      'docs/keys.md',
      'docs/operations.md',
      'src/manual/pages.ts',
      'test/unit/hashes/processor.test.ts',
      'workers/hashes/job.ts',
      'workers/hashes/kind.ts',
      'workers/hashes/page.ts',
      'workers/hashes/processor.ts',
      'workers/hashes/settings.ts',
      'workers/index.ts',
    ]);
    for (const path of named) expect(existsSync(join(copy.path, path))).toBe(true);
  });

  it('the tests of settings, documents and the new kind: green', async () => {
    await copy.run('npm', 'run', '--silent', 'jest', '--', 'test/fast/config', 'test/fast/docs', 'test/unit/hashes');
  }, 120_000);

  it('once more: refused in one line, and nothing is written', async () => {
    const state = () =>
      ['workers/index.ts', '.env.example', 'README.md', 'docs/keys.md', 'docs/operations.md'].map((path) =>
        readFileSync(join(copy.path, path), 'utf8'),
      );
    const before = state();
    const refusal = copy.run('npm', 'run', '--silent', 'new-kind', 'hashes');
    await expect(refusal).rejects.toThrow(': 2\nnew-kind: there is a kind "hashes" already\n');
    expect(state()).toEqual(before);
  });
});

describe('the new kind in the product that npm start runs', () => {
  let product: StartedCopy;
  let job: Awaited<ReturnType<typeof completeJob>>;

  beforeAll(async () => {
    product = await copy.start();
    job = await completeJob(product, 'hashes', asJson({ text: 'Hello from a worker.' }));
  }, 120_000);
  afterAll(async () => {
    await product.stop();
  }, 60_000);
  const textAt = async (path: string) => (await product.request(path, { headers: { accept: 'text/html' } })).text();
  const jsonAt = async (path: string) => (await product.request(path)).json();

  it('its job completes, with an id and a result of its own', () => {
    expect(job.id).toMatch(/^hsh_/);
    expect(job.result).toEqual({ sha256: SHA256, bytes: 20, files: [] });
  });

  it('the printed example is the shortest there is, so it is the new one', () => {
    expect(product.output()).toContain(`-d '{"text":"Hello from a worker."}' \\\n`);
  });

  it('the operator sees it: on /admin and in the dashboard of the queues', async () => {
    expect(await textAt('/admin')).toContain('data-count="hashes-completed">1<');
    const { queues } = (await jsonAt('/admin/queues/api/queues')) as {
      queues: { name: string; counts: { completed: number } }[];
    };
    expect(queues.map(({ name, counts }) => [name, counts.completed])).toEqual([
      ...CONTRACTS.map(({ kind }): [string, number] => [kind, 0]),
      ['hashes', 1],
    ]);
  });

  it('its page, the API description and the metrics know it', async () => {
    expect(await textAt(`/jobs/${job.id}`)).toContain(SHA256);
    const { paths } = (await jsonAt('/openapi.json')) as { paths: Record<string, { post?: { tags: string[] } }> };
    expect(paths['/v1/hashes']?.post?.tags).toEqual(['hashes']);
    expect(await textAt('/metrics')).toContain('heavylift_jobs{kind="hashes",state="completed"} 1\n');
  });

  it('heavylift status lists its worker; Ctrl-C stops everything and leaves no process', async () => {
    const { DATA_DIR = '' } = product.env;
    expect(await copy.run('env', `DATA_DIR=${DATA_DIR}`, 'bin/heavylift', 'status')).toMatch(/^hashes-0 .*RUNNING/im);
    expect(await product.stop()).toEqual({ status: 0, left: [] });
  }, 60_000);
});
