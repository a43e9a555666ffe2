import Bull from 'bull';
import type { JobContract } from '../src/jobs/contract.ts';
import { createLog } from '../src/log.ts';
import { createCallbacks } from '../src/queue/upkeep/callbacks/callbacks.ts';
import { createConsumer } from '../src/queue/worker/consumer.ts';
import { openSecrets } from '../src/signing/secret.ts';
import { openStorage } from '../src/storage/open.ts';
import { loadConfigOrExit } from '../workers/config.ts';
import { CONTRACTS } from '../workers/index.ts';

/**
 * A worker whose jobs do nothing: `node nothing-worker.ts heavylift|bull <places> <redis socket>`. It takes emails' jobs as
 * the product's worker does, or the jobs of a bare Bull queue `nothing`.
 */
const [side, places, path = ''] = process.argv.slice(2);
const concurrency = Number(places);
if (side === 'bull') {
  const queue = new Bull('nothing', { redis: { path } });
  await queue.process(concurrency, async () => ({}));
}

const config = loadConfigOrExit();
const contract = CONTRACTS.find(({ kind }) => kind === 'emails') as JobContract;
const log = createLog('warn', 'nothing');
const [storage, secrets] = [await openStorage(config), openSecrets(config)];
createConsumer({
  ...{ config, storage, secrets, log, concurrency },
  contract,
  contracts: CONTRACTS,
  processor: { process: async () => ({ result: {}, files: [] }) },
  beforeFinish: createCallbacks({ contracts: CONTRACTS, secrets, config }),
  place: null,
}).start();
