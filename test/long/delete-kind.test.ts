import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import type { JobContract } from '../../src/jobs/contract.ts';
import { CONTRACTS } from '../../workers/index.ts';
import { openHttpSink } from '../support/http/http-sink.ts';
import { asJson, completeJob, copyProduct, type ProductCopy, type StartedCopy } from '../support/product-copy.ts';
import { until } from '../support/until.ts';

const POSTED = CONTRACTS.filter(({ accepts }) => accepts !== 'none');

/** Removes a kind as a person would: its folder, its lines in the list of kinds, and the rules made from that. */
async function deleteKind(copy: ProductCopy, kind: string): Promise<void> {
  rmSync(join(copy.path, 'workers', kind), { recursive: true });
  const list = join(copy.path, 'workers/index.ts');
  const lines = readFileSync(list, 'utf8').split('\n');
  const others = lines.filter((line) => !line.includes(`'./${kind}/kind.ts'`) && !line.startsWith(`  ${kind},`));
  expect(others).toHaveLength(lines.length - 2);
  writeFileSync(list, others.join('\n'));
  await copy.run('npm', 'run', '--silent', 'lint:rules');
}

/** Lint and types of all that runs; tests and benchmarks of the kind are left where they are. */
async function lintProduct(copy: ProductCopy): Promise<void> {
  const tsconfig = { extends: './tsconfig.json', include: ['src', 'workers', 'bin'] };
  writeFileSync(join(copy.path, 'tsconfig.product.json'), JSON.stringify(tsconfig));
  await copy.run('node_modules/.bin/biome', 'check', 'src', 'workers', 'bin');
  await copy.run('node_modules/.bin/tsc', '--project', 'tsconfig.product.json');
}

/** The example of a call with an address that is there. */
const callable = (example: JobContract['example'], url: string) => (example['url'] ? { ...example, url } : example);

/** Posts the contract's own example; where it takes uploads, as the fields beside a small photo. */
async function completeExample(product: StartedCopy, { kind, accepts, example }: JobContract, callbackUrl: string) {
  if (accepts === 'json') return completeJob(product, kind, asJson({ ...callable(example, callbackUrl), callbackUrl }));
  const photo = sharp({ create: { width: 60, height: 40, channels: 3, background: '#27507c' } }).jpeg();
  const body = new FormData();
  body.set('file', new Blob([new Uint8Array(await photo.toBuffer())]), 'photo.jpg');
  for (const [name, value] of Object.entries({ ...example, callbackUrl })) body.set(name, String(value));
  return completeJob(product, kind, { body });
}

describe.each(POSTED)('without the kind $kind', ({ kind: deleted }) => {
  it('lint and types are clean; everything starts; every other kind completes its example and tells its callback', async () => {
    const copy = copyProduct();
    const sink = await openHttpSink();
    try {
      await deleteKind(copy, deleted);
      await lintProduct(copy);
      const product = await copy.start({ WEBHOOKS_ALLOW: '127.0.0.1', CALLS_ALLOW: '127.0.0.1' });
      try {
        const others = POSTED.filter(({ kind }) => kind !== deleted);
        const ids: string[] = [];
        for (const contract of others) ids.push((await completeExample(product, contract, `${sink.url}/ended`)).id);
        const told = await until('every callback came', () => {
          const callbacks = sink.requests.filter(({ headers }) => headers['webhook-id'] !== undefined);
          const jobs = callbacks.map(({ body }) => (JSON.parse(body) as { data: { id: string } }).data.id);
          return jobs.length === ids.length && jobs;
        });
        expect(told.toSorted()).toEqual(ids.toSorted());
        for (const path of ['/', '/jobs', '/admin', '/docs', '/metrics']) {
          expect([path, (await product.request(path)).status]).toEqual([path, 200]);
        }
        expect((await product.request(`/v1/${deleted}`, { method: 'POST', ...asJson({}) })).status).toBe(404);
      } finally {
        expect(await product.stop()).toEqual({ status: 0, left: [] });
      }
    } finally {
      await sink.close();
      copy.remove();
    }
  }, 240_000);
});
