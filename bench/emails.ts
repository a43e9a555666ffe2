import { defaultConfig } from '../src/config.ts';
import { queueKey } from '../src/queue/names.ts';
import { startProcess } from '../test/support/processes.ts';
import { startProduct } from '../test/support/product.ts';
import { until } from '../test/support/until.ts';
import { emails } from '../workers/emails/job.ts';
import { median } from './figures.ts';

/**
 * Mails per second from the queue to a sink, with `appendfsync always`, the ledger and one worker process, beside
 * nodemailer alone over as many connections, round about in the same run. The sink is a process of its own. Prints medians
 * and the ratio, and how long a batch of 10,000 takes to be accepted.
 */
const ROUNDS = Number(process.argv[2] ?? 3);
const MAILS = 2000;
const connections = defaultConfig().EMAILS_CONCURRENCY;

const sink = startProcess(process.execPath, ['bench/mail-sink.ts']);
const port = await until('the sink listens', () => /^\d+/.exec(sink.output())?.[0]);
const product = await startProduct({
  env: { SMTP_URL: `smtp://127.0.0.1:${port}`, SMTP_STARTTLS: 'off', NODE_ENV: 'production', LOG_LEVEL: 'warn' },
});
const redis = product.redis.client();
const key = (name: string) => queueKey('emails', name);

async function postMails(count: number) {
  const body = JSON.stringify(emails.example);
  for (let posted = 0; posted < count; posted += 50) {
    const requests = Array.from({ length: 50 }, () =>
      product.request('/v1/emails', { method: 'POST', body, headers: { 'Content-Type': 'application/json' } }),
    );
    for (const answer of await Promise.all(requests))
      if (answer.status !== 202) throw new Error(`not 202: ${answer.status}`);
  }
}

/** One round through the queue: the mails stand in line, then the worker is let loose. Answers mails per second. */
async function measureProduct(): Promise<number> {
  await redis.set(key('meta-paused'), 1);
  await postMails(MAILS);
  const before = await redis.zcard(key('completed'));
  const begun = performance.now();
  // What resuming does: the line is given back its name.
  await redis.multi().del(key('meta-paused')).rename(key('paused'), key('wait')).exec();
  await redis.publish(key('wait'), '1');
  await until('all are sent', async () => (await redis.zcard(key('completed'))) - before >= MAILS || null, {
    timeoutMs: 120_000,
    everyMs: 5,
  });
  return MAILS / ((performance.now() - begun) / 1000);
}

async function measureBaseline(): Promise<number> {
  const child = startProcess(process.execPath, ['bench/mail-baseline.ts', port, String(connections), String(MAILS)]);
  await child.exited;
  return MAILS / Number(child.output());
}

const rounds: { product: number; baseline: number }[] = [];
product.startWorker('emails', { LOG_LEVEL: 'warn' });
await until('the worker is alive', async () => (await redis.zcard(key('workers'))) > 0);
for (let round = 0; round <= ROUNDS; round += 1) {
  const figures = { product: await measureProduct(), baseline: await measureBaseline() };
  // The first round warms up.
  if (round > 0) rounds.push(figures);
}
const rate = (name: 'product' | 'baseline') => median(rounds.map((round) => round[name])).toFixed(0);
console.log(`${MAILS} mails over ${connections} connections to a sink, medians of ${ROUNDS} rounds, mails/s`);
console.log(`  heavylift         ${rate('product')}`);
console.log(`  nodemailer alone  ${rate('baseline')}`);
console.log(`  ratio             ${median(rounds.map(({ product, baseline }) => product / baseline)).toFixed(2)}`);

await sink.stop('SIGKILL');
await product.close();
