import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { randomJobId } from '../../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../../src/jobs/options.ts';
import { sweepOrphans } from '../../src/queue/upkeep/orphans.ts';
import { openStorage } from '../../src/storage/open.ts';
import { defaultConfig } from '../../workers/config.ts';
import { probes } from '../support/probe/job.ts';
import { openProbeQueue, type ProbeQueue } from '../support/probe/queue.ts';

let queue: ProbeQueue;

beforeAll(async () => {
  queue = await openProbeQueue();
});
afterAll(() => queue.close());

it('uploads that no job refers to are removed, once they are old enough; those of a job that waits stay', async () => {
  const storage = await openStorage({ ...defaultConfig(), DATA_DIR: queue.dir });
  const put = (folder: string) => storage.put(`uploads/${folder}/input.json`, Readable.from([Buffer.from('{}')]));
  const uploads = async () => {
    const names: string[] = [];
    for await (const { name } of storage.list('uploads')) names.push(name);
    return names.toSorted();
  };
  const [waiting, unknown] = [randomJobId('prb'), randomJobId('prb')];
  const [used, repeated, lost] = [`${waiting}-nonce000`, `${waiting}-nonce001`, `${unknown}-nonce000`];
  const inputFile = { key: `uploads/${used}/input.json`, name: 'input.json', type: 'application/json' };
  await queue.producer.enqueue('probes', waiting, {
    v: ENVELOPE_VERSION,
    caller: 'test',
    input: { act: 'done' },
    inputFile: { ...inputFile, ...(await put(used)) },
    uploads: {},
    options: {},
  });
  await put(repeated);
  await put(lost);
  const sweep = (olderThanMs: number) =>
    sweepOrphans({ redis: queue.redis.client(), contracts: [probes as never], storage }, olderThanMs);

  expect(await sweep(60_000)).toBe(0);
  expect(await uploads()).toEqual([used, repeated, lost].toSorted());
  await delay(10);
  expect(await sweep(0)).toBe(2);
  expect(await uploads()).toEqual([used]);
});
