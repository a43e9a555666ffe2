import { Router } from 'express';
import { now } from '../../clock.ts';
import { toAppError } from '../../errors.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Schedules } from '../../schedules/store.ts';
import type { VerdictWatch } from '../../verdict/verdict-watch.ts';
import { requireScope } from '../auth/identify.ts';
import { type QueueMetrics, writeMetrics } from './write-metrics.ts';

interface MetricsDeps {
  producer: Pick<Producer, 'counts' | 'workers' | 'restarts' | 'history' | 'oldestWaiting'>;
  verdict: Pick<VerdictWatch, 'read'>;
  schedules: Pick<Schedules, 'readDue'>;
}

/** `/metrics` for Prometheus, for callers with the scope `admin`: the numbers of the operator's screen. */
export function createMetricsRouter({ producer, verdict, schedules }: MetricsDeps): Router {
  const router = Router();
  router.get('/metrics', requireScope('admin'), async (_req, res) => {
    const [judgement, queues] = await Promise.all([verdict.read(), readQueues(producer, schedules)]);
    const text = writeMetrics({ codes: judgement.verdict.items.map(({ code }) => code), queues });
    res.set('Cache-Control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  return router;
}

/** Null while Redis does not answer. */
async function readQueues(
  producer: MetricsDeps['producer'],
  schedules: MetricsDeps['schedules'],
): Promise<QueueMetrics | null> {
  try {
    const [counts, workers, restarts, oldestWaiting, totals, { count, earliestMs }] = await Promise.all([
      producer.counts(),
      producer.workers(),
      producer.restarts(),
      producer.oldestWaiting(),
      producer.history.totals(),
      schedules.readDue(),
    ]);
    const lateMs = earliestMs === null ? 0 : Math.max(0, now() - earliestMs);
    return { counts, workers, restarts, oldestWaiting, totals, schedules: { count, lateMs } };
  } catch (error) {
    if (toAppError(error).code === 'queue_unavailable') return null;
    throw error;
  }
}
