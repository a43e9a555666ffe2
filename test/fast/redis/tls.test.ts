import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSend } from '../../../bin/watch/redis.js';
import { parseAddress } from '../../../src/config/redis-address.ts';
import { createLog } from '../../../src/log.ts';
import { openProducerRedis } from '../../../src/redis/connect.ts';
import { findFirstHostFault } from '../../../src/redis/first-host.ts';
import { certify } from '../../support/certificates.ts';
import { type AlertingServer, openAlertingServer } from '../../support/operations/alerting-server.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const dir = makeTempDir();
let server: AlertingServer;

beforeAll(async () => {
  const { cert, key } = certify(dir.path, 'server', '/CN=localhost');
  server = await openAlertingServer({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });
});
afterAll(() => {
  server.close();
  dir.remove();
});

it.each([
  ['one server', 'rediss', ''],
  ['sentinels', 'rediss-sentinel', '/mymaster'],
  ['a cluster', 'rediss-cluster', ''],
])(
  '%s with a certificate that is not believed, and an alert on top of that: no process ends',
  async (_name, scheme, path) => {
    const uncaught: Error[] = [];
    const note = (error: Error) => void uncaught.push(error);
    process.on('uncaughtExceptionMonitor', note);
    const config = {
      REDIS_URL: `${scheme}://127.0.0.1:${server.port}${path}`,
      KEY_PREFIX: 'heavylift',
      DATA_DIR: dir.path,
    };
    const redis = openProducerRedis(config, createLog('silent', 'test'));
    try {
      const before = server.broken();
      expect(await findFirstHostFault(parseAddress(config.REDIS_URL))).toMatch(/self-signed certificate/);
      const place = { ...parseAddress(config.REDIS_URL), hello: [], sentinelHello: [] };
      await expect(createSend(place)([['PING']])).rejects.toThrow(/self-signed certificate/);
      await until('it has been asked again', () => server.broken() >= before + 4);
      expect(uncaught).toEqual([]);
    } finally {
      redis.disconnect();
      process.off('uncaughtExceptionMonitor', note);
    }
  },
);
