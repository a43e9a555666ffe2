import { Router } from 'express';
import type { AccountView, Allotment } from '../../keys/account.ts';
import type { Quotas } from '../../keys/quotas.ts';
import type { Rates } from '../../keys/rates.ts';
import { callerOf } from '../auth/identify.ts';

export interface UsageDeps {
  quotas: Pick<Quotas, 'read'>;
  rates: Pick<Rates, 'read'>;
}

/** What a caller has and may have, as the API shows it. `requests` is null twice for a key without a rate. */
export interface UsageView extends AccountView {
  requests: Allotment | { used: null; max: null };
}

/** `GET /v1/usage`: what the caller's key has in use, and what it may have. */
export function createUsageRouter({ quotas, rates }: UsageDeps): Router {
  const router = Router();
  router.get('/v1/usage', async (req, res) => {
    const caller = callerOf(req);
    const { name, rate } = caller;
    const [account, used] = await Promise.all([quotas.read(caller), rate ? rates.read(name, rate) : null]);
    const requests = rate ? { used: used ?? 0, max: rate.requests } : { used: null, max: null };
    res.set('Cache-Control', 'no-store').json({ ...account, requests } satisfies UsageView);
  });
  return router;
}
