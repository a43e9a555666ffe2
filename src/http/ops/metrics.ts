import { Router } from 'express';
import type { Producer } from '../../queue/producer/producer.ts';
import { requireScope } from '../auth/identify.ts';
import { writeMetrics } from './write-metrics.ts';

interface MetricsDeps {
  producer: Pick<Producer, 'counts' | 'workers' | 'restarts' | 'history' | 'oldestWaiting'>;
}

/** `/metrics` for Prometheus, for callers with the scope `admin`: the numbers of the operator's screen. */
export function createMetricsRouter({ producer }: MetricsDeps): Router {
  const router = Router();
  router.get('/metrics', requireScope('admin'), async (_req, res) => {
    const [counts, workers, restarts, oldestWaiting, totals] = await Promise.all([
      producer.counts(),
      producer.workers(),
      producer.restarts(),
      producer.oldestWaiting(),
      producer.history.totals(),
    ]);
    const text = writeMetrics({ counts, workers, restarts, oldestWaiting, totals });
    res.set('Cache-Control', 'no-store').type('text/plain; version=0.0.4; charset=utf-8').send(text);
  });
  return router;
}
