import type { Command } from 'commander';
import { UPLOADS } from '../../src/jobs/files/upload-record.ts';
import { type CallerUsage, listCallers } from '../../src/jobs/usage.ts';
import { readUsage } from '../../src/queue/usage.ts';
import { CONTRACTS } from '../../workers/index.ts';
import type { CommandContext } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';
import { formatTable } from '../cli/table.ts';
import { formatBytes } from './keys/settings-keys.ts';

/** `heavylift callers` */
export function addCallers(program: Command, context: CommandContext): void {
  program
    .command('callers')
    .description('list who ever posted, and what each has waiting, running and stored')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { json?: true }) => {
      const kinds = [...CONTRACTS, UPLOADS].map(({ kind }) => kind);
      const rows = listCallers(await withRedis(context.loadConfig(), (redis) => readUsage(redis, kinds)), CONTRACTS);
      context.print(json ? JSON.stringify(rows, null, 2) : formatCallers(rows));
    });
}

function formatCallers(rows: readonly CallerUsage[]): string {
  const lines = rows.map(({ name, waiting, waitingBytes, storedBytes, running }) => [
    name,
    String(waiting),
    formatBytes(waitingBytes),
    formatBytes(storedBytes),
    String(running),
  ]);
  return formatTable([['NAME', 'WAITING', 'WAITING BYTES', 'STORED', 'RUNNING'], ...lines]);
}
