import { type DataPaths, dataPaths } from '../../src/data-dir.ts';
import { kindsOfProgram } from '../../src/processes/program.ts';
import { findSupervisor, listProcesses, type SupervisedProcess } from '../launch/supervisor.ts';
import { type CommandContext, CommandError, EXIT } from './context.ts';

/** The running product: where it lies, its supervisord's pid, and its processes. */
export interface Running {
  paths: DataPaths;
  supervisorPid: number;
  processes: SupervisedProcess[];
}

/** Asks the supervisord of the data directory; throws CommandError (not running) when there is none. Writes nothing. */
export async function findRunning(context: CommandContext): Promise<Running> {
  const paths = dataPaths(context.loadConfig().DATA_DIR);
  const supervisorPid = await findSupervisor(paths.supervisorSocket);
  if (supervisorPid === null) {
    throw new CommandError(
      `Heavylift does not run on ${paths.root}. Start it with: bin/heavylift start`,
      EXIT.notRunning,
    );
  }
  return { paths, supervisorPid, processes: await listProcesses(paths.supervisorSocket) };
}

/**
 * The processes that the names stand for, each once: a program's name (`images`), or that of a kind that it runs, stands for
 * all of its processes, a process's (`images-0`) for itself. Throws CommandError (usage) at an unknown name, with the names there are.
 */
export function pickProcesses(processes: readonly SupervisedProcess[], names: readonly string[]): SupervisedProcess[] {
  const picked = names.flatMap((name) => {
    const found = processes.filter(
      (one) => one.program === name || one.name === name || kindsOfProgram(one.program).includes(name),
    );
    if (found.length > 0) return found;
    const programs = [...new Set(processes.map(({ program }) => program))].toSorted();
    throw new CommandError(`no program "${name}" runs here; there are ${programs.join(', ')}`, EXIT.usage);
  });
  return [...new Set(picked)];
}
