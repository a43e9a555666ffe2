import { setTimeout as delay } from 'node:timers/promises';
import { until as ask } from '../support/until.ts';
import type { Deployment } from './deployment.ts';
import { type Load, PICTURE_WIDTH, type Posted } from './load.ts';

/**
 * Jobs that run get this long to end, and more where there are many; what waits for a later attempt by then counts as waiting.
 */
const QUIET_WITHIN_MS = 120_000;
const QUIET_MS_A_JOB = 10;
const LOOK_EVERY_MS = 1000;

/** Why a job of the load may fail: its workers died or stood still under it, again and again. Nothing that it holds is wrong. */
const TRUE_REASONS = ['worker_lost', 'worker_stalled'];

/** A job as the product knows it in the end. */
export interface KnownJob {
  id: string;
  kind: string;
  state: string;
  error: { code: string } | null;
  /**
   * `state` of a mail: `unknown` when the relay did not answer to the whole of it, and it is not sent again; the pages of a
   * report; the renditions of an image.
   */
  result?: { state?: string; pages?: number; renditions?: { width?: number; format?: string }[] } | null;
  webhook?: { state: string } | null;
}

/** What was posted, what the product knows of it, and what came out. */
export interface Books {
  posted: readonly Posted[];
  jobs: readonly KnownJob[];
  /**
   * The ids of jobs that had ended and made room for others: their tombstone says so (410), or they had been seen to end
   * before a fault that leaves no room for all tombstones.
   */
  madeRoom: ReadonlySet<string>;
  /** How often the relay took a mail to that recipient. */
  mails: ReadonlyMap<string, number>;
  /** The ids of the webhooks that the receiver got, by the job that they tell of. */
  webhooks: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The books, added up. The lists have the keys of requests, or ids of jobs, that should not be there. */
export interface Balance {
  posted: number;
  refused: number;
  /** Why, and how often. */
  refusals: Record<string, number>;
  accepted: number;
  states: Record<string, number>;
  errors: Record<string, number>;
  /** Accepted, ended, and erased early to make room. */
  madeRoom: number;
  /** Accepted, and gone without a word. */
  lost: string[];
  /** Refused, and there; or nobody posted it. */
  ghosts: string[];
  /** One request's two jobs, a mail or a webhook that came out twice. */
  doubled: string[];
  /** Completed, and its mail or webhook never came out. */
  silent: string[];
  /** Completed, with something else than what was asked for. */
  wrong: string[];
  /** Failed for a reason that none of the faults is. */
  unexplained: string[];
  /** Nobody could tell whether it was accepted. */
  unsettled: string[];
}

/**
 * Waits until nothing runs or waits for a worker, and adds up. `seenEnded` has the ids of jobs that had ended before Redis
 * had so little memory that it forgot some of the oldest.
 */
export async function closeLedger(
  deployment: Deployment,
  { posted }: Load,
  seenEnded: ReadonlySet<string> = new Set(),
): Promise<Balance> {
  const until = performance.now() + QUIET_WITHIN_MS + QUIET_MS_A_JOB * posted.length;
  while ((await isBusy(deployment)) && performance.now() < until) await delay(LOOK_EVERY_MS);
  const jobs = await listJobs(deployment);
  const mails = new Map<string, number>();
  for (const { to } of deployment.smtp.mails) for (const one of to) mails.set(one, (mails.get(one) ?? 0) + 1);
  const webhooks = new Map<string, Set<string>>();
  for (const { headers, body } of deployment.deliveries) {
    const { data } = JSON.parse(body) as { data: { id: string } };
    webhooks.set(data.id, (webhooks.get(data.id) ?? new Set()).add(String(headers['webhook-id'])));
  }
  const madeRoom = await findGone(deployment, { posted, jobs, seenEnded });
  return addUp({ posted, jobs, madeRoom, mails, webhooks });
}

/** Whether a job waits for a worker, or has one. */
async function isBusy({ request }: Deployment): Promise<boolean> {
  const count = async (state: string) => {
    const answer = await request(`/v1/jobs?state=${state}&limit=1`);
    if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
    return ((await answer.json()) as { jobs: KnownJob[] }).jobs.length;
  };
  const isEmpty = async (state: string) =>
    (await ask(`the ${state} jobs are listed`, async () => [await count(state)]))[0] === 0;
  return !((await isEmpty('waiting')) && (await isEmpty('active')));
}

/** Adds the ids of the jobs that have ended by now: those that are listed, and those that made room already. */
export async function noteEnded(deployment: Deployment, { posted }: Load, ended: Set<string>): Promise<void> {
  const jobs = await listJobs(deployment);
  for (const { id, state } of jobs) if (['completed', 'failed', 'cancelled'].includes(state)) ended.add(id);
  const isNew = ({ id }: Posted) => !ended.has(id as string);
  const gone = await findGone(deployment, { posted: posted.filter(isNew), jobs, seenEnded: ended });
  for (const id of gone) ended.add(id);
}

/** Asks for the accepted jobs that are in no listing: which of them made room. */
async function findGone(
  { request }: Deployment,
  { posted, jobs, seenEnded }: { posted: readonly Posted[]; jobs: readonly KnownJob[]; seenEnded: ReadonlySet<string> },
): Promise<Set<string>> {
  const known = new Set(jobs.map(({ id }) => id));
  const missing = posted.flatMap(({ outcome, id }) => (outcome === 'accepted' && id && !known.has(id) ? [id] : []));
  const found = new Set<string>();
  for (const id of missing) {
    const { status } = await request(`/v1/jobs/${id}`);
    if (status === 410 || (status === 404 && seenEnded.has(id))) found.add(id);
  }
  return found;
}

/** Adds the books up. */
export function addUp({ posted, jobs, madeRoom, mails, webhooks }: Books): Balance {
  const accepted = posted.filter(({ outcome }) => outcome === 'accepted');
  const erased = posted.filter(({ outcome }) => outcome === 'erased');
  const refused = posted.filter(({ outcome }) => outcome === 'refused');
  const own = jobs.filter(({ kind }) => kind !== 'webhooks');
  const known = new Map(own.map((job) => [job.id, job]));
  const ids = new Set<string>();
  const again = accepted.filter(({ id }) => ids.size === ids.add(id as string).size);
  const mailOf = ({ key }: Posted) => mails.get(`${key}@example.net`) ?? 0;
  return {
    posted: posted.length,
    refused: refused.length,
    refusals: countBy(refused.flatMap(({ refusal }) => refusal ?? [])),
    accepted: accepted.length + erased.length,
    states: countBy(own.filter(({ id }) => ids.has(id)).map(({ state }) => state)),
    errors: countBy(own.flatMap(({ error }) => error?.code ?? [])),
    madeRoom: accepted.filter(({ id }) => madeRoom.has(id as string)).length + erased.length,
    lost: accepted.filter(({ id }) => !known.has(id as string) && !madeRoom.has(id as string)).map(({ key }) => key),
    ghosts: own.filter(({ id }) => !ids.has(id)).map(({ id }) => id),
    doubled: [
      ...again,
      ...posted.filter((one) => mailOf(one) > 1),
      ...accepted.filter(({ id }) => (webhooks.get(id as string)?.size ?? 0) > 1),
    ].map(({ key }) => key),
    silent: accepted
      .filter((one) => {
        const job = known.get(one.id as string);
        if (job?.state !== 'completed') return false;
        if (one.kind === 'emails' && job.result?.state === 'sent' && mailOf(one) === 0) return true;
        return one.hasWebhook && (!job.webhook || (job.webhook.state === 'completed' && !webhooks.has(job.id)));
      })
      .map(({ key }) => key),
    wrong: accepted.filter(({ id }) => !isRight(known.get(id as string))).map(({ key }) => key),
    unexplained: own.flatMap(({ id, state, error }) =>
      state === 'failed' && ids.has(id) && !TRUE_REASONS.includes(error?.code ?? '') ? [`${id} (${error?.code})`] : [],
    ),
    unsettled: posted.filter(({ outcome }) => outcome === 'unknown').map(({ key }) => key),
  };
}

/** Whether what a completed job made is what the load asked for. */
function isRight(job: KnownJob | undefined): boolean {
  if (job?.state !== 'completed' || !job.result) return true;
  const { renditions, pages } = job.result;
  if (job.kind === 'images')
    return renditions?.length === 1 && renditions[0]?.width === PICTURE_WIDTH && renditions[0].format === 'webp';
  return job.kind !== 'reports' || pages === 1;
}

/** Whether every accepted job is there once, in one state, and nothing came out that should not, or not at all. */
export function isBalanced(balance: Balance): boolean {
  const { posted, accepted, states, madeRoom, lost, ghosts, doubled, silent, wrong, unexplained, unsettled } = balance;
  const sum = Object.values(states).reduce((total, count) => total + count, madeRoom);
  return (
    posted > 0 &&
    accepted > 0 &&
    sum === accepted &&
    [lost, ghosts, doubled, silent, wrong, unexplained, unsettled].every((list) => list.length === 0)
  );
}

/** Says a balance in a few lines. */
export function describeBalance(balance: Balance): string {
  const { posted, refused, accepted, states, madeRoom, errors, lost, ghosts, doubled, silent, wrong, unexplained } =
    balance;
  const { completed = 0, failed = 0, cancelled = 0, ...others } = states;
  const waiting = Object.values(others).reduce((total, count) => total + count, 0);
  const list = (name: string, keys: string[]) =>
    `${name} ${keys.length}${keys.length > 0 ? `: ${keys.slice(0, 20).join(', ')}` : ''}`;
  const sum = completed + failed + cancelled + waiting + madeRoom;
  return [
    `posted ${posted}, refused ${refused}, accepted ${accepted}`,
    `accepted ${accepted} ${sum === accepted ? '=' : 'is not'} completed ${completed} + failed ${failed} + cancelled ${cancelled} + waiting ${waiting} + erased to make room ${madeRoom}`,
    `refused for: ${listCounts(balance.refusals)}`,
    `errors: ${listCounts(errors)}`,
    list('lost', lost),
    list('doubled', doubled),
    list('refused, and there all the same', ghosts),
    list('completed, and nothing came of it', silent),
    list('completed, and not what was asked for', wrong),
    list('failed for no true reason', unexplained),
    list('never settled', balance.unsettled),
    isBalanced(balance) ? 'It balances.' : 'It does not balance.',
  ].join('\n');
}

const listCounts = (counts: Readonly<Record<string, number>>): string =>
  Object.entries(counts)
    .map(([word, count]) => `${word} ${count}`)
    .join(', ') || 'none';

const countBy = (words: readonly string[]): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const word of words) counts[word] = (counts[word] ?? 0) + 1;
  return counts;
};

async function listJobs({ request }: Deployment): Promise<KnownJob[]> {
  const jobs: KnownJob[] = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '100', ...(cursor === null ? {} : { cursor }) });
    // A busy machine may refuse it for a moment.
    const page = await ask('the jobs are listed', async () => {
      const answer = await request(`/v1/jobs?${query}`);
      if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
      return (await answer.json()) as { jobs: KnownJob[]; cursor: string | null };
    });
    jobs.push(...page.jobs);
    cursor = page.cursor;
  } while (cursor !== null);
  return jobs;
}
