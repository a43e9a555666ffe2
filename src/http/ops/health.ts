import { Router } from 'express';
import type { Membership } from '../../deployment/membership.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Storage } from '../../storage/storage.ts';
import { assertScope } from '../auth/identify.ts';

export interface HealthRouterDeps {
  producer: Producer;
  storage: Storage;
  deployment?: Membership;
}

/**
 * `/livez`: the process is up. `/readyz`: it can accept jobs now, that is, Redis and the storage take writes;
 * `/readyz?verbose`, for callers with the scope `admin`, adds when Redis syncs, the workers of each kind, what they depend on outside, and what was lost of the deployment's
 * id. A relay that is away is no reason to refuse mails: they wait.
 */
export function createHealthRouter({ producer, storage, deployment }: HealthRouterDeps): Router {
  const router = Router();
  router.get('/livez', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (req, res) => {
    res.set('Cache-Control', 'no-store');
    const isVerbose = req.query['verbose'] !== undefined;
    if (isVerbose) assertScope(req, 'admin');
    await Promise.all([producer.check(), storage.check()]);
    if (!isVerbose) return void res.json({ status: 'ok' });
    const [workers, appendfsync, notes] = await Promise.all([
      producer.workers(),
      producer.syncPolicy(),
      deployment?.readNotes(),
    ]);
    res.json({
      status: 'ok',
      redis: { appendfsync },
      workers: workers.map(({ kind, concurrency, running, dependency }) => ({
        kind,
        concurrency,
        running,
        ...(dependency ? { dependency } : {}),
      })),
      ...(notes ? { deployment: { id: deployment?.id(), restored: notes.restored, remade: notes.remade } } : {}),
    });
  });
  return router;
}
