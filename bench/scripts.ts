import { randomJobId } from '../src/jobs/id.ts';
import { ENVELOPE_VERSION } from '../src/jobs/options/options.ts';
import { addJob } from '../src/queue/producer/enqueue.ts';
import { takeJobsScript } from '../src/queue/scripts/line/take-jobs.ts';
import { completeJobsScript } from '../src/queue/scripts/runs/complete-jobs.ts';
import { queueKey, queueKeys, usageKey } from '../src/redis/keys.ts';
import { startRedis } from '../test/support/redis/redis.ts';
import { makeTempDir } from '../test/support/temp-dir.ts';
import { median } from './figures.ts';

/**
 * How long Redis works (µs, by its own count) to accept a job, to give it to a worker and to mark it as completed, one at a
 * time, without syncing; and what a minute and the totals of its history take. `node scripts.ts [rounds] [jobs]`.
 */
const [ROUNDS = 7, JOBS = 3000] = process.argv.slice(2).map(Number);
const KIND = 'probes';
const TOKEN = 'bench';

const { path: dir, remove } = makeTempDir();
const server = await startRedis(dir, ['--appendfsync', 'no']);
const redis = server.client();

/** Does something for each job; answers the mean of Redis' time. */
async function measure(step: () => Promise<unknown>): Promise<number> {
  await redis.config('RESETSTAT');
  for (let left = JOBS; left > 0; left -= 1) await step();
  const stats = await redis.info('commandstats');
  const [, calls = 0, usec = 0] = /cmdstat_evalsha:calls=(\d+),usec=(\d+)/.exec(stats)?.map(Number) ?? [];
  return usec / calls;
}

const accept = () =>
  addJob(
    redis,
    { kind: KIND, id: randomJobId('prb') },
    { v: ENVELOPE_VERSION, caller: 'bench', input: { act: 'done' }, uploads: {}, options: {} },
  );

const taken: string[] = [];
const take = async () => {
  const args = [queueKey(KIND, ''), TOKEN, 60_000, 10, 1, 1, 'bench/1', 1];
  const answer = await takeJobsScript(redis, queueKeys(KIND, 'active', 'wait', 'meta-paused'), args);
  for (const [, id] of answer as [string, string][]) taken.push(id);
};

const complete = async () => {
  const keys = [...queueKeys(KIND, 'active', 'completed', 'stalled'), usageKey(KIND)];
  await completeJobsScript(redis, keys, [
    queueKey(KIND, ''),
    TOKEN,
    'bench-0@host',
    taken.shift() ?? '',
    '{"files":[]}',
    '',
    100,
  ]);
};

const rounds: { accept: number; run: number }[] = [];
for (let round = 0; round < ROUNDS; round += 1) {
  await redis.flushall();
  const accepted = await measure(accept);
  const perScript = await measure(async () => {
    await take();
    await complete();
  });
  rounds.push({ accept: accepted, run: 2 * perScript });
}
console.log(`Redis' time, one job at a time, medians of ${ROUNDS} rounds of ${JOBS} jobs\n`);
console.log(`  accept              ${median(rounds.map(({ accept: one }) => one)).toFixed(1)} µs`);
console.log(`  take and complete   ${median(rounds.map(({ run }) => run)).toFixed(1)} µs`);
const names = await redis.keys('*:history*');
const bytes = await Promise.all(names.map((name) => redis.memory('USAGE', name)));
console.log(`  its history         ${bytes.join(' + ')} bytes`);
await server.stop();
remove();
