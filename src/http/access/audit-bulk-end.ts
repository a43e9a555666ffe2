import type { AuditFact, AuditLog } from '../../audit/audit-log.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Log } from '../../log.ts';
import type { BulkAction } from '../../queue/bulk/bulk-actions.ts';

export interface AuditBulkEndDeps {
  audit: Pick<AuditLog, 'add'>;
  keyring: Pick<Keyring, 'find'>;
  log: Log;
}

/** Makes what enters the end of a bulk action into the audit log, and to how many jobs it was done. Never rejects. */
export function createAuditBulkEnd({ audit, keyring, log }: AuditBulkEndDeps): (action: BulkAction) => void {
  return ({ id, caller, verb, done }) => {
    const fact: AuditFact = {
      ...{ action: `jobs.${verb}-end`, who: caller, by: 'background', target: id, count: done },
      ...{ address: null, requestId: null },
    };
    const isOperator = keyring.find(caller)?.scopes.has('admin') ?? false;
    audit
      .add(fact, isOperator ? 'operator' : 'caller')
      .catch((err) => log.error({ err, ...fact }, 'not entered into the audit log'));
  };
}
