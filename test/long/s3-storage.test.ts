import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { openStorage } from '../../src/storage/open.ts';
import { parseConfig } from '../../workers/config.ts';
import { type Ceph, findCephFault, startCeph } from '../support/s3/ceph.ts';
import { describeStorage } from '../support/storage-conformance.ts';
import { makeTempDir } from '../support/temp-dir.ts';

const fault = findCephFault();

(fault ? describe.skip : describe)(fault ? `files in S3 (skipped: ${fault})` : 'files in S3', () => {
  const { path: dir, remove } = makeTempDir();
  let ceph: Ceph;
  beforeAll(async () => {
    ceph = await startCeph(dir);
  });
  afterAll(async () => {
    await ceph.stop();
    remove();
  });

  const open = (url: string) =>
    openStorage(
      parseConfig({ ...ceph.keys, STORAGE_URL: `${url}?endpoint=${ceph.url}`, REDIS_URL: 'unix:/none', DATA_DIR: dir }),
    );

  describeStorage('a bucket, below a prefix', async () => {
    await ceph.createBucket('conformance');
    return {
      storage: await open('s3://conformance/some/prefix'),
      // What `check` writes is one content, for ever.
      stored: async () => (await ceph.stored('conformance')).filter((key) => !key.endsWith('/tmp/check')),
      async clear() {
        for (const Key of await ceph.stored('conformance')) {
          await ceph.client.send(new DeleteObjectCommand({ Bucket: 'conformance', Key }));
        }
      },
      close: async () => {},
    };
  });
});
