import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { tryLibraries } from '../libraries.ts';

const WITHIN_MS = 90_000;
const LINES = 12;

/** What is tried, and where it would run. */
export interface Trial {
  /** The folder of the release. */
  release: string;
  kinds: readonly string[];
  /** The folder that paths of settings count from. */
  checkout: string;
  /** The environment of the processes that run now. */
  environment: NodeJS.ProcessEnv;
}

/** A version that does not start: the message says what of it, the lines are the end of what that has printed. */
export class TrialError extends Error {
  override readonly name = 'TrialError';
  readonly lines: readonly string[];

  constructor(message: string, lines: readonly string[] = []) {
    super(message);
    this.lines = lines;
  }
}

/**
 * Starts one process of each sort beside those that run, one after the other: a web process, a worker of each kind, and what
 * loads the libraries of all kinds. Each ends as soon as it is ready; none takes a job or changes data. Throws TrialError.
 */
export async function tryRelease(trial: Trial): Promise<void> {
  await tryProcess('the web process', ['src/server.ts'], trial);
  for (const kind of trial.kinds) await tryProcess(`a worker of ${kind}`, ['workers/main.ts', kind], trial);
  const signal = AbortSignal.timeout(WITHIN_MS);
  const faults = await tryLibraries(trial.kinds, { repository: trial.release, signal });
  for (const [kind, fault] of faults) {
    if (fault !== null) throw new TrialError(`the libraries of ${kind} do not load: ${fault}`);
  }
}

async function tryProcess(what: string, [script = '', ...args]: string[], trial: Trial): Promise<void> {
  const child = spawn(process.execPath, [join(trial.release, script), ...args, '--trial'], {
    cwd: trial.checkout,
    env: trial.environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: WITHIN_MS,
    killSignal: 'SIGKILL',
  });
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(-100_000);
    });
  }
  const [code, signal] = await once(child, 'close').catch((error: Error) => [error.message]);
  if (code === 0) return;
  const how = signal === 'SIGKILL' ? `is not ready after ${WITHIN_MS / 1000} s` : `ends with ${signal ?? code}`;
  throw new TrialError(`${what} ${how}`, printed.trimEnd().split('\n').slice(-LINES));
}
