import type { Request, RequestHandler } from 'express';
import type { AuditAction } from '../../audit/audit-actions.ts';
import type { AuditActor, AuditFact, AuditLog } from '../../audit/audit-log.ts';
import type { Caller } from '../../keys/keyring.ts';
import type { Log } from '../../log.ts';
import { createThinner } from '../../logs/thinner.ts';
import { callerOrNull, isBrowserSession } from '../auth/identify.ts';
import { tokenOf } from '../auth/token.ts';
import { clientAddress } from '../client-address.ts';
import { networkOf } from '../connections/address.ts';
import { originOf } from '../request-origin.ts';
import { isRefusedSignIn } from './access-log.ts';

/** What does not hold is entered once in this time for an address (of IPv6 its /64), with the number of its like; */
const REFUSED_EVERY_MS = 60_000;
/** so many addresses are told apart meanwhile. */
const MOST_ADDRESSES = 50;

const SIGN_IN = /^\/login\/?$/i;

/** On the request itself, as its caller is. */
const NOTE = Symbol('audit');
type Note = { action: AuditAction } & Partial<Pick<AuditFact, 'target' | 'count'>> & { signedIn?: Caller };
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
 * Enters what was done into the audit log as it is answered, and that a key or a sign-in link was shown that does not hold. An entry
 * that can not be written is logged, and neither holds up nor undoes what was done.
 */
export function auditRequests(audit: Pick<AuditLog, 'add'>, log: Log): RequestHandler {
  const add = (fact: AuditFact, by: AuditActor) =>
    void audit.add(fact, by).catch((err) => log.error({ err, ...fact }, 'not entered into the audit log'));
  const refused = createThinner<AuditFact>({
    everyMs: REFUSED_EVERY_MS,
    limit: () => 1,
    tell: (fact, count) => add({ ...fact, requestId: null, count }, 'stranger'),
    mostNames: MOST_ADDRESSES,
  });
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
      const from = { address, requestId: originOf(req).requestId ?? null };
      if (isRefusedSignIn(req)) {
        const fact = refusedOf(req, from);
        if (refused.passes(networkOf(address), fact)) add(fact, 'stranger');
        return;
      }
      const note = (req as Noted)[NOTE];
      if (note && res.statusCode < 400) add(doneOf(req, note, from), actorOf(note.signedIn ?? callerOrNull(req)));
    };
    next();
  };
}

type From = Pick<AuditFact, 'address' | 'requestId'>;

const refusedOf = (req: Request, from: From): AuditFact => {
  const by = SIGN_IN.test(req.path) ? 'session' : 'key';
  return { action: 'session.refuse', who: '', by, target: null, count: null, ...from };
};

const doneOf = (req: Request, { action, target, count, signedIn }: Note, from: From): AuditFact => ({
  action,
  who: (signedIn ?? callerOrNull(req))?.name ?? '',
  by: signedIn || isBrowserSession(req) ? 'session' : tokenOf(req) ? 'token' : 'key',
  target: target === undefined ? targetOf(req) : target,
  count: count ?? null,
  ...from,
});

function actorOf(caller: Caller | null): AuditActor {
  if (caller === null) return 'stranger';
  return caller.scopes.has('admin') ? 'operator' : 'caller';
}

/** What the path names. */
function targetOf({ params }: Request): string | null {
  const { id, name, address } = params as Record<string, string | undefined>;
  return id ?? name ?? address ?? null;
}
