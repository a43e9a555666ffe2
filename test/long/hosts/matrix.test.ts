import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { LEFT_OUT } from '../../support/matrix/left-out.ts';
import { runTiers, type TiersRun } from '../../support/matrix/run-tiers.ts';
import { BUCKET } from '../../support/matrix/switch.ts';
import { type Ceph, findCephFault, startCeph } from '../../support/s3/ceph.ts';
import { makeTempDir } from '../../support/temp-dir.ts';

const fault = findCephFault();
const title = 'the integration and fault tests, elsewhere than at one Redis and a disk';
const MINUTES = 40;

(fault ? describe.skip : describe)(fault ? `${title} (skipped: ${fault})` : title, () => {
  const { path: dir, remove } = makeTempDir();
  const table: Record<string, Omit<TiersRun, 'failed' | 'stale'> & { failed: number }> = {};
  let ceph: Ceph;
  beforeAll(async () => {
    ceph = await startCeph(dir);
    await ceph.createBucket(BUCKET);
  }, 120_000);
  afterAll(async () => {
    await ceph?.stop();
    remove();
    const lines = LEFT_OUT.map(({ file, test, only, why }) => [file, test ?? '', only ?? '', why].join(' | '));
    process.stdout.write(`left out, and why:\n${lines.join('\n')}\n`);
    console.table(table);
  });

  it.each(['sentinel', 'cluster'] as const)(
    'a real %s, and files in a real S3 server: all of them hold, but for those that are on the list',
    async (redis) => {
      const run = await runTiers(redis, ceph.url);
      const { failed, stale, ...counts } = run;
      table[`${redis} + S3`] = { ...counts, failed: failed.length };
      expect({ failed, stale }).toEqual({ failed: [], stale: [] });
      expect(run.passed).toBeGreaterThan(700);
    },
    MINUTES * 60_000,
  );
});
