import { Router } from 'express';
import type { Alerts } from '../../../alerts/alerts.ts';
import type { Outcome } from '../../../alerts/send.js';
import { audits } from '../../access/audit.ts';
import { type ActOnce, readAction } from '../../actions/act-once.ts';
import { requireScope } from '../../auth/identify.ts';

/** `/admin/alerts/test`: the button that sends a test on all ways. */
export function createAlertsRouter({ actOnce, alerts }: { actOnce: ActOnce; alerts: Pick<Alerts, 'test'> }): Router {
  const router = Router();
  router.post('/admin/alerts/test', requireScope('admin'), readAction, audits('alerts.test'), async (req, res) => {
    await actOnce(req, res, async () => {
      return { location: '/admin', notice: (await alerts.test()).map(describeOutcome).join(' ') };
    });
  });
  return router;
}

const describeOutcome = ({ by, to, isTold, detail }: Outcome): string =>
  `Test alert by ${by} to ${to} ${isTold ? 'sent' : 'not sent'}: ${detail}.`;
