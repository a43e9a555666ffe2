import { queueKey } from '../src/redis/keys.ts';
import { startProcess } from '../test/support/processes.ts';
import { startProduct } from '../test/support/product.ts';
import { until } from '../test/support/until.ts';
import { defaultConfig } from '../workers/config.ts';
import { emails } from '../workers/emails/job.ts';
import { cpuMs, median } from './figures.ts';

/**
 * Mails per second from the queue to a sink, with `appendfsync always`, the ledger and one worker process, beside
 * nodemailer alone over as many connections, round about in the same run. The sink is a process of its own. Prints
 * medians and the ratio, and how long a batch of 10,000 takes to be accepted.
 */
const ROUNDS = Number(process.argv[2] ?? 3);
const MAILS = 2000;
const BATCH = 500;
const connections = defaultConfig().SMTP_CONNECTIONS;

const sink = startProcess(process.execPath, ['bench/mail-sink.ts']);
const port = await until('the sink listens', () => /^\d+/.exec(sink.output())?.[0]);
const product = await startProduct({
  env: { SMTP_URL: `smtp://127.0.0.1:${port}`, SMTP_STARTTLS: 'off', NODE_ENV: 'production', LOG_LEVEL: 'warn' },
});
const worker = product.startWorker('emails');
const redis = product.redis.client();
const key = (name: string) => queueKey('emails', name);

/** Mails per second, and processor time for each in the process that sends. */
interface Figures {
  perSecond: number;
  cpuMs: number;
}

async function postMails(count: number) {
  const body = JSON.stringify(emails.example);
  const headers = { 'Content-Type': 'application/json' };
  const post = async () => {
    const { status } = await product.request('/v1/emails', { method: 'POST', body, headers });
    // Redis was slower than half a second: the machine is busy.
    if (status !== 503 && status !== 202) throw new Error(`a mail was answered with ${status}`);
    return status === 202;
  };
  for (let left = count; left > 0; ) {
    const answers = await Promise.all(Array.from({ length: Math.min(left, 50) }, post));
    left -= answers.filter(Boolean).length;
  }
}

/** Seconds until that many mails are accepted, one batch after the other; the worker sends meanwhile. */
async function measureBatches(count: number): Promise<number> {
  const body = JSON.stringify({ messages: Array.from({ length: BATCH }, () => emails.example) });
  const headers = { 'Content-Type': 'application/json' };
  const begun = performance.now();
  for (let left = count; left > 0; ) {
    const { status } = await product.request('/v1/emails/batch', { method: 'POST', body, headers });
    if (status !== 503 && status !== 202) throw new Error(`a batch was answered with ${status}`);
    if (status === 202) left -= BATCH;
  }
  return (performance.now() - begun) / 1000;
}

/** One round through the queue: the mails stand in line, then the worker is let loose. Answers mails per second. */
async function measureProduct(): Promise<Figures> {
  await redis.set(key('meta-paused'), 1);
  await postMails(MAILS);
  const before = await redis.zcard(key('completed'));
  const [begun, cpuBefore] = [performance.now(), cpuMs(worker.pid)];
  // What resuming does: the line is given back its name.
  await redis.multi().del(key('meta-paused')).rename(key('paused'), key('wait')).exec();
  await redis.publish(key('wait'), '1');
  await until('all are sent', async () => (await redis.zcard(key('completed'))) - before >= MAILS || null, {
    timeoutMs: 120_000,
    everyMs: 5,
  });
  const perSecond = MAILS / ((performance.now() - begun) / 1000);
  return { perSecond, cpuMs: (cpuMs(worker.pid) - cpuBefore) / MAILS };
}

async function measureBaseline(): Promise<Figures> {
  const child = startProcess(process.execPath, ['bench/mail-baseline.ts', port, String(connections), String(MAILS)]);
  await child.exited;
  const { seconds, cpuMs: usedMs } = JSON.parse(child.output()) as { seconds: number; cpuMs: number };
  return { perSecond: MAILS / seconds, cpuMs: usedMs / MAILS };
}

const rounds: { product: Figures; baseline: Figures }[] = [];
try {
  await until('the worker is alive', async () => (await redis.zcard(key('workers'))) > 0);
  for (let round = 0; round <= ROUNDS; round += 1) {
    const figures = { product: await measureProduct(), baseline: await measureBaseline() };
    // The first round warms up.
    if (round > 0) rounds.push(figures);
  }
  const show = (name: string, side: 'product' | 'baseline') => {
    const [perSecond, ms] = (['perSecond', 'cpuMs'] as const).map((figure) =>
      median(rounds.map((round) => round[side][figure])),
    );
    console.log(`  ${name.padEnd(18)} ${perSecond?.toFixed(0).padStart(7)} ${ms?.toFixed(2).padStart(12)}`);
  };
  console.log(`${MAILS} mails over ${connections} connections to a sink, medians of ${ROUNDS} rounds\n`);
  console.log('                     mails/s  CPU ms/mail');
  show('heavylift', 'product');
  show('nodemailer alone', 'baseline');
  const ratios = rounds.map(({ product: ours, baseline }) => ours.perSecond / baseline.perSecond);
  console.log(`\n10,000 mails in batches of ${BATCH}: accepted in ${(await measureBatches(10_000)).toFixed(1)} s`);
  console.log(`\nheavylift / nodemailer alone: ${median(ratios).toFixed(2)} of the mails/s`);
} finally {
  await sink.stop('SIGKILL');
  await product.close();
}
