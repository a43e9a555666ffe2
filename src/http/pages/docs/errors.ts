import { Router } from 'express';
import { ERROR_CODES } from '../../../errors.ts';
import type { Views } from '../views.ts';

/** The codes, every text ready. */
export interface ErrorsData {
  errors: { code: string; status: number; title: string; again: string }[];
}

/** `/docs/errors`: where the `type` of every problem leads. Open to everybody, as `/docs` is. */
export function createErrorsRouter({ views }: { views: Views }): Router {
  const router = Router();
  const show = views.page<ErrorsData>('errors');
  const errors = Object.entries(ERROR_CODES).map(([code, { status, title, retryable }]) => ({
    code,
    status,
    title,
    again: retryable ? 'may succeed later' : 'has the same end: something must change first',
  }));
  router.get('/docs/errors', (req, res) => show(req, res, { title: 'Errors' }, { errors }));
  return router;
}
