import type { Command } from 'commander';
import type { CommandContext } from '../../cli/context.ts';
import { addMove } from './move.ts';

/** `heavylift storage`: where uploads and results lie. */
export function addStorage(program: Command, context: CommandContext): void {
  const storage = program.command('storage').description('where uploads and results lie');
  addMove(storage, context);
}
