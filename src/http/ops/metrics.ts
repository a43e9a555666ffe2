import { Router } from 'express';
import { JOB_STATES } from '../../jobs/stored-job.ts';
import type { WorkerFacts } from '../../queue/counts.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { requireScope } from '../auth/identify.ts';

interface Sample {
  labels: Record<string, string>;
  value: number;
}

/** `/metrics` for Prometheus, for callers with the scope `admin`: the numbers of the operator's screen. */
export function createMetricsRouter({
  producer,
}: {
  producer: Pick<Producer, 'counts' | 'workers' | 'restarts'>;
}): Router {
  const router = Router();
  router.get('/metrics', requireScope('admin'), async (_req, res) => {
    const [counts, workers, restarts] = await Promise.all([producer.counts(), producer.workers(), producer.restarts()]);
    const kinds = Object.entries(counts);
    const perKind = (count: (kind: string) => number): Sample[] =>
      kinds.map(([kind]) => ({ labels: { kind }, value: count(kind) }));
    const own = (kind: string) => workers.filter((worker) => worker.kind === kind);
    const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

    const text = [
      gauge(
        'heavylift_jobs',
        'Jobs by kind and state.',
        kinds.flatMap(([kind, count]) => JOB_STATES.map((state) => ({ labels: { kind, state }, value: count[state] }))),
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
    res.set('Cache-Control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  return router;
}

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

const gauge = (name: string, help: string, samples: readonly Sample[]) => metric('gauge', name, { help, samples });
const counter = (name: string, help: string, samples: readonly Sample[]) => metric('counter', name, { help, samples });

/** One metric in Prometheus' text format; label values are kinds, states and names of plain letters, so nothing needs escaping. */
function metric(type: string, name: string, { help, samples }: { help: string; samples: readonly Sample[] }): string {
  const lines = samples.map(({ labels, value }) => {
    const inner = Object.entries(labels).map(([key, text]) => `${key}="${text}"`);
    return `${name}{${inner.join(',')}} ${value}\n`;
  });
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}
