import { afterAll, describe, expect, it } from '@jest/globals';
import { type Account, type Fault, type Mode, measureFailover } from '../../support/redis/failover-load.ts';

const table: ({ redis: string; fault: string; REDIS_WAIT: number } & Account)[] = [];
afterAll(() => console.table(table));

describe('a master goes away while mails are accepted and sent: none is sent twice, and none is lost that replicas have', () => {
  it.each<[Mode, Fault, number]>([
    ['sentinel', 'kill -9', 0],
    ['sentinel', 'kill -9', 1],
    ['sentinel', 'SIGSTOP', 0],
    ['sentinel', 'SIGSTOP', 1],
    ['sentinel', 'FAILOVER', 0],
    ['sentinel', 'FAILOVER', 2],
    ['cluster', 'kill -9', 0],
    ['cluster', 'kill -9', 1],
    ['cluster', 'SIGSTOP', 0],
    ['cluster', 'SIGSTOP', 1],
  ])('%s, %s, REDIS_WAIT=%i', async (mode, fault, wait) => {
    const { account } = await measureFailover(mode, fault, wait);
    table.push({ redis: mode, fault, REDIS_WAIT: wait, ...account });
    expect(account.lies).toBe(0);
    if (wait > 0) expect(account).toMatchObject({ lost: 0, twice: 0 });
  });
});
