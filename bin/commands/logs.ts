import { existsSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import { dataPaths } from '../../src/data-dir.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';
import { formatLine } from '../logs/format-line.ts';
import { openJobLines, type ReadLine } from '../logs/job-lines.ts';

const LOOK_EVERY_MS = 300;

/** `heavylift logs`: all that the logs of this host say of a job or a request, in order of time. */
export function addLogs(program: Command, context: CommandContext): void {
  program
    .command('logs')
    .description('print the lines of a job (and of its request and webhooks) from all log files of this host, by time')
    .argument('<id>', 'of a job, or of a request: the X-Request-Id of its answer')
    .option('--follow', 'go on with what is written, until Ctrl-C')
    .option('--json', 'print the lines as they stand, a JSON object each')
    .action(async (id: string, { follow, json }: { follow?: true; json?: true }) => {
      const config = context.loadConfig();
      const { logs } = dataPaths(config.DATA_DIR);
      if (config.LOG_TO === 'stdout') {
        throw new CommandError(
          'LOG_TO is stdout: the logs are where that leads (docker logs, journalctl), not in files',
        );
      }
      if (!existsSync(logs)) throw new CommandError(`there are no logs in ${logs}`);
      const lines = openJobLines(logs, id);
      const print = (found: readonly ReadLine[]) => {
        for (const line of found) context.print(json ? toJson(line) : formatLine(line, id));
      };
      const first = lines.read();
      print(first);
      if (follow) await repeat(() => print(lines.read()));
      else if (first.length === 0) throw new CommandError(`no line in ${logs} tells of ${id}; old files are removed`);
    });
}

const toJson = ({ process, facts }: ReadLine): string => JSON.stringify({ process, ...facts });

/** Repeats until this process is told to end. */
async function repeat(act: () => void): Promise<void> {
  const ending = new AbortController();
  const end = () => ending.abort();
  process.once('SIGINT', end).once('SIGTERM', end);
  while (!ending.signal.aborted) {
    await delay(LOOK_EVERY_MS, undefined, { signal: ending.signal }).catch(() => {});
    act();
  }
}
