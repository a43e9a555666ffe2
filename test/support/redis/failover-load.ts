import { setTimeout as delay } from 'node:timers/promises';
import { certify } from '../certificates.ts';
import { openSmtpServer, type TestSmtpServer } from '../emails/smtp-server.ts';
import { type Product, startProduct } from '../product.ts';
import { makeTempDir } from '../temp-dir.ts';
import { until } from '../until.ts';
import { type GroupOptions, type RedisGroup, type RedisNode, startCluster, startSentinels } from './redis-modes.ts';

type Group = RedisGroup & { failover?(): Promise<void> };

export type Mode = 'sentinel' | 'cluster';

const START: Record<Mode, (dir: string, options: GroupOptions) => Promise<Group>> = {
  sentinel: startSentinels,
  cluster: startCluster,
};

const BEFORE_MS = 2000;
const AWAY_MS = 8000;
const AFTER_MS = 3000;
/** On a busy machine a worker takes its time to start. */
const WORKS_WITHIN_MS = 120_000;

/** What happens to the master, and how it is made good. */
const FAULTS = {
  async 'kill -9'(master: RedisNode) {
    await master.kill();
    await delay(AWAY_MS);
    await master.start();
  },
  async SIGSTOP(master: RedisNode) {
    master.freeze();
    await delay(AWAY_MS);
    master.thaw();
  },
  async FAILOVER(_master: RedisNode, group: Group) {
    await group.failover?.();
    await delay(AWAY_MS);
  },
};

export type Fault = keyof typeof FAULTS;

/** A mail that was posted: what was answered, after how long, and when (by `performance.now`). */
interface Posted {
  subject: string;
  status: number;
  code?: string;
  id?: string;
  sentAt: number;
  answeredAt: number;
}

/** What became of the mails that were posted while a master went away. */
export interface Account {
  posted: number;
  accepted: number;
  /** Accepted, and Redis does not know them any more. */
  lost: number;
  refused: number;
  /** Answered with outcome_unknown. */
  unknown: number;
  /** Refused, and sent all the same. */
  lies: number;
  /** Sent more than once. */
  twice: number;
  /** Ended without anybody knowing whether they were sent. */
  inDoubt: number;
  /** From the fault until a mail was accepted again that was posted after it, in ms; 0 where none was refused. */
  resumedMs: number;
  slowestAnswerMs: number;
  /** Until a mail had left that was accepted after the fault, in ms. */
  workedMs: number;
}

const EVERY_MS = 20;

/** Posts mails all the time, one each 20 ms, whatever the answers take. */
function startLoad(product: Product, name: string) {
  const posts: Promise<Posted>[] = [];
  let isRunning = true;
  let count = 0;
  const post = async (): Promise<Posted> => {
    count += 1;
    const subject = `${name} ${count}`;
    const sentAt = performance.now();
    const body = JSON.stringify({ from: 'a@example.no', to: 'kari@example.no', subject, text: 'x' });
    const headers = { 'Content-Type': 'application/json' };
    try {
      const answer = await product.request('/v1/emails', { method: 'POST', body, headers });
      const { id, code } = (await answer.json()) as Record<string, string | undefined>;
      return {
        subject,
        status: answer.status,
        ...(code && { code }),
        ...(id && { id }),
        sentAt,
        answeredAt: performance.now(),
      };
    } catch (error) {
      return { subject, status: 0, code: (error as Error).message, sentAt, answeredAt: performance.now() };
    }
  };
  const running = (async () => {
    while (isRunning) {
      posts.push(post());
      await delay(EVERY_MS);
    }
  })();
  return {
    async stop(): Promise<Posted[]> {
      isRunning = false;
      await running;
      return Promise.all(posts);
    },
  };
}

/** Waits until all that was accepted has ended or is gone, and counts. */
async function settle(
  product: Product,
  relay: TestSmtpServer,
  posted: readonly Posted[],
  faultAt: number,
  arrivals: ReadonlyMap<string, number[]>,
): Promise<Account> {
  const accepted = posted.filter(({ status }) => status === 202);
  const states = await Promise.all(accepted.map(({ id }) => endOf(product, id as string)));
  const sent = (subject: string) => relay.mails.filter((mail) => mail.parsed.subject === subject).length;
  const refused = posted.filter(({ status, code }) => status !== 202 && code !== 'outcome_unknown');
  const after = accepted.filter(({ sentAt }) => sentAt > faultAt);
  const lastRefused = Math.max(faultAt, ...posted.filter(({ status }) => status !== 202).map(({ sentAt }) => sentAt));
  const worked = after.flatMap(({ subject }) => arrivals.get(subject) ?? []);
  return {
    posted: posted.length,
    accepted: accepted.length,
    lost: states.filter((state) => state === 'gone').length,
    refused: refused.length,
    unknown: posted.filter(({ code }) => code === 'outcome_unknown').length,
    lies: refused.filter(({ subject }) => sent(subject) > 0).length,
    twice: posted.filter(({ subject }) => sent(subject) > 1).length,
    inDoubt: states.filter((state) => state === 'failed').length,
    resumedMs: Math.round(lastRefused - faultAt),
    slowestAnswerMs: Math.round(Math.max(...posted.map(({ sentAt, answeredAt }) => answeredAt - sentAt))),
    workedMs: Math.round(Math.min(...worked) - faultAt),
  };
}

async function endOf(product: Product, id: string): Promise<string> {
  let state = '';
  await until(
    `${id} has ended`,
    async () => {
      const answer = await product.request(`/v1/jobs/${id}`);
      const job = (await answer.json()) as { state?: string };
      if (answer.status !== 200 && answer.status !== 404) throw new Error(JSON.stringify(job));
      state = answer.status === 404 ? 'gone' : (job.state ?? '');
      if (!['gone', 'completed', 'failed', 'cancelled'].includes(state)) throw new Error(JSON.stringify(job));
      return true;
    },
    { timeoutMs: 120_000 },
  );
  return state;
}

/** The master that has the queue of mails. */
async function masterOfMails(group: Group): Promise<RedisNode> {
  for (const master of await group.masters()) {
    if ((await master.client.exists('heavylift:{emails}:emails:usage').catch(() => 0)) > 0) return master;
  }
  throw new Error('no master has the queue of mails');
}

/** Notes when each mail arrives, by its subject. */
function noteArrivals(relay: TestSmtpServer) {
  const arrivals = new Map<string, number[]>();
  let seen = 0;
  const watching = setInterval(() => {
    for (; seen < relay.mails.length; seen += 1) {
      const subject = relay.mails[seen]?.parsed.subject ?? '';
      arrivals.set(subject, [...(arrivals.get(subject) ?? []), performance.now()]);
    }
  }, EVERY_MS);
  return { arrivals, stop: () => clearInterval(watching) };
}

/** What a group is made by whose connections are all by TLS. */
function tlsIn(dir: string): GroupOptions {
  const authority = certify(dir, 'ca', '/CN=An authority');
  return { tls: { ...certify(dir, 'server', '/CN=localhost', authority), ca: authority.cert } };
}

/** Has the master of the mails go away while mails are accepted and sent, over TLS if so, and accounts for all of them. */
export async function measureFailover(mode: Mode, fault: Fault, wait: number, { isTls = false } = {}) {
  const dir = makeTempDir();
  const group = await START[mode](dir.path, isTls ? tlsIn(dir.path) : {});
  const relay = await openSmtpServer();
  const env = { REDIS_URL: group.url, SMTP_URL: relay.url, ...(wait > 0 ? { REDIS_WAIT: String(wait) } : {}) };
  const product = await startProduct({ kinds: ['emails', 'emails'], env });
  const { arrivals, stop } = noteArrivals(relay);
  try {
    const warm = startLoad(product, 'warm');
    await delay(300);
    await warm.stop();
    await until('mails are sent', () => relay.mails.length > 5, { timeoutMs: WORKS_WITHIN_MS });
    const load = startLoad(product, 'mail');
    await delay(BEFORE_MS);
    const master = await masterOfMails(group);
    const faultAt = performance.now();
    await FAULTS[fault](master, group);
    await delay(AFTER_MS);
    const posted = await load.stop();
    const account = await settle(product, relay, posted, faultAt, arrivals);
    return { account, posted, faultAt, web: product.web.output() };
  } finally {
    stop();
    await product.close();
    await relay.close();
    await group.stop();
    dir.remove();
  }
}
