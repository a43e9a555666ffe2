import { runCommand } from '../../bin/cli/run.ts';
import { parseConfig } from '../../workers/config.ts';
import { storageSettings } from './matrix/switch.ts';

/** What a command left: its exit status and its two outputs. */
export interface Ran {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs `bin/heavylift` with these arguments and settings in this process. */
export async function runCli(settings: Record<string, string>, ...args: string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const code = await runCommand(args, {
    loadConfig: () => parseConfig({ ...storageSettings(settings), ...settings }),
    print: (text) => out.push(`${text}\n`),
    remark: (text) => err.push(`${text}\n`),
  });
  return { code, stdout: out.join(''), stderr: err.join('') };
}
