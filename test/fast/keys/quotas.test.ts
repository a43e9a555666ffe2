import { afterAll, expect, it } from '@jest/globals';
import { NO_USAGE } from '../../../src/jobs/usage.ts';
import { createQuotas } from '../../../src/keys/quotas.ts';

let storageBytes = 1000;
const quotas = createQuotas({
  contracts: [{ kind: 'images', accepts: 'upload' }],
  readUsage: async () => new Map(),
  readMemory: () => ({ budgetBytes: 1e6, freeBytes: 1e6 }),
  readStorageBudget: async () => storageBytes,
  maxQueueDepth: 100,
});
afterAll(quotas.close);

it('room that has come since the last look: nobody is refused by what was seen before', async () => {
  const caller = {
    name: 'kari',
    maxWaiting: null,
    maxWaitingBytes: null,
    maxStored: null,
    maxRunning: null,
    weight: 1,
  };
  const hold = () => quotas.hold(caller, 'images', { ...NO_USAGE, storedBytes: 950 });
  await expect(hold()).rejects.toMatchObject({ code: 'quota_exceeded', limit: { name: 'storedBytes', max: 900 } });
  storageBytes = 10_000;
  const letGo = await hold();
  letGo();
  storageBytes = 20_000;
  expect((await quotas.grant(caller, 'images', true)).limits.storedBytes).toBe(18_000);
});
