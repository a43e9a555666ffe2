// @ts-check
/** @import { Command } from './arguments.js' */
/** @import { Io } from './io.js' */
import { readArguments, writeHelp } from './arguments.js';
import { COMMANDS, SERVER_COMMANDS } from './commands/index.js';
import { EXIT, exitCodeOf, tell } from './exit.js';
import { nearest, toLine } from './text.js';

/** What exit statuses say, for help. */
export const EXIT_HELP = `Exit status: ${EXIT.ok} done; ${EXIT.failed} a job failed or was refused; ${EXIT.usage} wrongly written; \
${EXIT.notReached} Heavylift gave no answer, or it is not said where it is;
${EXIT.interrupted} interrupted by Ctrl-C.`;

/**
 * Runs the users' command line with these arguments and returns its exit status; a failure is one line on standard error.
 * @param {readonly string[]} args
 * @param {Io} io
 * @returns {Promise<number>}
 */
export async function run(args, io) {
  const [name = '--help', ...rest] = args;
  if (['--help', '-h', 'help'].includes(name)) {
    io.print(writeOverview());
    return EXIT.ok;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (command) return runCommand(command, rest, io);
  if (SERVER_COMMANDS.includes(name)) {
    io.remark(
      `heavylift ${name} is for the machine that Heavylift runs on, and works only on the server: bin/heavylift ${name}`,
    );
    return EXIT.usage;
  }
  const near = nearest(name, [...COMMANDS.map((one) => one.name), ...SERVER_COMMANDS]);
  io.remark(`there is no command ${toLine(name)}${near ? ` (did you mean ${near}?)` : ''}. See: heavylift --help`);
  return EXIT.usage;
}

/**
 * Runs one command.
 * @param {Command} command
 * @param {readonly string[]} args
 * @param {Io} io
 * @returns {Promise<number>}
 */
export async function runCommand(command, args, io) {
  try {
    const typed = readArguments(command, args);
    if (!typed.wantsHelp) return await command.run(typed, io);
    io.print(writeHelp(command));
    return EXIT.ok;
  } catch (error) {
    io.remark(tell(error));
    if (io.signal.aborted) return EXIT.interrupted;
    return exitCodeOf(error);
  }
}

/** The help of all. */
function writeOverview() {
  const width = Math.max(...COMMANDS.map(({ name }) => name.length));
  const lines = COMMANDS.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
  return `Usage: heavylift COMMAND [options]

Hands work to Heavylift, waits for it and saves what it made. heavylift COMMAND --help says more.

${lines.join('\n')}

Where Heavylift is: HEAVYLIFT_URL and HEAVYLIFT_KEY, or what heavylift login has written.
Only on the server: ${SERVER_COMMANDS.join(', ')}.
${EXIT_HELP}`;
}
