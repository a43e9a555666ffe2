import { Router } from 'express';
import type { Producer } from '../queue/producer.ts';
import type { Storage } from '../storage/index.ts';

/** `/livez`: the process is up. `/readyz`: it can accept jobs now, that is, Redis and the storage take them. */
export function createHealthRouter({ producer, storage }: { producer: Producer; storage: Storage }): Router {
  const router = Router();
  router.get('/livez', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    res.set('Cache-Control', 'no-store');
    await Promise.all([producer.check(), storage.check()]);
    res.json({ status: 'ok' });
  });
  return router;
}
