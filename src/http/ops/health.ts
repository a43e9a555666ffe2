import { Router } from 'express';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Storage } from '../../storage/storage.ts';

/**
 * `/livez`: the process is up. `/readyz`: it can accept jobs now, that is, Redis and the storage take them;
 * `/readyz?verbose` adds the workers of each kind, and what they depend on outside. A relay that is away is no reason
 * to refuse mails: they wait.
 */
export function createHealthRouter({ producer, storage }: { producer: Producer; storage: Storage }): Router {
  const router = Router();
  router.get('/livez', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (req, res) => {
    res.set('Cache-Control', 'no-store');
    await Promise.all([producer.check(), storage.check()]);
    if (req.query['verbose'] === undefined) return void res.json({ status: 'ok' });
    const workers = await producer.workers();
    res.json({
      status: 'ok',
      workers: workers.map(({ kind, concurrency, running, dependency }) => ({
        kind,
        concurrency,
        running,
        ...(dependency ? { dependency } : {}),
      })),
    });
  });
  return router;
}
