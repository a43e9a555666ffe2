import { Router } from 'express';
import type { VerdictWatch } from '../../verdict/verdict-watch.ts';
import { requireScope } from '../auth/identify.ts';

/** `GET /v1/verdict`: whether all is well, and what is not, for callers with the scope `admin`. */
export function createVerdictRouter({ verdict }: { verdict: Pick<VerdictWatch, 'read'> }): Router {
  const router = Router();
  router.get('/v1/verdict', requireScope('admin'), async (_req, res) => {
    const judgement = await verdict.read();
    res.set('Cache-Control', 'no-store').json(judgement.verdict);
  });
  return router;
}
