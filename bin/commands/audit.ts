import { type Command, InvalidArgumentError, Option } from 'commander';
import { AUDIT_ACTIONS, type AuditAction } from '../../src/audit/audit-actions.ts';
import { type AuditEntry, createAuditLog } from '../../src/audit/audit-log.ts';
import type { CommandContext } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';
import { formatTable, formatTime } from '../cli/table.ts';

const MOST_ENTRIES = 10_000;

interface Options {
  action?: AuditAction;
  who?: string;
  limit: number;
  json?: true;
}

/** `heavylift audit` */
export function addAudit(program: Command, context: CommandContext): void {
  program
    .command('audit')
    .description('list who did what, the newest first: actions on queues, jobs, keys, templates and the like')
    .addOption(new Option('--action <action>', 'of this action').choices(Object.keys(AUDIT_ACTIONS)))
    .option('--who <name>', 'with this key, or by this user of the machine')
    .option('--limit <number>', 'at most so many', readLimit, 20)
    .option('--json', 'print a JSON list')
    .action(async ({ json, ...query }: Options) => {
      const { entries } = await withRedis(context.loadConfig(), (redis) => createAuditLog(redis).list(query));
      context.print(json ? JSON.stringify(entries, null, 2) : formatEntries(entries));
    });
}

function readLimit(text: string): number {
  if (/^[1-9]\d{0,4}$/.test(text) && Number(text) <= MOST_ENTRIES) return Number(text);
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_ENTRIES}.`);
}

function formatEntries(entries: readonly AuditEntry[]): string {
  const rows = entries.map(({ at, who, by, action, target, count, address }) => [
    formatTime(at),
    who || '-',
    by,
    action,
    target ?? '-',
    count === null ? '-' : String(count),
    address ?? '-',
  ]);
  return formatTable([['WHEN', 'WHO', 'BY', 'ACTION', 'TARGET', 'COUNT', 'FROM'], ...rows]);
}
