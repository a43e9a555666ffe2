import { Router } from 'express';
import type { Alerts } from '../../../alerts/alerts.ts';
import type { Config } from '../../../config/platform.ts';
import { AppError, toAppError } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { UPLOADS } from '../../../jobs/files/upload-record.ts';
import type { JobState } from '../../../jobs/stored-job.ts';
import { listCallers } from '../../../jobs/usage.ts';
import { formatAge, formatLabel, formatNumber, formatTime } from '../../../kinds/formats.ts';
import type { KindPages } from '../../../kinds/page.ts';
import type { Counts, WorkerFacts } from '../../../queue/counts.ts';
import type { Death } from '../../../queue/deaths.ts';
import type { RecentFailures } from '../../../queue/history/recent-failures.ts';
import { readMemoryByKind } from '../../../queue/memory-by-kind.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import type { Redis } from '../../../redis/script.ts';
import type { VerdictWatch } from '../../../verdict/verdict-watch.ts';
import { noteAudit } from '../../access/audit.ts';
import { type ActOnce, readAction } from '../../actions/act-once.ts';
import { callerOf, requireScope } from '../../auth/identify.ts';
import { type HistoryView, readHistories } from '../history/describe-history.ts';
import { STATE_NAMES } from '../job-words.ts';
import type { Views } from '../views.ts';
import { type AlertsView, describeAlerts } from './describe-alerts.ts';
import { describeMachine, type MachineFacts, type MachineView } from './describe-machine.ts';
import { describeVerdict, type VerdictView } from './describe-verdict.ts';
import { describeWorker, type WorkerRow } from './describe-workers.ts';

const REFRESH_SECONDS = 5;
const ASIDE_HOLDS_MS = 15_000;
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
  /** Who paused it; null where that is not known. */
  pausedBy: string | null;
  /** "2 workers, 1 of 4 places busy" */
  workers: string;
  workerRows: WorkerRow[];
  /** "started again after a death: 3 times"; null for never. */
  restarts: string | null;
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
  verdict: VerdictView;
  /** What the queues stand on; null while Redis does not answer. */
  machine: MachineView | null;
  /** Who is told when something is wrong, and what was told. */
  alerts: AlertsView;
  /** Further pages for operators. */
  pages: { path: string; name: string }[];
  /** Null while Redis does not answer. */
  queues: QueueRow[] | null;
  /** The last deaths of processes, newest first. */
  deaths: DeathRow[];
}

export interface AdminDeps {
  config: Config;
  actOnce: ActOnce;
  pages: KindPages;
  contracts: readonly JobContract[];
  producer: Producer;
  redis: Redis;
  verdict: Pick<VerdictWatch, 'read'>;
  alerts: Pick<Alerts, 'incidents' | 'failed' | 'test'>;
  views: Views;
}

/** `/admin`: the operator's first screen, and its switches. */
export function createAdminRouter(deps: AdminDeps): Router {
  const { actOnce, alerts, config, contracts, pages, producer, verdict, views } = deps;
  const readAside = createAsideReader(deps);
  const router = Router();
  const show = views.page<AdminData>('admin');
  const further = [...pages.values()]
    .flatMap(({ adminPages = [] }) => adminPages)
    .filter(({ isUseful }) => isUseful?.(config) ?? true);
  const notes = new Map([...pages].map(([kind, page]) => [kind, page.note?.(config) ?? null]));
  const frame = { title: 'Queues', refreshSeconds: REFRESH_SECONDS };

  router.get('/admin', requireScope('admin'), async (req, res) => {
    const [overview, judgement, aside] = await Promise.all([
      readOverview(contracts, producer, notes),
      verdict.read(),
      readAside(),
    ]);
    if (!overview.queues) res.status(503).set('Retry-After', String(REFRESH_SECONDS));
    const machine = overview.queues ? describeMachine(judgement.facts, aside) : null;
    show(req, res, frame, {
      ...{ ...overview, machine, pages: further },
      verdict: describeVerdict(judgement.verdict),
      alerts: describeAlerts(config, alerts.incidents()),
    });
  });

  router.post('/admin/:kind/:action', requireScope('admin'), readAction, async (req, res, next) => {
    const { kind = '', action = '' } = req.params as { kind?: string; action?: string };
    if (action !== 'pause' && action !== 'resume') return next();
    if (!contracts.some((contract) => contract.kind === kind)) {
      throw new AppError('not_found', `There is no queue "${kind.slice(0, 64)}".`);
    }
    await actOnce(req, res, async () => {
      noteAudit(req, { action: `queue.${action}`, target: kind });
      await producer.setPaused(kind, action === 'pause', callerOf(req).name);
      return { location: '/admin', notice: `${formatLabel(kind)}: ${action === 'pause' ? 'paused' : 'resumed'}.` };
    });
  });

  return router;
}

/**
 * Makes the reader of what is costly to find and changes slowly: who has how much, and what each kind takes of Redis. It is as old as a
 * quarter of a minute; nothing while Redis does not answer.
 */
function createAsideReader({ contracts, producer, redis }: AdminDeps): () => Promise<MachineFacts> {
  let last: MachineFacts = { memory: [], callers: [] };
  let readAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (performance.now() - readAt < ASIDE_HOLDS_MS || redis.status !== 'ready') return last;
    readAt = performance.now();
    const [memory, usage] = await Promise.all([
      readMemoryByKind(
        redis,
        [...contracts, UPLOADS].map(({ kind }) => kind),
      ).catch(() => []),
      producer.usage().catch(() => new Map()),
    ]);
    last = { memory, callers: listCallers(usage, contracts) };
    return last;
  };
}

/** All queues and the last deaths; no queues when Redis is away. */
async function readOverview(
  contracts: readonly JobContract[],
  producer: Producer,
  notes: ReadonlyMap<string, string | null>,
): Promise<Pick<AdminData, 'queues' | 'deaths'>> {
  try {
    const [counts, workers, failures, deaths, histories, restarts, oldest] = await Promise.all([
      producer.counts(),
      producer.workers(),
      producer.recentFailures(),
      producer.deaths(DEATHS_SHOWN),
      readHistories(producer),
      producer.restarts(),
      producer.oldestWaiting(),
    ]);
    const queues = contracts.map((contract) => ({
      ...describeQueue(contract, counts[contract.kind] as Counts, workers),
      note: notes.get(contract.kind) ?? null,
      history: histories[contract.kind] ?? null,
      restarts: describeRestarts(restarts[contract.kind] ?? 0),
      numbers: describeNumbers(contract.kind, counts[contract.kind] as Counts, {
        ...{ recent: failures[contract.kind], oldestMs: oldest[contract.kind] ?? 0 },
      }),
    }));
    return { queues, deaths: deaths.map(describeDeath) };
  } catch (error) {
    if (toAppError(error).code === 'queue_unavailable') return { queues: null, deaths: [] };
    throw error;
  }
}

/** Red is what failed of late: a number over all that is kept would stay red for ever. */
function describeNumbers(
  kind: string,
  counts: Counts,
  { recent, oldestMs }: { recent: RecentFailures | undefined; oldestMs: number },
): QueueRow['numbers'] {
  const numberOf = (name: JobState) => ({ name, label: STATE_NAMES[name], text: formatNumber(counts[name]) });
  return [
    numberOf('waiting'),
    { name: 'oldest', label: 'Oldest waits', text: oldestMs > 0 ? formatAge(oldestMs) : '0' },
    ...(['delayed', 'active', 'completed'] as const).map(numberOf),
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

const describeRestarts = (count: number): string | null =>
  count === 0 ? null : `Started again after a death: ${formatNumber(count)} ${count === 1 ? 'time' : 'times'}.`;

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
): Omit<QueueRow, 'numbers' | 'note' | 'history' | 'restarts'> {
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
    pausedBy: counts.pausedBy,
    workerRows: workers.map(describeWorker),
    workers: workers.length > 0 ? `${count}, ${busy} of ${places} places busy` : 'no worker',
    warning: waits && workers.length === 0 ? 'Jobs wait, and no worker of this kind is running.' : null,
  };
}
