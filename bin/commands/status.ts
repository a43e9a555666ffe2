import { realpathSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Command } from 'commander';
import type { DataPaths } from '../../src/data-dir.ts';
import { formatVersion } from '../../src/kinds/formats.ts';
import { readLast } from '../../src/verdict/last.ts';
import { type CommandContext, CommandError } from '../cli/context.ts';
import { findRunning } from '../cli/processes.ts';
import { withRedis } from '../cli/redis.ts';
import { formatTable, formatTime, toLine } from '../cli/table.ts';
import { codeOf } from '../launch/ready.ts';
import { findSpare, type SupervisedProcess } from '../launch/supervisor.ts';

/** `heavylift status`: what runs, since when. */
export function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('list the processes; exit status 1 when one of them is not running')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { json?: true }) => {
      const { paths, processes } = await findRunning(context);
      const verdict = json ? '' : `${await readVerdict(context)}\n\n`;
      const views = processes.map((one) => viewProcess(one, { paths, spare: findSpare(processes) }));
      context.print(json ? JSON.stringify(views, null, 2) : verdict + formatProcesses(views));
      const down = views.filter(({ state }) => !UP_STATES.includes(state)).map(({ name }) => name);
      if (down.length > 0) throw new CommandError(`not running: ${down.join(', ')}`);
    });
}

/** A Redis that takes longer does not answer. */
const VERDICT_WITHIN_MS = 2000;

/** The verdict as a line. */
async function readVerdict(context: CommandContext): Promise<string> {
  const late = delay(VERDICT_WITHIN_MS, 'late' as const, { ref: false });
  const read = withRedis(context.loadConfig(), readLast).catch(() => 'late' as const);
  const last = await Promise.race([read, late]);
  if (last === 'late') return 'red: Nothing is accepted: Redis does not answer';
  return last === null ? 'unknown: no web process has judged of late' : toLine(`${last.level}: ${last.text}`);
}

/** What is not down; the spare waits for a restart of another web process. */
const UP_STATES = ['RUNNING', 'SPARE'];

interface Around {
  paths: DataPaths;
  spare: SupervisedProcess | undefined;
}

function viewProcess(one: SupervisedProcess, { paths, spare }: Around) {
  const { name, program, state, pid, startedAt, logFile } = one;
  return {
    name,
    program,
    state: one === spare && state === 'STOPPED' ? 'SPARE' : state,
    pid: pid || null,
    startedAt,
    version: versionOf(one, paths),
    logFile,
  };
}

/** The version that a web process or worker runs; `checkout` where it was started from there. */
function versionOf(one: SupervisedProcess, paths: DataPaths): string | null {
  const code = codeOf(paths.run, one);
  if (code === null) return null;
  return dirname(code) === realpathSync(paths.releases) ? basename(code) : 'checkout';
}

function formatProcesses(views: readonly ReturnType<typeof viewProcess>[]): string {
  const rows = views.map(({ name, state, pid, startedAt, version }) => [
    name,
    state.toLowerCase(),
    pid ? String(pid) : '-',
    startedAt ? formatTime(startedAt.toISOString()) : '-',
    version ? formatVersion(version) : '-',
  ]);
  return formatTable([['NAME', 'STATE', 'PID', 'STARTED', 'VERSION'], ...rows]);
}
