import { type Request, Router } from 'express';
import { z } from 'zod';
import { AUDIT_ACTIONS, type AuditAction } from '../../audit/audit-actions.ts';
import { type AuditEntry, type AuditLog, isAuditId } from '../../audit/audit-log.ts';
import { formField, momentField, textField, wholeNumberText } from '../../fields/fields.ts';
import { invalidFields } from '../../fields/invalid-request.ts';
import { requireScope } from '../auth/identify.ts';

const MOST_ENTRIES = 100;
const ACTIONS = Object.keys(AUDIT_ACTIONS) as [AuditAction, ...AuditAction[]];

/** What narrows the audit log; the page takes it too. */
const auditQuery = z.strictObject({
  action: z.enum(ACTIONS, 'must be an action of the audit log, such as queue.pause').optional(),
  who: textField(64).optional(),
  createdAfter: momentField.transform(Date.parse).optional(),
  createdBefore: momentField.transform(Date.parse).optional(),
  limit: wholeNumberText(1, MOST_ENTRIES).prefault('20'),
  cursor: formField(isAuditId, 'must be one that the audit log gave').optional(),
});

/** A page of the audit log; `cursor` asks for the next one (null: there is none). */
export interface AuditPage {
  entries: AuditEntry[];
  cursor: string | null;
}

/** Reads a page of the audit log by the query of `GET /v1/audit`; throws invalid_request with every fault in it. */
export async function readAudit(audit: Pick<AuditLog, 'list'>, given: object): Promise<AuditPage> {
  const query = auditQuery.safeParse(given);
  if (!query.success) throw invalidFields(query.error.issues, () => Object.keys(auditQuery.shape));
  const { action, who, createdAfter, createdBefore, limit, cursor } = query.data;
  const { entries, goesOn } = await audit.list({
    ...{ action, who, limit, after: cursor },
    createdFrom: createdAfter === undefined ? undefined : createdAfter + 1,
    createdTo: createdBefore === undefined ? undefined : createdBefore - 1,
  });
  return { entries, cursor: goesOn ? (entries.at(-1)?.id ?? null) : null };
}

/** `GET /v1/audit`: who did what, newest first, for callers with the scope `admin`. */
export function createAuditRouter({ audit }: { audit: Pick<AuditLog, 'list'> }): Router {
  const router = Router();
  router.get('/v1/audit', requireScope('admin'), async (req: Request, res) => {
    res.set('Cache-Control', 'no-store').json(await readAudit(audit, req.query));
  });
  return router;
}
