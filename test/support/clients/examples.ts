import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { KEYS } from '../product.ts';

/** The repository's folder of clients. */
export const FOLDER = join(import.meta.dirname, '../../../clients');

/** What webhooks are signed with in tests of clients. */
export const SECRET = 'whsec_c2l4dGVlbiBieXRlcyBhcmUgZmFyIHRvbyBmZXc=';

/** How the programs of one client are run. */
export interface Language {
  /** The command for a program of `clients/<language>`, such as `examples/image`. */
  command(program: string): string[];
  env: Record<string, string>;
  /** The most memory that it may take, of which Node itself has 80 MB, and lets go of buffers late. */
  mostMb: number;
  /** Its example that sends a mail: Python has a module of its own that is called email. */
  mail: string;
  /** The command that receives webhooks on a port. */
  receiver(port: number): string[];
}

const node = (program: string) => [process.execPath, join(FOLDER, 'node', `${program}.mjs`)];
const python = (program: string) => ['python3', join(FOLDER, 'python', `${program}.py`)];
const php = (program: string) => join(FOLDER, 'php', `${program}.php`);

/** The packages in `clients`, by their folders. */
export const LANGUAGES: Record<string, Language> = {
  node: {
    command: node,
    env: {},
    mostMb: 250,
    mail: 'examples/email',
    receiver: (port) => [...node('examples/webhook'), String(port)],
  },
  python: {
    command: python,
    env: { PYTHONPATH: join(FOLDER, 'python'), PYTHONDONTWRITEBYTECODE: '1' },
    mostMb: 150,
    mail: 'examples/mail',
    receiver: (port) => [...python('examples/webhook'), String(port)],
  },
  php: {
    command: (program) => ['php', '-d', 'memory_limit=32M', php(program)],
    env: {},
    mostMb: 150,
    mail: 'examples/email',
    receiver: (port) => ['php', '-S', `127.0.0.1:${port}`, php('examples/webhook')],
  },
};

/** How a program ended, and all it printed. */
export interface Ended {
  code: number;
  stdout: string;
  stderr: string;
}

/** Runs a program to its end, against the Heavylift at `url`, with kari's key unless `env` has another. */
export async function runProgram(
  url: string,
  { command, env, cwd = FOLDER }: { command: string[]; env: Record<string, string>; cwd?: string },
): Promise<Ended> {
  // biome-ignore lint/style/noProcessEnv: what every program needs to run at all
  const { PATH = '' } = process.env;
  const [program = '', ...args] = command;
  const settings = { PATH, HEAVYLIFT_URL: url, HEAVYLIFT_KEY: KEYS.kari, ...env };
  const child = spawn(program, args, { cwd, env: settings, stdio: ['ignore', 'pipe', 'pipe'] });
  const [[code], stdout, stderr] = await Promise.all([once(child, 'close'), text(child.stdout), text(child.stderr)]);
  return { code: Number(code), stdout, stderr };
}

/** Runs an example of a language to its end. */
export function runExample(
  url: string,
  [language, program, ...args]: [string, string, ...string[]],
  env: Record<string, string> = {},
): Promise<Ended> {
  const { [language]: of } = LANGUAGES;
  if (!of) throw new Error(`there is no client in ${language}`);
  const name = program === 'mail' ? of.mail : `examples/${program}`;
  return runProgram(url, { command: [...of.command(name), ...args], env: { ...of.env, ...env } });
}
