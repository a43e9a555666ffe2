import { setTimeout as delay } from 'node:timers/promises';
import sharp from 'sharp';
import { answer } from '../http/http-sink.ts';
import { until } from '../until.ts';
import { ask, type Fleet } from './fleet.ts';

const ENDS_WITHIN_MS = 240_000;
const TRIES_AGAIN_MS = 200;
const SOON_MS = 6000;
const LATER_MS = 3_600_000;
const FAILED_WITHIN_MS = 120_000;

/** A job of the load, and what is to become of it. */
interface Posted {
  key: string;
  kind: string;
  id: string;
  ends: 'completed' | 'cancelled';
  hasWebhook: boolean;
  /** How often its call is to reach the receiver; none unless it is one. */
  calls: number;
}

/** What became of all that was posted; the lists have keys of jobs, and what was seen. */
export interface Account {
  accepted: number;
  byKind: Record<string, number>;
  /** Requests that no web process took. */
  refused: string[];
  /** Accepted, and gone. */
  lost: string[];
  /** Ended otherwise than was to be. */
  wrong: string[];
  /** A mail, a call or a webhook that came out more often than once. */
  doubled: string[];
  /** Completed, and never came out. */
  silent: string[];
}

/** Clients that post jobs of all kinds, each to the web process of its choice, and to another one where that takes nothing. */
export interface FleetLoad {
  posted: readonly Posted[];
  /** Resolves when all that was begun is posted. */
  stop(): Promise<void>;
  /** Waits until all has ended, and adds up. */
  account(): Promise<Account>;
}

export interface FleetLoadOptions {
  /** Where web processes are at the moment, and perhaps some that are not. */
  webs: () => readonly string[];
  everyMs?: number;
}

/** Begins to post: images, reports, mails, calls, scheduled ones, dependents, some that are cancelled, some that fail and are retried. */
export async function startFleetLoad(fleet: Fleet, { webs, everyMs = 400 }: FleetLoadOptions): Promise<FleetLoad> {
  const photo = await sharp({ create: { width: 120, height: 80, channels: 3, background: '#27507c' } })
    .jpeg()
    .toBuffer();
  const hits = new Map<string, number>();
  fleet.sink.script = (res, { path }) => {
    hits.set(path, (hits.get(path) ?? 0) + 1);
    answer(path.startsWith('/flaky/') && hits.get(path) === 1 ? 400 : 200)(res, {} as never);
  };
  const posted: Posted[] = [];
  const refused: string[] = [];
  let turn = 0;

  /** Asks one after the other; null where none took it. */
  const askAny = async (
    path: string,
    init: RequestInit,
  ): Promise<{ status: number; body: Record<string, unknown> } | null> => {
    turn += 1;
    const first = turn;
    const said: string[] = [];
    const tried = webs();
    for (let one = 0; one < 2 * tried.length; one += 1) {
      const url = tried[(first + one) % tried.length] as string;
      try {
        const given = await ask(url, path, init);
        const body = (await given.json()) as Record<string, unknown>;
        if (given.status < 500) return { status: given.status, body };
        said.push(`${url}: ${given.status} ${JSON.stringify(body)}`);
      } catch (error) {
        said.push(`${url}: ${(error as Error).message} ${(error as { cause?: Error }).cause?.message ?? ''}`);
      }
      if (one >= tried.length - 1) await delay(TRIES_AGAIN_MS);
    }
    refused.push(`${path.split('?')[0]} ${said.join(', ')}`);
    return null;
  };
  const post = async (key: string, kind: string, [path, init]: [string, RequestInit], more: Partial<Posted> = {}) => {
    const headers = { ...(init.headers as Record<string, string>), 'Idempotency-Key': `"${key}"` };
    const taken = await askAny(path, { method: 'POST', ...init, headers });
    if (!taken) return null;
    const id = taken.body['id'];
    if (taken.status !== 202 || typeof id !== 'string')
      throw new Error(`${key}: ${taken.status} ${JSON.stringify(taken.body)}`);
    posted.push({ key, kind, id, ends: 'completed', hasWebhook: false, calls: 0, ...more });
    return id;
  };
  const act = (id: string, action: string) => askAny(`/v1/jobs/${id}/${action}`, { method: 'POST' });
  const json = (kind: string, body: object): [string, RequestInit] => [
    `/v1/${kind}`,
    { headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) },
  ];
  const mail = (key: string, more: object = {}) =>
    json('emails', { to: `${key}@example.net`, subject: key, text: key, ...more });
  const report = (key: string) => json('reports', { data: { title: key, blocks: [{ type: 'text', text: key }] } });
  const callbackUrl = `${fleet.sink.url}/hook`;

  const sorts: ((key: string) => Promise<unknown>)[] = [
    (key) =>
      post(
        key,
        'images',
        [
          `/v1/images?${new URLSearchParams({ width: '40', callbackUrl })}`,
          { headers: { 'Content-Type': 'image/jpeg' }, body: new Uint8Array(photo) },
        ],
        { hasWebhook: true },
      ),
    (key) => post(key, 'reports', report(key)),
    (key) => post(key, 'emails', mail(key, { callbackUrl }), { hasWebhook: true }),
    (key) => post(key, 'calls', json('calls', { url: `${fleet.sink.url}/call/${key}`, json: { key } }), { calls: 1 }),
    (key) => post(key, 'emails', mail(key, { runAt: new Date(Date.now() + SOON_MS).toISOString() })),
    async (key) => {
      const id = await post(`${key}-file`, 'reports', report(key));
      if (id) await post(key, 'emails', mail(key, { attachments: [{ filename: 'a.pdf', job: id }] }));
    },
    async (key) => {
      const runAt = new Date(Date.now() + LATER_MS).toISOString();
      const id = await post(key, 'reports', json('reports', { ...JSON.parse(String(report(key)[1].body)), runAt }), {
        ends: 'cancelled',
      });
      if (id) await act(id, 'cancel');
    },
    async (key) => {
      const call = json('calls', { url: `${fleet.sink.url}/flaky/${key}`, json: { key } });
      const id = await post(key, 'calls', call, { calls: 2 });
      if (!id) return;
      const failed = async () => (await askAny(`/v1/jobs/${id}`, {}))?.body['state'] === 'failed';
      await until(`${id} has failed`, failed, { timeoutMs: FAILED_WITHIN_MS, everyMs: 500 });
      await act(id, 'retry');
    },
  ];

  const underWay: Promise<unknown>[] = [];
  const faults: unknown[] = [];
  let stops = false;
  const run = async () => {
    for (let number = 0; !stops; number += 1) {
      const sort = sorts[number % sorts.length] as (key: string) => Promise<unknown>;
      underWay.push(sort(`job-${number}`).catch((error) => faults.push(error)));
      await delay(everyMs);
    }
  };
  const running = run();
  return {
    posted,
    async stop() {
      stops = true;
      await running;
      await Promise.all(underWay);
      if (faults.length > 0) throw faults[0];
    },
    async account() {
      const jobs = await Promise.all(posted.map(async (one) => ({ ...one, job: await readEnd(one.id, askAny) })));
      await until(
        'webhooks have come',
        () => posted.every(({ id, hasWebhook }) => !hasWebhook || hooksOf(fleet, id) > 0),
        {
          timeoutMs: ENDS_WITHIN_MS,
        },
      ).catch(() => {});
      return addUp(fleet, { jobs, refused, hits });
    },
  };
}

interface Ended {
  state: string;
  /** `state` of a mail: `unknown` where no answer came to the whole of it, and it is not sent again. */
  result?: { state?: string } | null;
  error?: { code: string } | null;
}

async function readEnd(
  id: string,
  askAny: (path: string, init: RequestInit) => Promise<{ status: number; body: Record<string, unknown> } | null>,
): Promise<Ended> {
  return until(
    `${id} has ended`,
    async () => {
      const read = await askAny(`/v1/jobs/${id}`, {});
      if (read?.status === 404 || read?.status === 410) return { state: 'gone' };
      const job = read?.body as unknown as Ended;
      if (!['completed', 'failed', 'cancelled'].includes(job?.state)) throw new Error(JSON.stringify(job));
      return job;
    },
    { timeoutMs: ENDS_WITHIN_MS, everyMs: 500 },
  );
}

/** How many webhooks, by their own names, have told of a job. */
function hooksOf({ sink }: Fleet, id: string): number {
  const told = sink.requests.filter(({ path, body }) => path === '/hook' && body.includes(id));
  return new Set(told.map(({ headers }) => headers['webhook-id'])).size;
}

interface Books {
  jobs: (Posted & { job: Ended })[];
  refused: string[];
  hits: ReadonlyMap<string, number>;
}

function addUp(fleet: Fleet, { jobs, refused, hits }: Books): Account {
  const mailsTo = (key: string) => fleet.smtp.mails.filter(({ to }) => to.includes(`${key}@example.net`)).length;
  const came = jobs.map(({ key, kind, id, calls, hasWebhook, job }) => {
    const isSent = job.state === 'completed';
    const out = { mail: kind === 'emails' ? mailsTo(key) : 0, call: callsOf(hits, key), hook: hooksOf(fleet, id) };
    // Of a mail that may have arrived either is right.
    const mail = job.result?.state === 'unknown' ? out.mail % 2 : 1;
    const due = { mail: kind === 'emails' && isSent ? mail : 0, call: isSent ? calls : 0, hook: hasWebhook ? 1 : 0 };
    return { key, out, due };
  });
  const ways = ['mail', 'call', 'hook'] as const;
  const tell = (is: (out: number, due: number) => boolean) =>
    came.flatMap(({ key, out, due }) =>
      ways.flatMap((way) => (is(out[way], due[way]) ? [`${key}: ${out[way]} of ${due[way]} by ${way}`] : [])),
    );
  return {
    accepted: jobs.length,
    byKind: Object.fromEntries([...Map.groupBy(jobs, ({ kind }) => kind)].map(([kind, all]) => [kind, all.length])),
    refused,
    lost: jobs.filter(({ job }) => job.state === 'gone').map(({ key }) => key),
    wrong: jobs.flatMap(({ key, ends, job }) =>
      job.state === ends ? [] : [`${key}: ${job.state} ${job.error?.code ?? ''}`],
    ),
    doubled: tell((out, due) => out > due),
    silent: tell((out, due) => out < due),
  };
}

const callsOf = (hits: ReadonlyMap<string, number>, key: string) =>
  (hits.get(`/call/${key}`) ?? 0) + (hits.get(`/flaky/${key}`) ?? 0);
