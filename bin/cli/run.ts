import { Command, CommanderError, type OutputConfiguration } from 'commander';
import { ConfigError } from '../../src/config/config-error.ts';
import { COMMANDS } from '../commands/index.ts';
import { ProcessError } from '../launch/process-actions.ts';
import { BusyError } from '../launch/releases/one-at-a-time.ts';
import { type CommandContext, CommandError, EXIT } from './context.ts';
import { addUserCommands, runUserCommand } from './users.ts';

/** Makes the tree of all commands. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('heavylift')
    .description('Runs and looks after Heavylift on this machine, and hands it work.')
    .addHelpText(
      'after',
      `
Exit status: ${EXIT.ok} done; ${EXIT.failed} failed, with the reason in one line; ${EXIT.usage} not a command, \
or wrongly written; ${EXIT.notRunning} Heavylift
does not run on this data directory, or gave no answer; ${EXIT.wantsStart} deploy: this version wants a full start.
Settings come from the environment and .env, as those of the product do.`,
    );
  program.commandsGroup('This machine, its deployment and its operator:');
  for (const add of COMMANDS) add(program, context);
  addUserCommands(program);
  configure(program, {
    writeOut: (text) => context.print(text.trimEnd()),
    writeErr: (text) => context.remark(text.trimEnd()),
    outputError: (text, write) => write(text.replace(/^error: /, '')),
  });
  return program;
}

/** Commander copies these to a subcommand only when the parent makes it: here each file makes its own. */
function configure(command: Command, output: OutputConfiguration): void {
  command.exitOverride().configureOutput(output).showSuggestionAfterError(false).helpCommand(false);
  for (const child of command.commands) configure(child, output);
}

/** Runs the command of these arguments and returns its exit status; a failure is one line on standard error. */
export async function runCommand(args: readonly string[], context: CommandContext): Promise<number> {
  try {
    const program = createProgram(context);
    const code = await runUserCommand(args, program, context);
    if (code !== null) return code;
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    if (!isExpected(error)) throw error;
    context.remark(error.message);
    return error instanceof CommandError ? error.exitCode : EXIT.failed;
  }
}

/** What the operator can do something about; anything else is a bug and keeps its stack. */
const isExpected = (error: unknown): error is Error =>
  error instanceof CommandError ||
  // The settings may have several problems: a line for each, as at the start.
  error instanceof ConfigError ||
  error instanceof ProcessError ||
  error instanceof BusyError ||
  // The system's own: supervisord ended while it was asked.
  typeof (error as NodeJS.ErrnoException).syscall === 'string' ||
  (error as NodeJS.ErrnoException).code === 'ECONNRESET';
