import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { createLog } from '../../../src/log.ts';
import { openProducerRedis } from '../../../src/redis/connect.ts';
import { openSlowRelay } from '../../support/emails/slow-relay.ts';
import { findFreePort } from '../../support/free-port.ts';
import { type Account, type Fault, type Mode, measureFailover } from '../../support/redis/failover-load.ts';
import { startSentinels } from '../../support/redis/redis-modes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const table: ({ redis: string; fault: string; REDIS_WAIT: number } & Account)[] = [];
afterAll(() => console.table(table));

describe('a master goes away while mails are accepted and sent: none is sent twice, and none is lost that replicas have', () => {
  it.each<[Mode, Fault, number, 'TCP' | 'TLS']>([
    ['sentinel', 'kill -9', 0, 'TCP'],
    ['sentinel', 'kill -9', 1, 'TCP'],
    ['sentinel', 'SIGSTOP', 0, 'TCP'],
    ['sentinel', 'SIGSTOP', 1, 'TCP'],
    ['sentinel', 'FAILOVER', 0, 'TCP'],
    ['sentinel', 'FAILOVER', 2, 'TCP'],
    ['cluster', 'kill -9', 0, 'TCP'],
    ['cluster', 'kill -9', 1, 'TCP'],
    ['cluster', 'SIGSTOP', 0, 'TCP'],
    ['cluster', 'SIGSTOP', 1, 'TCP'],
    ['sentinel', 'kill -9', 1, 'TLS'],
    ['sentinel', 'SIGSTOP', 1, 'TLS'],
    ['cluster', 'kill -9', 1, 'TLS'],
    ['cluster', 'SIGSTOP', 1, 'TLS'],
  ])('%s, %s, REDIS_WAIT=%i, by %s', async (mode, fault, wait, by) => {
    const { account } = await measureFailover(mode, fault, wait, { isTls: by === 'TLS' });
    table.push({ redis: `${mode}, ${by}`, fault, REDIS_WAIT: wait, ...account });
    expect(account.lies).toBe(0);
    if (wait > 0) expect(account).toMatchObject({ lost: 0, twice: 0 });
  });
});

it('sentinels that answer slowly: a connection that asks them when the master has moved is made all the same', async () => {
  const dir = makeTempDir();
  const group = await startSentinels(dir.path);
  const ports = [...group.url.matchAll(/:(\d+)/g)].map(([, port]) => Number(port));
  const relays = await Promise.all(ports.map(async (port) => openSlowRelay(await findFreePort(), port, 100)));
  const url = `redis-sentinel://${relays.map((relay) => relay.url).join(',')}/mymaster`;
  const config = { REDIS_URL: url, KEY_PREFIX: 'heavylift', DATA_DIR: dir.path };
  const connections = Array.from({ length: 10 }, () => openProducerRedis(config, createLog('silent', 'test')));
  const areThere = () =>
    Promise.all(connections.map((redis) => redis.set('heavylift:x', '1'))).then(
      () => true,
      () => false,
    );
  try {
    await until('all are there', areThere);
    const [master] = await group.masters();
    // One after the other: whenever the sentinels tell of it, some are asking them.
    for (const redis of connections) {
      redis.disconnect(true);
      await delay(70);
    }
    await master?.kill();
    await until('all are where the master is now', areThere, { timeoutMs: 60_000 });
    expect(connections.map(({ status }) => status)).toEqual(connections.map(() => 'ready'));
  } finally {
    for (const redis of connections) redis.disconnect();
    for (const relay of relays) await relay.close();
    await group.stop();
    dir.remove();
  }
});
