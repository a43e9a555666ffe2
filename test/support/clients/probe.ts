import { join } from 'node:path';
import { LANGUAGES, runProgram } from './examples.ts';

const inFolder = (name: string) => join(import.meta.dirname, name);

/** Programs that call one method of a client, and how each language writes the names of arguments. */
const PROBES: Record<string, { command: string[]; named(name: string): string }> = {
  node: { command: [process.execPath, inFolder('probe.mjs')], named: (name) => name },
  python: {
    command: ['python3', inFolder('probe.py')],
    named: (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
  },
  php: { command: ['php', '-d', 'memory_limit=32M', inFolder('probe.php')], named: (name) => name },
};

/** The clients whose methods can be called one by one. */
export const PROBED: string[] = Object.keys(PROBES);

/** What came of a call. */
export interface Probed {
  value?: unknown;
  error?: string;
  code?: string;
  status?: number;
  retryAfter?: number | null;
  detail?: string;
}

/** A call: the language of the client, the method, and its arguments. */
type Call = [language: string, method: string, ...args: unknown[]];

/** The command that makes a call. */
export function probeCommand([language, method, ...args]: Call, named: Record<string, unknown> = {}): string[] {
  const { [language]: of } = PROBES;
  if (!of) throw new Error(`there is no client in ${language}`);
  const byName = Object.fromEntries(Object.entries(named).map(([name, value]) => [of.named(name), value]));
  return [...of.command, method, JSON.stringify([...args, byName])];
}

/** Calls a method of a client in a process of its own. `client` has arguments of the client itself. */
export async function probe(url: string, call: Call, named: Record<string, unknown> = {}): Promise<Probed> {
  const [language, method] = call;
  const { env = {} } = LANGUAGES[language] ?? {};
  const { code, stdout, stderr } = await runProgram(url, { command: probeCommand(call, named), env });
  if (code !== 0 || stderr !== '') throw new Error(`${language}: ${method} ended with ${code}\n${stdout}${stderr}`);
  return JSON.parse(stdout) as Probed;
}
