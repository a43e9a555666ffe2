import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { type Product, postPhoto, startProduct } from '../../support/product.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const SECRET = 'a secret that both hosts have and long enough';

const closings: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closings.splice(0).toReversed()) await close();
});

describe('a worker that does not see an accepted upload', () => {
  it.each(['images', 'reports'])(
    '%s: puts the job back without an attempt, and the right worker does it',
    async (kind) => {
      const product = await startProduct({ env: { DEPLOYMENT_SECRET: SECRET } });
      closings.push(product.close);
      const id = kind === 'images' ? await postPhoto(product) : await postReport(product);
      const { path: folder, remove } = makeTempDir();
      closings.push(remove);
      // It has the deployment's id, as a share has that shows new files late.
      mkdirSync(join(folder, 'storage/deployment'), { recursive: true });
      copyFileSync(join(product.dir, 'storage/deployment/id'), join(folder, 'storage/deployment/id'));
      const blind = product.startWorker(kind, { DATA_DIR: folder });
      expect(await product.jobReaches(id, 'delayed')).toMatchObject({ error: null, attempts: { made: 0 } });
      expect(blind.output()).toContain('"code":"upload_missing"');
      await blind.stop();
      product.startWorker(kind);
      await product.jobReaches(id, 'completed');
    },
  );

  /** A report whose rows came as a file. */
  async function postReport(product: Product): Promise<string> {
    const table = { type: 'table', columns: [{ key: 'a', title: 'A' }], rows: { file: 'rows' } };
    const form = new FormData();
    form.set('report', JSON.stringify({ template: 'document', data: { title: 'T', blocks: [table] } }));
    form.set('rows', new Blob(['a\n1\n']), 'rows.csv');
    const answer = await product.request('/v1/reports', { method: 'POST', body: form });
    return ((await answer.json()) as { id: string }).id;
  }
});
