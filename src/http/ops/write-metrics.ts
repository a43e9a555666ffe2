import { JOB_STATES } from '../../jobs/stored-job.ts';
import type { Counts, WorkerFacts } from '../../queue/counts.ts';
import { BOUNDS_MS, type Figures, sumOf, type Times } from '../../queue/history/figures.ts';
import { VERDICT_CODES, type VerdictCode } from '../../verdict/codes.ts';
import { counter, type Distribution, gauge, histogram, type Sample } from './exposition.ts';

/** The kind whose jobs are deliveries of webhooks. */
const DELIVERIES = 'webhooks';
const BOUNDS_SECONDS = BOUNDS_MS.map((ms) => ms / 1000);

/** What metrics are made of; each by kind but the workers and the codes. */
export interface MetricFacts {
  /** What the verdict says is wrong. */
  codes: readonly VerdictCode[];
  /** Null while Redis does not answer: then nothing but the verdict is known. */
  queues: QueueMetrics | null;
}

/** What Redis knows. */
export interface QueueMetrics {
  counts: Readonly<Record<string, Counts>>;
  workers: readonly WorkerFacts[];
  restarts: Readonly<Record<string, number>>;
  /** In ms. */
  oldestWaiting: Readonly<Record<string, number>>;
  /** Since ever, over all hosts. */
  totals: Readonly<Record<string, Figures>>;
  schedules: ScheduleMetrics;
}

/** What is known of the schedules of all callers. */
export interface ScheduleMetrics {
  /** Those that are not paused. */
  count: number;
  /** How long the earliest time has been over that is to be run next (ms). */
  lateMs: number;
}

/** Writes all metrics in Prometheus' text format; `docs/metrics.md` has them. */
export const writeMetrics = ({ codes, queues }: MetricFacts): string =>
  writeVerdict(codes) + (queues ? writeQueues(queues) + writeSchedules(queues) + writeHistory(queues) : '');

const writeVerdict = (codes: readonly VerdictCode[]): string =>
  gauge(
    'heavylift_verdict',
    '1 while the verdict says that this is wrong.',
    (Object.keys(VERDICT_CODES) as VerdictCode[]).map((code) => ({
      labels: { code },
      value: Number(codes.includes(code)),
    })),
  );

/** What is there now. */
function writeQueues({ counts, workers, restarts, oldestWaiting }: QueueMetrics): string {
  const kinds = Object.entries(counts);
  const perKind = (count: (kind: string) => number): Sample[] =>
    kinds.map(([kind]) => ({ labels: { kind }, value: count(kind) }));
  const own = (kind: string) => workers.filter((worker) => worker.kind === kind);
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  return [
    gauge(
      'heavylift_jobs',
      'Jobs by kind and state.',
      kinds.flatMap(([kind, count]) => JOB_STATES.map((state) => ({ labels: { kind, state }, value: count[state] }))),
    ),
    gauge(
      'heavylift_queue_oldest_waiting_seconds',
      'How long the oldest waiting job has waited; 0 where none waits.',
      perKind((kind) => (oldestWaiting[kind] ?? 0) / 1000),
    ),
    gauge(
      'heavylift_queue_paused',
      '1 while the queue is paused.',
      perKind((kind) => Number(counts[kind]?.paused)),
    ),
    gauge(
      'heavylift_workers',
      'Worker processes that are alive.',
      perKind((kind) => own(kind).length),
    ),
    gauge(
      'heavylift_worker_places',
      'Jobs that the living workers can run at a time.',
      perKind((kind) => sum(own(kind).map(({ concurrency }) => concurrency))),
    ),
    gauge(
      'heavylift_worker_places_busy',
      'Places that are taken.',
      perKind((kind) => sum(own(kind).map(({ running }) => running))),
    ),
    gauge(
      'heavylift_dependency_up',
      '1 while every worker that has seen what its kind needs outside, such as a mail relay, saw it well.',
      dependencySamples(workers),
    ),
    counter(
      'heavylift_worker_restarts_total',
      'Worker processes that died and were started again.',
      perKind((kind) => restarts[kind] ?? 0),
    ),
  ].join('');
}

/** Whether schedules are run in time. */
const writeSchedules = ({ schedules: { count, lateMs } }: QueueMetrics): string =>
  gauge('heavylift_schedules', 'Schedules that are not paused.', [{ labels: {}, value: count }]) +
  gauge('heavylift_schedules_late_seconds', 'How long the earliest time has been over that is still to be run.', [
    { labels: {}, value: lateMs / 1000 },
  ]);

/** What has happened since ever, over all hosts. */
function writeHistory({ totals }: QueueMetrics): string {
  const kinds = Object.entries(totals);
  const byError = (which: 'failed' | 'putBack', more: Record<string, string> = {}) =>
    kinds.flatMap(([kind, figures]) =>
      Object.entries(figures[which]).map(([error, value]) => ({ labels: { kind, ...more, error }, value })),
    );
  const ended = (outcome: 'completed' | 'cancelled' | 'erased') =>
    kinds.map(([kind, figures]) => ({ labels: { kind, outcome, error: '' }, value: figures[outcome] }));
  const times = (name: 'wait' | 'run') => kinds.map(([kind, figures]) => toDistribution(kind, figures[name]));
  return [
    counter(
      'heavylift_jobs_accepted_total',
      'Jobs that were accepted, or run again after they had ended.',
      kinds.map(([kind, figures]) => ({ labels: { kind }, value: figures.in })),
    ),
    counter('heavylift_jobs_total', 'Jobs that have ended, by outcome; the error is that of failed ones.', [
      ...ended('completed'),
      ...ended('cancelled'),
      ...ended('erased'),
      ...byError('failed', { outcome: 'failed' }),
    ]),
    counter(
      'heavylift_runs_put_back_total',
      'Runs that ended with an error and did not end their job: it runs again.',
      byError('putBack'),
    ),
    histogram(
      'heavylift_job_wait_seconds',
      'From when a job was accepted, or came due, until its first run.',
      times('wait'),
    ),
    histogram('heavylift_job_run_seconds', 'Runs that completed their job or used up an attempt.', times('run')),
    counter(
      'heavylift_webhook_deliveries_total',
      'Webhooks that were taken, attempts that failed and are followed by another, and webhooks that were given up.',
      kinds.flatMap(([kind, figures]) => (kind === DELIVERIES ? deliverySamples(figures) : [])),
    ),
  ].join('');
}

const toDistribution = (kind: string, { counts, ms }: Times): Distribution => ({
  labels: { kind },
  bounds: BOUNDS_SECONDS,
  counts,
  sum: ms / 1000,
});

const deliverySamples = ({ completed, failed, putBack }: Figures): Sample[] => [
  { labels: { outcome: 'delivered' }, value: completed },
  { labels: { outcome: 'retried' }, value: putBack.webhook_failed ?? 0 },
  { labels: { outcome: 'failed' }, value: sumOf(failed) },
];

/** A sample for each thing outside that workers have seen, by its kind and name. */
function dependencySamples(workers: readonly WorkerFacts[]): Sample[] {
  const samples = new Map<string, Sample>();
  for (const { kind, dependency } of workers) {
    for (const { name, ok } of dependency?.parts ?? (dependency ? [dependency] : [])) {
      const known = samples.get(`${kind} ${name}`);
      samples.set(`${kind} ${name}`, { labels: { kind, name }, value: Math.min(known?.value ?? 1, Number(ok)) });
    }
  }
  return [...samples.values()];
}
