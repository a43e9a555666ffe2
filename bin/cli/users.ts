import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { COMMANDS } from '../../clients/node/cli/commands/index.js';
import { type Io, openIo } from '../../clients/node/cli/io.js';
import { runCommand } from '../../clients/node/cli/run.js';
import { readSetting } from '../../clients/node/src/settings.js';
import type { Config } from '../../src/config/platform.ts';
import { dataPaths } from '../../src/data-dir.ts';
import type { CommandContext } from './context.ts';

/** Addresses that a server listens at, and none that a client asks. */
const EVERY_ADDRESS: Readonly<Record<string, string>> = { '0.0.0.0': '127.0.0.1', '::': '::1' };

/** Shows the users' commands in the program's help, and to shells. What they are called with, they read themselves. */
export function addUserCommands(program: Command): void {
  program.commandsGroup('Work to be done, as anybody who has a key:');
  for (const { name, about, words, options } of COMMANDS) {
    if (program.commands.some((other) => other.name() === name)) continue;
    const command = program
      .command(name)
      .description(about.charAt(0).toLowerCase() + about.slice(1))
      .usage(words);
    for (const [long, { value, about: said }] of Object.entries(options)) {
      command.option(`--${long}${value ? ` <${value}>` : ''}`, said);
    }
  }
}

/**
 * Runs a command of the users' command line; null where these arguments are none. `jobs list` and the like are the operator's,
 * `jobs` and `jobs ID` the users'.
 */
export async function runUserCommand(
  args: readonly string[],
  program: Command,
  context: CommandContext,
): Promise<number | null> {
  const [name, next = ''] = args;
  const command = COMMANDS.find((one) => one.name === name);
  const own = program.commands.find((one) => one.name() === name && one.commands.length > 0);
  const isOwn = own?.commands.some((one) => one.name() === next) || (own && ['--help', '-h'].includes(next));
  if (!command || isOwn) return null;
  const opened = openIo();
  const io: Io = {
    ...opened,
    print: context.print,
    remark: context.remark,
    // `bin/heavylift` goes into the checkout.
    cwd: readSetting('INIT_CWD') ?? process.cwd(),
    findLocal: () => findLocal(context.loadConfig()),
  };
  try {
    return await runCommand(command, args.slice(1), io);
  } finally {
    opened.close();
  }
}

/** Where this deployment's web process listens, and its first key; null where that can not be read. */
function findLocal({ HOST, PORT, API_KEYS, DATA_DIR }: Config): { url: string; key: string } | null {
  const address = EVERY_ADDRESS[HOST] ?? HOST;
  const url = `http://${address.includes(':') ? `[${address}]` : address}:${PORT}`;
  try {
    return { url, key: API_KEYS?.[0]?.key ?? readFileSync(dataPaths(DATA_DIR).apiKeyFile, 'utf8').trim() };
  } catch {
    return null;
  }
}
