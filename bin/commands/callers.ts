import type { Command } from 'commander';
import { UPLOADS } from '../../src/jobs/files/upload-record.ts';
import type { UsageByKind } from '../../src/jobs/usage.ts';
import { readUsage } from '../../src/queue/usage.ts';
import { CONTRACTS } from '../../workers/index.ts';
import type { CommandContext } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';
import { formatTable } from '../cli/table.ts';
import { formatBytes } from './keys/settings-keys.ts';

/** What the jobs of a caller take, over all kinds. */
interface CallerRow {
  name: string;
  waiting: number;
  waitingBytes: number;
  storedBytes: number;
  running: number;
}

/** `heavylift callers` */
export function addCallers(program: Command, context: CommandContext): void {
  program
    .command('callers')
    .description('list who ever posted, and what each has waiting, running and stored')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { json?: true }) => {
      const kinds = [...CONTRACTS, UPLOADS].map(({ kind }) => kind);
      const rows = listCallers(await withRedis(context.loadConfig(), (redis) => readUsage(redis, kinds)));
      context.print(json ? JSON.stringify(rows, null, 2) : formatCallers(rows));
    });
}

/** The callers, those who take most of Redis first. Webhooks of a caller's jobs count in bytes alone. */
function listCallers(usage: UsageByKind): CallerRow[] {
  const rows = new Map<string, CallerRow>();
  for (const [kind, callers] of usage) {
    const isPosted = CONTRACTS.some((contract) => contract.kind === kind && contract.accepts !== 'none');
    for (const [name, { jobs, running, redisBytes, inputBytes, storedBytes }] of callers) {
      const row = rows.get(name) ?? { name, waiting: 0, waitingBytes: 0, storedBytes: 0, running: 0 };
      rows.set(name, {
        name,
        waiting: row.waiting + (isPosted ? Math.max(0, jobs - running) : 0),
        waitingBytes: row.waitingBytes + redisBytes + inputBytes,
        storedBytes: row.storedBytes + storedBytes,
        running: row.running + (isPosted ? running : 0),
      });
    }
  }
  return [...rows.values()].sort((a, b) => b.waitingBytes - a.waitingBytes || (a.name < b.name ? -1 : 1));
}

function formatCallers(rows: readonly CallerRow[]): string {
  const lines = rows.map(({ name, waiting, waitingBytes, storedBytes, running }) => [
    name,
    String(waiting),
    formatBytes(waitingBytes),
    formatBytes(storedBytes),
    String(running),
  ]);
  return formatTable([['NAME', 'WAITING', 'WAITING BYTES', 'STORED', 'RUNNING'], ...lines]);
}
