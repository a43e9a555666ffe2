import { type Command, Option } from 'commander';
import type { CommandContext } from '../cli/context.ts';
import { findRunning, pickProcesses } from '../cli/processes.ts';
import { startProcesses } from '../launch/process-actions.ts';
import { findSpare } from '../launch/supervisor.ts';

/** `heavylift start`: everything in the foreground, or programs that were stopped. */
export function addStart(program: Command, context: CommandContext): void {
  program
    .command('start')
    .description('start everything in the foreground; with names: programs or processes that were stopped')
    .argument('[names...]', 'programs or processes of the running product, like images or images-0')
    .addOption(new Option('--seen-from <folder>', 'the folder that printed paths are relative to').hideHelp())
    .action(async (names: string[], { seenFrom }: { seenFrom?: string }) => {
      if (names.length === 0) {
        const { launch } = await import('../launch/launch.ts');
        await launch({ seenFrom });
      }
      const { paths, processes } = await findRunning(context);
      const spare = findSpare(processes);
      const picked = pickProcesses(processes, names).filter((one) => one !== spare);
      await startProcesses(paths.supervisorSocket, picked);
    });
}
