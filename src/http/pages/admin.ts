import { Router } from 'express';
import { AppError, toAppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { formatNumber, formatTime } from '../../kinds/formats.ts';
import type { KindPages } from '../../kinds/page.ts';
import type { Counts, WorkerFacts } from '../../queue/counts.ts';
import type { Death } from '../../queue/deaths.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { requireScope } from '../auth/identify.ts';
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
  numbers: { name: string; text: string }[];
  paused: boolean;
  /** "2 workers, 1 of 4 places busy" */
  workers: string;
  /** What an operator should know at once: jobs wait and nobody takes them. */
  warning: string | null;
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
  /** Further pages for operators. */
  pages: { path: string; name: string }[];
  /** Null while Redis does not answer. */
  queues: QueueRow[] | null;
  /** The last deaths of processes, newest first. */
  deaths: DeathRow[];
}

export interface AdminDeps {
  pages: KindPages;
  contracts: readonly JobContract[];
  producer: Producer;
  views: Views;
}

/** `/admin`: the operator's first screen, and its switches. */
export function createAdminRouter({ contracts, pages, producer, views }: AdminDeps): Router {
  const router = Router();
  const show = views.page<AdminData>('admin');
  const further = [...pages.values()].flatMap(({ adminPages = [] }) => adminPages);
  const frame = { title: 'Queues', refreshSeconds: REFRESH_SECONDS };

  router.get('/admin', requireScope('admin'), async (req, res) => {
    const overview = await readOverview(contracts, producer);
    if (!overview.queues) res.status(503).set('Retry-After', String(REFRESH_SECONDS));
    show(req, res, frame, { ...overview, pages: further });
  });

  router.post('/admin/:kind/:action', requireScope('admin'), async (req, res, next) => {
    const { kind = '', action = '' } = req.params as { kind?: string; action?: string };
    if (action !== 'pause' && action !== 'resume') return next();
    if (!contracts.some((contract) => contract.kind === kind)) {
      throw new AppError('not_found', `There is no queue "${kind.slice(0, 64)}".`);
    }
    await producer.setPaused(kind, action === 'pause');
    res.redirect(303, '/admin');
  });

  return router;
}

/** All queues and the last deaths; no queues when Redis is away. */
async function readOverview(
  contracts: readonly JobContract[],
  producer: Producer,
): Promise<Pick<AdminData, 'queues' | 'deaths'>> {
  try {
    const [counts, workers, deaths] = await Promise.all([
      producer.counts(),
      producer.workers(),
      producer.deaths(DEATHS_SHOWN),
    ]);
    const queues = contracts.map((contract) => describeQueue(contract, counts[contract.kind] as Counts, workers));
    return { queues, deaths: deaths.map(describeDeath) };
  } catch (error) {
    if (toAppError(error).code === 'queue_unavailable') return { queues: null, deaths: [] };
    throw error;
  }
}

const describeDeath = ({ at, host, process, how, jobs }: Death): DeathRow => ({
  at,
  time: formatTime(at),
  process,
  host,
  how: HOW_WORDS[how] ?? `ended by ${how}`,
  jobs,
});

function describeQueue({ kind, summary }: JobContract, counts: Counts, allWorkers: WorkerFacts[]): QueueRow {
  const names = ['waiting', 'delayed', 'active', 'completed', 'failed'] as const;
  const workers = allWorkers.filter((worker) => worker.kind === kind);
  const places = workers.reduce((sum, { concurrency }) => sum + concurrency, 0);
  const busy = workers.reduce((sum, { running }) => sum + running, 0);
  const count = `${formatNumber(workers.length)} ${workers.length === 1 ? 'worker' : 'workers'}`;
  const waits = counts.waiting + counts.delayed > 0;
  return {
    kind,
    summary,
    numbers: names.map((name) => ({ name, text: formatNumber(counts[name]) })),
    paused: counts.paused,
    workers: workers.length > 0 ? `${count}, ${busy} of ${places} places busy` : 'no worker',
    warning: waits && workers.length === 0 ? 'Jobs wait, and no worker of this kind is running.' : null,
  };
}
