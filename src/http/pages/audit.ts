import { Router } from 'express';
import { AUDIT_ACTIONS } from '../../audit/audit-actions.ts';
import type { AuditEntry, AuditLog } from '../../audit/audit-log.ts';
import { now } from '../../clock.ts';
import { formatNumber } from '../../kinds/formats.ts';
import { requireScope } from '../auth/identify.ts';
import { readAudit } from '../ops/audit.ts';
import { type Choice, listUrl, readQuery } from './job-list/filters.ts';
import { type Moment, momentOf } from './job-list/row.ts';
import type { Views } from './views.ts';

/** One entry, every text ready. */
interface AuditRow {
  who: string;
  /** "paused the queue" */
  words: string;
  target: string | null;
  /** The page of the job that it was done to. */
  jobUrl: string | null;
  at: Moment;
  /** How, from where, by which request. */
  hints: string[];
}

export interface AuditData {
  rows: AuditRow[];
  who: string;
  action: string;
  actions: Choice[];
  olderUrl: string | null;
  newestUrl: string | null;
}

const WAYS = {
  key: 'by API',
  session: 'in a browser',
  cli: 'on the command line',
  token: 'with an upload token',
  background: 'in the background',
} as const;
const JOB_ID = /^[a-z]{3}_[0-9a-z]{26}$/;

/** `/audit`: who did what, for operators. */
export function createAuditPageRouter({ audit, views }: { audit: Pick<AuditLog, 'list'>; views: Views }): Router {
  const router = Router();
  const show = views.page<AuditData>('audit');
  router.get('/audit', requireScope('admin'), async (req, res) => {
    const query = readQuery(req.query);
    const { entries, cursor } = await readAudit(audit, query);
    const { cursor: older, ...kept } = query;
    const at = now();
    show(
      req,
      res,
      { title: 'Audit log' },
      {
        rows: entries.map((entry) => describeEntry(entry, at)),
        who: query['who'] ?? '',
        action: query['action'] ?? '',
        actions: Object.keys(AUDIT_ACTIONS).map((action) => ({ value: action, text: action })),
        olderUrl: cursor && listUrl({ ...kept, cursor }, '/audit'),
        newestUrl: older === undefined ? null : listUrl(kept, '/audit'),
      },
    );
  });
  return router;
}

function describeEntry(entry: AuditEntry, at: number): AuditRow {
  const { action, who, by, target, count, address, requestId } = entry;
  const many = count === null ? [] : [`${formatNumber(count)} in all`];
  const from = address === null ? [] : [`from ${address}`];
  return {
    who: who === '' ? 'Somebody' : who,
    words: AUDIT_ACTIONS[action] ?? action,
    target: target === '' ? null : target,
    jobUrl: target !== null && JOB_ID.test(target) ? `/jobs/${target}` : null,
    at: momentOf(Date.parse(entry.at), at),
    hints: [...many, WAYS[by], ...from, ...(requestId === null ? [] : [`request ${requestId}`])],
  };
}
