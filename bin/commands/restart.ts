import type { Command } from 'commander';
import { enterAuditSoon } from '../cli/audited.ts';
import type { CommandContext } from '../cli/context.ts';
import { findRunning, pickProcesses } from '../cli/processes.ts';
import { oneAtATime } from '../launch/releases/one-at-a-time.ts';
import { restartInTurn } from '../launch/restart-in-turn.ts';
import { isApp } from '../launch/supervisor.ts';

/** `heavylift restart`: after a change of settings. */
export function addRestart(program: Command, context: CommandContext): void {
  program
    .command('restart')
    .description(
      'drain and restart the workers and the web process, or what is named, one after the other; nobody is refused',
    )
    .argument('[names...]', 'programs or processes, like webhooks or images-0')
    .action(async (names: string[]) => {
      const { paths, processes } = await findRunning(context);
      // Without a name: all that reads the settings, but not Redis and the watch.
      const picked = names.length > 0 ? pickProcesses(processes, names) : processes.filter(isApp);
      await oneAtATime(paths, () => restartInTurn(paths, picked));
      await enterAuditSoon(context, 'product.restart', names.join(' ') || null);
    });
}
