import type { Request, RequestHandler } from 'express';
import type { AuditAction } from '../../audit/audit-actions.ts';
import type { AuditFact, AuditLog } from '../../audit/audit-log.ts';
import type { Log } from '../../log.ts';
import { callerOrNull, isBrowserSession } from '../auth/identify.ts';
import { clientAddress } from '../client-address.ts';
import { originOf } from '../request-origin.ts';

/** On the request itself, as its caller is. */
const NOTE = Symbol('audit');
type Note = { action: AuditAction } & Partial<Pick<AuditFact, 'target' | 'count' | 'who'>>;
type Noted = Request & { [NOTE]?: Note | undefined };

/** Has the request entered into the audit log as that action once it was done; what it names in its path is the target. */
export const audits = (action: AuditAction): RequestHandler =>
  function noteAction(req, _res, next) {
    noteAudit(req, { action });
    next();
  };

/** Notes what the request does, or more of it. */
export function noteAudit(req: Request, note: Note | Omit<Note, 'action'>): void {
  const noted = req as Noted;
  noted[NOTE] = { ...noted[NOTE], ...note } as Note;
}

/** Says that nothing was done, so that nothing is entered. */
export function dropAudit(req: Request): void {
  (req as Noted)[NOTE] = undefined;
}

/**
 * Enters what was done into the audit log as it is answered. An entry that can not be written is logged, and neither holds
 * up nor undoes what was done.
 */
export function auditRequests(audit: Pick<AuditLog, 'add'>, log: Log): RequestHandler {
  return (req, res, next) => {
    // Asked now: a connection that was cut has none.
    const address = clientAddress(req);
    // Not at its end: a client that goes away ends it before it is known what was done.
    const end = res.end.bind(res);
    res.end = ((...given: Parameters<typeof end>) => {
      enter();
      return end(...given);
    }) as typeof end;
    let isAnswered = false;
    const enter = () => {
      if (isAnswered) return;
      isAnswered = true;
      const note = (req as Noted)[NOTE];
      if (!note || res.statusCode >= 400) return;
      const fact = {
        action: note.action,
        who: note.who ?? callerOrNull(req)?.name ?? '',
        by: isBrowserSession(req) || note.who !== undefined ? ('session' as const) : ('key' as const),
        target: note.target === undefined ? targetOf(req) : note.target,
        count: note.count ?? null,
        address,
        requestId: originOf(req).requestId ?? null,
      };
      audit.add(fact).catch((err) => log.error({ err, ...fact }, 'not entered into the audit log'));
    };
    next();
  };
}

/** What the path names. */
function targetOf({ params }: Request): string | null {
  const { id, name, address } = params as Record<string, string | undefined>;
  return id ?? name ?? address ?? null;
}
