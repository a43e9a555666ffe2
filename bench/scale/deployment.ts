import { readFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { queueKey } from '../../src/redis/keys.ts';
import { openHttpSink } from '../../test/support/http/http-sink.ts';
import { startProcess, type TestProcess } from '../../test/support/processes.ts';
import { KEYS, type Product, startProduct } from '../../test/support/product.ts';
import { until } from '../../test/support/until.ts';
import { cpuMs } from '../figures.ts';
import type { Work } from './work.ts';

/** Jobs that are posted at the same time. */
const AT_ONCE = 8;
/** From this share of a core on a process is what limits. */
const BUSY = 0.9;

/** The product with sinks for what it sends. */
export type Deployment = Awaited<ReturnType<typeof openDeployment>>;

/** Starts Redis, a web process and the sinks, with other settings where they are given; workers are started by what measures. */
export async function openDeployment(settings: Record<string, string> = {}) {
  const http = await openHttpSink();
  const smtp = startProcess(process.execPath, ['bench/mail-sink.ts']);
  const smtpPort = await until('the mail sink listens', () => /^\d+/.exec(smtp.output())?.[0]);
  const allowed = `127.0.0.1:${http.port}`;
  const product = await startProduct({
    env: {
      ...{ NODE_ENV: 'production', LOG_LEVEL: 'warn', MAX_RECORDS: '1000000', MAX_QUEUE_DEPTH: '1000000' },
      ...{ SMTP_URL: `smtp://127.0.0.1:${smtpPort}`, SMTP_STARTTLS: 'off', EMAILS_FROM: 'shop@example.no' },
      ...{ WEBHOOKS_ALLOW: allowed, CALLS_ALLOW: allowed, ...settings },
    },
  });
  const redis = product.redis.client();
  const redisPid = Number(/process_id:(\d+)/.exec(await redis.info('server'))?.[1]);
  const count = (kind: string, set: string) => redis.zcard(queueKey(kind, set));

  /** Resolves when so many jobs of the work have ended beyond those before; rejects when one failed. */
  const ended = async (work: Work, total: number, everyMs: number): Promise<number> => {
    let asked = 0;
    await until(
      `${total} of ${work.name} have ended`,
      async () => {
        asked += 1;
        return (await count(work.endsAs, 'completed')) >= total || null;
      },
      { timeoutMs: 300_000, everyMs },
    );
    for (const kind of new Set([work.kind, work.endsAs])) {
      if ((await count(kind, 'failed')) > 0) throw new Error(`jobs of ${kind} failed`);
    }
    return asked;
  };

  /** Starts worker processes for the work and waits until all of them live. */
  const startWorkers = async (work: Work, number: number): Promise<TestProcess[]> => {
    // Places of a host are shares of all that these say there are.
    const settings = Object.fromEntries(work.runs.map((kind) => [`${kind.toUpperCase()}_WORKERS`, String(number)]));
    const started = Array.from({ length: number }, () => product.startWorker(work.runs, settings));
    const living = () => redis.zcount(queueKey(work.endsAs, 'workers'), Date.now() - 2000, '+inf');
    await until('the workers live', async () => (await living()) >= number || null, { timeoutMs: 60_000 });
    return started;
  };

  return {
    product,
    /** Where webhooks and calls may go. */
    sinkUrl: http.url,
    redis,
    redisPid,
    count,
    ended,
    startWorkers,
    async close() {
      await product.close();
      await smtp.stop('SIGKILL');
      await http.close();
    },
  };
}

/** Posts that many jobs, some at a time, to the web processes in turn. Answers the ms until each was accepted, ascending. */
export async function postMany({ product }: { product: Product }, work: Work, count: number, urls = [product.url]) {
  const latencies: number[] = [];
  let begun = 0;
  const client = async () => {
    while (begun < count) {
      const url = urls[begun % urls.length];
      begun += 1;
      await postOne(`${url}${work.path}`, work, latencies);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, client));
  return latencies.toSorted((a, b) => a - b);
}

/** Posts one job until it is accepted; notes the ms that the answer took. */
export async function postOne(url: string, { type, body }: Work, latencies: number[]): Promise<void> {
  const headers = { 'Content-Type': type, Authorization: `Bearer ${KEYS.kari}` };
  for (;;) {
    const asked = performance.now();
    // A kept connection may be closed as it is used again.
    const answer = await fetch(url, { method: 'POST', headers, body }).catch(() => null);
    if (!answer) continue;
    const text = await answer.text();
    if (answer.status === 202) return void latencies.push(performance.now() - asked);
    // Redis was slower than half a second: the machine is busy.
    if (answer.status !== 503) throw new Error(`${url}: ${answer.status} ${text}`);
    await delay(100);
  }
}

/** The processes that share the work, by what they are. */
export type Processes = Record<string, number[]>;

/** Processor time of each process, and of the machine, between two moments. */
export function watchCpu(processes: Processes) {
  const read = () => ({
    at: performance.now(),
    machine: readMachineMs(),
    of: Object.fromEntries(Object.entries(processes).map(([name, pids]) => [name, pids.map(cpuMs)])),
  });
  const before = read();
  return () => {
    const after = read();
    const ms = after.at - before.at;
    const shares = Object.entries(after.of).map(([name, all]) => {
      const each = all.map((used, index) => (used - (before.of[name]?.[index] ?? 0)) / ms);
      return { name, most: Math.max(...each) };
    });
    const most = shares.toSorted((a, b) => b.most - a.most)[0] ?? { name: '', most: 0 };
    const machine = (after.machine - before.machine) / ms / cpus().length;
    return { seconds: ms / 1000, limit: nameLimit(most, machine) };
  };
}

/** Names what limits: a process that has a core to itself, the machine, or else nothing, with the busiest process. */
function nameLimit({ name, most }: { name: string; most: number }, machine: number): string {
  const share = `${name} ${(most * 100).toFixed(0)} %`;
  if (most >= BUSY) return share;
  return machine >= BUSY ? `all cores (${share})` : `none (${share})`;
}

/** Milliseconds that the machine's cores were not idle. */
function readMachineMs(): number {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).map(Number);
  const [user = 0, nice = 0, system = 0, , , irq = 0, soft = 0, stolen = 0] = ticks;
  return (user + nice + system + irq + soft + stolen) * 10;
}
