import { userInfo } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import type { AuditAction } from '../../src/audit/audit-actions.ts';
import { createAuditLog } from '../../src/audit/audit-log.ts';
import type { Redis } from '../../src/redis/connect.ts';
import type { CommandContext } from './context.ts';
import { withRedis } from './redis.ts';

/** A command that needs no Redis waits for it no longer than this. */
const ENTERED_MS = 1000;

/** Enters what a command did into the audit log. Where that fails it says so, and what was done stays done. */
export async function enterAudit(
  redis: Redis,
  context: Pick<CommandContext, 'remark'>,
  action: AuditAction,
  target: string | null,
): Promise<void> {
  const fact = { action, who: userName(), by: 'cli' as const, target, count: null, address: null, requestId: null };
  await createAuditLog(redis)
    .add(fact, 'operator')
    .catch((error: Error) => context.remark(`not entered into the audit log: ${error.message}`));
}

/** The same for a command that has no connection to Redis; one that is away holds up nothing. */
export async function enterAuditSoon(
  context: CommandContext,
  action: AuditAction,
  target: string | null,
): Promise<void> {
  const entered = withRedis(context.loadConfig(), (redis) => enterAudit(redis, context, action, target));
  const isOver = delay(ENTERED_MS, 'late' as const, { ref: false });
  const outcome = await Promise.race([entered, isOver]).catch(() => 'late' as const);
  if (outcome === 'late') context.remark('not entered into the audit log: Redis does not answer');
  entered.catch(() => {});
}

function userName(): string {
  try {
    return userInfo().username;
  } catch {
    // A user that the machine has no name for, as in containers.
    return `user ${process.getuid?.() ?? ''}`;
  }
}
