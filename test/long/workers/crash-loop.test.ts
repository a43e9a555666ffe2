import { afterAll, beforeAll, it } from '@jest/globals';
import { openWatched, type Watched } from '../../support/operations/watched.ts';
import { openProbeQueue, type ProbeQueue } from '../../support/probe/queue.ts';
import { until } from '../../support/until.ts';

let queue: ProbeQueue;
let watched: Watched;

beforeAll(async () => {
  queue = await openProbeQueue();
  watched = await openWatched(queue, 1);
  await until('the worker is alive', async () => (await queue.producer.workers()).length === 1, { timeoutMs: 60_000 });
}, 90_000);
afterAll(async () => {
  await watched.close();
  await queue.close();
});

it('what does not stay up is started again within seconds, however often it has failed', async () => {
  watched.breakWorkers();
  process.kill(await watched.pidOf('probes-0'), 'SIGKILL');
  await until('it waits', async () => (await watched.stateOf('probes-0')) === 'BACKOFF');
  await until('the watch starts it', () => watched.log().some(({ msg }) => msg === 'probes-0 does not stay up'), {
    timeoutMs: 60_000,
  });
  watched.mendWorkers();
  await until('it runs', async () => (await watched.stateOf('probes-0')) === 'RUNNING', { timeoutMs: 30_000 });
}, 120_000);
