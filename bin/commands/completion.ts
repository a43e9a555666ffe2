import { Argument, type Command } from 'commander';
import { bashCompletion, fishCompletion, readTree, zshCompletion } from '../cli/completion.ts';
import type { CommandContext } from '../cli/context.ts';

const WRITERS = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;
type Shell = keyof typeof WRITERS;

/** `heavylift completion`: a script for a shell, made from the tree of commands. */
export function addCompletion(program: Command, context: CommandContext): void {
  program
    .command('completion')
    .description('print a completion script: source <(bin/heavylift completion bash)')
    .addArgument(new Argument('<shell>', 'the shell it is for').choices(Object.keys(WRITERS)))
    .action((shell: Shell) => context.print(WRITERS[shell](readTree(program))));
}
