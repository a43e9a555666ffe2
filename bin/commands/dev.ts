import type { Command } from 'commander';
import type { CommandContext } from '../cli/context.ts';

/** `heavylift dev`: for whoever changes the product. */
export function addDev(program: Command, _context: CommandContext): void {
  program
    .command('dev')
    .description('start everything in the foreground, and restart it whenever a source file changes')
    .action(async () => {
      const { launch } = await import('../launch/launch.ts');
      await launch({ restartsOnChange: true });
    });
}
