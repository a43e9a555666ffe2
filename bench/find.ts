import type { Redis } from 'ioredis';
import { randomJobId } from '../src/jobs/id.ts';
import { ENVELOPE_VERSION, type Envelope } from '../src/jobs/options/options.ts';
import { indexesOf } from '../src/queue/listing/job-index.ts';
import { searchTextOf } from '../src/queue/listing/search-text.ts';
import { callersKey, indexKey, jobKey, queueKey } from '../src/redis/keys.ts';
import { KEYS, startProduct } from '../test/support/product.ts';
import { median } from './figures.ts';

/**
 * How long lists, searches and counts take among many jobs, how long Redis does nothing else meanwhile, and how long an accept takes
 * beside them: `node bench/find.ts [ended] [waiting]`. Twelve of the ended jobs have failed, the oldest of all.
 */
const [ENDED = 100_000, WAITING = 20_000] = process.argv.slice(2).map(Number);
const TIMES = 5;
const FAILED = 12;
const TOGETHER = 1000;
const KIND = 'emails';

const product = await startProduct({
  env: { NODE_ENV: 'production', MAX_QUEUE_DEPTH: '1000000', MAX_RECORDS: '1000000' },
});
const redis = product.redis.client();

/** Writes jobs as they stand after their end, or while they wait. */
async function fill(client: Redis): Promise<void> {
  const startedAt = Date.now() - ENDED - WAITING;
  for (let first = 0; first < ENDED + WAITING; first += TOGETHER) {
    const pipeline = client.pipeline();
    for (let number = first; number < first + TOGETHER; number += 1) add(pipeline, number, startedAt + number);
    await pipeline.exec();
  }
}

function add(pipeline: ReturnType<Redis['pipeline']>, number: number, createdAt: number): void {
  const id = randomJobId('eml');
  const caller = number % 3 === 0 ? 'kari' : 'ola';
  const recipients = [`person.${number}@customer-${number % 5000}.example`];
  const envelope: Envelope = {
    v: ENVELOPE_VERSION,
    caller,
    title: `Invoice ${number} for ${recipients[0]}`,
    facts: { subject: `Invoice ${number}`, recipients },
    subjects: recipients,
    requestId: crypto.randomUUID(),
    input: { to: recipients[0], subject: `Invoice ${number}`, text: 'x'.repeat(600) },
    uploads: {},
    options: { tags: ['invoices', `run-${number % 100}`] },
  };
  const hasEnded = number < ENDED;
  const failed = JSON.stringify({
    code: 'mail_refused',
    title: 'Refused',
    detail: 'The relay refused it.',
    status: 422,
  });
  const end = { processedOn: createdAt + 5, finishedOn: createdAt + 9, runs: 1, final: 1 };
  const reason = number < FAILED ? { failedReason: failed } : { returnvalue: '{"result":{},"files":[]}' };
  pipeline.hset(jobKey(KIND, id), {
    ...{ name: '__default__', data: JSON.stringify(envelope), opts: '{}', timestamp: createdAt, delay: 0, priority: 2 },
    ...{ indexes: JSON.stringify(indexesOf(envelope)), caller, text: searchTextOf(envelope) },
    ...(hasEnded ? { ...end, ...reason } : {}),
  });
  pipeline.sadd(callersKey(KIND), caller);
  for (const index of indexesOf(envelope)) pipeline.zadd(indexKey(KIND, index), createdAt, id);
  if (!hasEnded) pipeline.lpush(queueKey(KIND, 'wait'), id);
  else pipeline.zadd(queueKey(KIND, number < FAILED ? 'failed' : 'completed'), createdAt + 9, id);
}

async function time(path: string, key: string = KEYS.operator): Promise<{ ms: number; jobs: number; goesOn: boolean }> {
  const begun = performance.now();
  const answer = await product.request(path, { key });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
  const { jobs, cursor } = JSON.parse(text) as { jobs: unknown[]; cursor: string | null };
  return { ms: performance.now() - begun, jobs: jobs.length, goesOn: cursor !== null };
}

/** Counts the jobs that could be run again: how many there are is asked by expecting another number. */
async function timeRetryCount(): Promise<string> {
  const begun = performance.now();
  const headers = { 'Content-Type': 'application/json' };
  const body = JSON.stringify({ action: 'retry', filter: {}, expect: 0 });
  const answer = await product.request('/v1/jobs/actions', { method: 'POST', key: KEYS.operator, headers, body });
  const { count } = (await answer.json()) as { count: number };
  return `${(performance.now() - begun).toFixed(0)} ms for ${count} that can be run again`;
}

/** What Redis' main thread has worked so far, in ms. */
async function workOf(client: Redis): Promise<number> {
  const cpu = await client.info('cpu');
  const [user, system] = ['user', 'sys'].map(
    (sort) => new RegExp(`used_cpu_${sort}_main_thread:([\\d.]+)`).exec(cpu)?.[1],
  );
  return (Number(user) + Number(system)) * 1000;
}

async function slowest(client: Redis): Promise<string> {
  const entries = (await client.call('SLOWLOG', 'GET', '200')) as [number, number, number, string[]][];
  const [worst] = entries.sort((a, b) => b[2] - a[2]);
  return worst ? `${(worst[2] / 1000).toFixed(1)} ms (${worst[3][0]})` : 'under 0.5 ms';
}

/** Posts mails until it is told to stop; the median of their times. */
async function acceptBeside(isOver: () => boolean): Promise<number> {
  const times: number[] = [];
  const body = JSON.stringify({ to: 'a@b.example', subject: 'x', text: 'y', from: 'c@d.example' });
  while (!isOver()) {
    const begun = performance.now();
    await product.request('/v1/emails', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body });
    times.push(performance.now() - begun);
  }
  return median(times);
}

const ASKED: [what: string, path: string, key?: string][] = [
  ['newest of all', '/v1/jobs'],
  ['failed', '/v1/jobs?state=failed'],
  ['failed, by error', '/v1/jobs?error=mail_refused'],
  ['waiting', '/v1/jobs?state=waiting'],
  ['completed, behind those that wait', '/v1/jobs?state=completed'],
  ['delayed (there are none)', '/v1/jobs?state=delayed'],
  ['failed, of one caller', '/v1/jobs?state=failed', KEYS.kari],
  ['a tag, completed', '/v1/jobs?tag=run-7&state=completed'],
  ['words that the newest have', '/v1/jobs?q=invoice'],
  ['words that one old job has', '/v1/jobs?q=person.77@'],
  ['words that no job has', '/v1/jobs?q=nowhere'],
  ['words that no job has, of one caller', '/v1/jobs?q=nowhere', KEYS.kari],
];

try {
  await redis.config('SET', 'maxmemory', '2gb');
  await fill(redis);
  await redis.config('SET', 'slowlog-log-slower-than', '500', 'slowlog-max-len', '10000');
  console.log(`${ENDED} ended jobs (${FAILED} failed), ${WAITING} waiting; medians of ${TIMES}\n`);
  for (const [what, path, key] of ASKED) {
    await redis.call('SLOWLOG', 'RESET');
    const [asked, before] = [[] as Awaited<ReturnType<typeof time>>[], await workOf(redis)];
    for (let round = 0; round < TIMES; round += 1) asked.push(await time(path, key));
    const work = (((await workOf(redis)) - before) / TIMES).toFixed(0);
    const ms = median(asked.map((one) => one.ms)).toFixed(0);
    const found = `${asked[0]?.jobs} jobs${asked[0]?.goesOn ? ', more' : ''}`;
    console.log(
      `  ${what.padEnd(40)} ${ms.padStart(6)} ms  ${found.padEnd(16)} Redis works ${work.padStart(4)} ms, slowest command: ${await slowest(redis)}`,
    );
  }
  await redis.call('SLOWLOG', 'RESET');
  const before = await workOf(redis);
  const counted = await timeRetryCount();
  const work = ((await workOf(redis)) - before).toFixed(0);
  console.log(`\ncounting: ${counted}; Redis works ${work} ms, slowest command: ${await slowest(redis)}`);
  const until = performance.now() + 3000;
  const alone = await acceptBeside(() => performance.now() > until);
  let searches = 3;
  const search = async () => {
    for (; searches > 0; searches -= 1) await time('/v1/jobs?q=nowhere');
  };
  const [beside] = await Promise.all([acceptBeside(() => searches === 0), search()]);
  console.log(`\nan accept: ${alone.toFixed(1)} ms alone, ${beside.toFixed(1)} ms beside a search`);
} finally {
  await product.close();
}
