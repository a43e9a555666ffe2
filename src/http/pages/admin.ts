import { Router } from 'express';
import type { Config } from '../../config/platform.ts';
import { AppError, toAppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { formatLabel, formatNumber, formatTime } from '../../kinds/formats.ts';
import type { KindPages } from '../../kinds/page.ts';
import type { Counts, WorkerFacts } from '../../queue/counts.ts';
import type { Death } from '../../queue/deaths.ts';
import type { RecentFailures } from '../../queue/history/recent-failures.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { type ActOnce, readAction } from '../actions/act-once.ts';
import { callerOf, requireScope } from '../auth/identify.ts';
import { type Notice, type NoticeDeps, readNotices } from './admin-notices.ts';
import { type HistoryView, readHistories } from './history/describe-history.ts';
import { STATE_NAMES } from './job-words.ts';
import type { Views } from './views.ts';

const REFRESH_SECONDS = 5;
const DEATHS_SHOWN = 10;
const HOW_WORDS: Readonly<Record<string, string>> = {
  frozen: 'was frozen, and was ended',
  'out of memory': 'ended by the kernel: out of memory',
  unknown: 'ended',
};

/** One kind's queue, every text ready. */
interface QueueRow {
  kind: string;
  summary: string;
  /** `href`: where the jobs that are counted are listed. */
  numbers: { name: string; label: string; text: string; href?: string }[];
  paused: boolean;
  /** Since when, RFC 3339 and for people; null where it is not known. */
  pausedSince: { time: string; text: string } | null;
  /** "2 workers, 1 of 4 places busy" */
  workers: string;
  /** What an operator should know at once: jobs wait and nobody takes them. */
  warning: string | null;
  /** How the kind is set up, where that is to be known. */
  note: string | null;
  /** What has happened to its jobs; null where there were none within the last day. */
  history: HistoryView | null;
}

/** The death of a process, every text ready. */
interface DeathRow {
  /** RFC 3339, and the same for people. */
  at: string;
  time: string;
  process: string;
  host: string;
  /** "ended by SIGKILL" */
  how: string;
  jobs: string[];
}

interface AdminData {
  notices: Notice[];
  /** Further pages for operators. */
  pages: { path: string; name: string }[];
  /** Null while Redis does not answer. */
  queues: QueueRow[] | null;
  /** The last deaths of processes, newest first. */
  deaths: DeathRow[];
}

export interface AdminDeps extends NoticeDeps {
  config: Config;
  actOnce: ActOnce;
  pages: KindPages;
  contracts: readonly JobContract[];
  producer: Producer;
  views: Views;
}

/** `/admin`: the operator's first screen, and its switches. */
export function createAdminRouter(deps: AdminDeps): Router {
  const { actOnce, config, contracts, pages, producer, views } = deps;
  const router = Router();
  const show = views.page<AdminData>('admin');
  const further = [...pages.values()]
    .flatMap(({ adminPages = [] }) => adminPages)
    .filter(({ isUseful }) => isUseful?.(config) ?? true);
  const notes = new Map([...pages].map(([kind, page]) => [kind, page.note?.(config) ?? null]));
  const frame = { title: 'Queues', refreshSeconds: REFRESH_SECONDS };

  router.get('/admin', requireScope('admin'), async (req, res) => {
    const overview = await readOverview(contracts, producer, notes);
    if (!overview.queues) res.status(503).set('Retry-After', String(REFRESH_SECONDS));
    const notices = overview.queues ? await readNotices(deps) : [];
    show(req, res, frame, { ...overview, notices, pages: further });
  });

  router.post('/admin/:kind/:action', requireScope('admin'), readAction, async (req, res, next) => {
    const { kind = '', action = '' } = req.params as { kind?: string; action?: string };
    if (action !== 'pause' && action !== 'resume') return next();
    if (!contracts.some((contract) => contract.kind === kind)) {
      throw new AppError('not_found', `There is no queue "${kind.slice(0, 64)}".`);
    }
    await actOnce(req, res, async () => {
      await producer.setPaused(kind, action === 'pause', callerOf(req).name);
      return { location: '/admin', notice: `${formatLabel(kind)}: ${action === 'pause' ? 'paused' : 'resumed'}.` };
    });
  });

  return router;
}

/** All queues and the last deaths; no queues when Redis is away. */
async function readOverview(
  contracts: readonly JobContract[],
  producer: Producer,
  notes: ReadonlyMap<string, string | null>,
): Promise<Pick<AdminData, 'queues' | 'deaths'>> {
  try {
    const [counts, workers, failures, deaths, histories] = await Promise.all([
      producer.counts(),
      producer.workers(),
      producer.recentFailures(),
      producer.deaths(DEATHS_SHOWN),
      readHistories(producer),
    ]);
    const queues = contracts.map((contract) => ({
      ...describeQueue(contract, counts[contract.kind] as Counts, workers),
      note: notes.get(contract.kind) ?? null,
      history: histories[contract.kind] ?? null,
      numbers: describeNumbers(contract.kind, counts[contract.kind] as Counts, failures[contract.kind]),
    }));
    return { queues, deaths: deaths.map(describeDeath) };
  } catch (error) {
    if (toAppError(error).code === 'queue_unavailable') return { queues: null, deaths: [] };
    throw error;
  }
}

/** Red is what failed of late: a number over all that is kept would stay red for ever. */
function describeNumbers(kind: string, counts: Counts, recent?: RecentFailures): QueueRow['numbers'] {
  const states = ['waiting', 'delayed', 'active', 'completed'] as const;
  return [
    ...states.map((name) => ({ name, label: STATE_NAMES[name], text: formatNumber(counts[name]) })),
    {
      name: 'failed',
      label: 'Failed in the last hour',
      text: formatNumber(recent?.failed ?? 0),
      href: `/jobs?kind=${kind}&state=failed`,
    },
    { name: 'kept', label: 'Failed, kept', text: formatNumber(counts.failed) },
    { name: 'cancelled', label: STATE_NAMES.cancelled, text: formatNumber(counts.cancelled) },
  ];
}

const describeDeath = ({ at, host, process, how, jobs }: Death): DeathRow => ({
  at,
  time: formatTime(at),
  process,
  host,
  how: HOW_WORDS[how] ?? `ended by ${how}`,
  jobs,
});

function describeQueue(
  { kind, summary }: JobContract,
  counts: Counts,
  allWorkers: WorkerFacts[],
): Omit<QueueRow, 'numbers' | 'note' | 'history'> {
  const workers = allWorkers.filter((worker) => worker.kind === kind);
  const places = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const busy = workers.reduce((sum, { running }) => sum + running, 0);
  const count = `${formatNumber(workers.length)} ${workers.length === 1 ? 'worker' : 'workers'}`;
  const since = counts.pausedSince === null ? null : new Date(counts.pausedSince).toISOString();
  const waits = counts.waiting + counts.delayed > 0;
  return {
    kind,
    summary,
    paused: counts.paused,
    pausedSince: since === null ? null : { time: since, text: formatTime(since) },
    workers: workers.length > 0 ? `${count}, ${busy} of ${places} places busy` : 'no worker',
    warning: waits && workers.length === 0 ? 'Jobs wait, and no worker of this kind is running.' : null,
  };
}
