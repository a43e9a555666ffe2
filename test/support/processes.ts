import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { OWNER } from './jest/leftovers.ts';
import { storageSettings } from './matrix/switch.ts';

/** A process that a test started; its output is kept for when something goes wrong. */
export interface TestProcess {
  pid: number;
  /** Everything it printed so far. */
  output(): string;
  signal(name: NodeJS.Signals): void;
  /** Resolves with the exit code, or the signal that ended it. */
  exited: Promise<number | NodeJS.Signals>;
  /** Ends it (SIGTERM unless told otherwise) and waits for that. */
  stop(name?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** Names the run and the test file that start a process; the reporter ends what a file leaves running by this mark. */
function ownerMark(): Record<string, string> {
  const { TEST_RUN, expect } = globalThis as { TEST_RUN?: string; expect?: { getState(): { testPath?: string } } };
  return expect ? { [OWNER]: `${TEST_RUN}:${expect.getState().testPath}` } : {};
}

const REPOSITORY = new URL('../..', import.meta.url).pathname;

/** What node made of the sources, as bin/start keeps it. */
const NODE_COMPILE_CACHE = `${REPOSITORY}node_modules/.cache/node`;

/**
 * Starts a program in the repository or another folder; `env` comes on top of PATH, HOME and TMPDIR alone, so that no
 * setting of the machine leaks in.
 */
export function startProcess(
  command: string,
  args: string[],
  env: Record<string, string> = {},
  cwd = REPOSITORY,
): TestProcess {
  // biome-ignore lint/style/noProcessEnv: what every program needs to run at all
  const { PATH = '', HOME = '', TMPDIR = '/tmp' } = process.env;
  const child: ChildProcess = spawn(command, args, {
    cwd,
    env: { PATH, HOME, TMPDIR, NODE_COMPILE_CACHE, ...ownerMark(), ...storageSettings(env), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk) => (output += chunk));
  const exited = once(child, 'exit').then(([code, signal]) => (signal ?? code) as number | NodeJS.Signals);
  return {
    pid: child.pid as number,
    output: () => output,
    signal: (name) => void child.kill(name),
    exited,
    async stop(name = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(name);
      return exited;
    },
  };
}
