import type { Command } from 'commander';
import { type CommandContext, CommandError } from '../cli/context.ts';
import { findRunning } from '../cli/processes.ts';
import { formatTable, formatTime } from '../cli/table.ts';
import type { SupervisedProcess } from '../launch/supervisor.ts';

/** `heavylift status`: what runs, since when. */
export function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('list the processes; exit status 1 when one of them is not running')
    .option('--json', 'print a JSON list')
    .action(async ({ json }: { json?: true }) => {
      const { processes } = await findRunning(context);
      context.print(json ? JSON.stringify(processes.map(viewProcess), null, 2) : formatProcesses(processes));
      const down = processes.filter(({ state }) => state !== 'RUNNING').map(({ name }) => name);
      if (down.length > 0) throw new CommandError(`not running: ${down.join(', ')}`);
    });
}

const viewProcess = ({ name, program, state, pid, startedAt, logFile }: SupervisedProcess) => ({
  name,
  program,
  state,
  pid: pid || null,
  startedAt,
  logFile,
});

function formatProcesses(processes: readonly SupervisedProcess[]): string {
  const rows = processes.map(({ name, state, pid, startedAt }) => [
    name,
    state.toLowerCase(),
    pid ? String(pid) : '-',
    startedAt ? formatTime(startedAt.toISOString()) : '-',
  ]);
  return formatTable([['NAME', 'STATE', 'PID', 'STARTED'], ...rows]);
}
