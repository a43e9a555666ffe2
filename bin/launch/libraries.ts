import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Probe } from './readiness.ts';

const WITHIN_MS = 120_000;
const AGAIN_MS = 10_000;

/** Why the libraries of a kind do not load; null for a kind whose do. */
export type LibraryFaults = Map<string, string | null>;

export interface LibraryOptions {
  repository: string;
  /** Ends the trying. */
  signal: AbortSignal;
}

/**
 * Tries in the background whether the libraries of these kinds load: a worker may live, and lack what its first job needs.
 * What does not load is printed once, and tried again. Makes the probe of all that is missing.
 */
export function createLibraryProbe(
  kinds: readonly string[],
  { print, ...options }: LibraryOptions & { print: (line: string) => void },
): Probe {
  const missing = new Map(kinds.map((kind) => [kind, 'not tried yet']));

  const note = (kind: string, fault: string | null) => {
    if (fault === null) return void missing.delete(kind);
    if (missing.get(kind) !== fault) print(`${kind}: its libraries do not load: ${fault}`);
    // Next time it comes last: one that kills the process keeps the others from being tried.
    missing.delete(kind);
    missing.set(kind, fault);
  };
  const tryUntilAllLoad = async () => {
    while (missing.size > 0 && !options.signal.aborted) {
      const faults = await tryLibraries([...missing.keys()], options);
      if (options.signal.aborted) return;
      for (const [kind, fault] of faults) note(kind, fault);
      if (missing.size > 0) await sleep(AGAIN_MS, undefined, { signal: options.signal }).catch(() => {});
    }
  };
  void tryUntilAllLoad();

  return async () => {
    if (missing.size === 0) return 'ready';
    return [...missing].map(([kind, fault]) => `the libraries of ${kind} do not load (${fault})`).join('; ');
  };
}

/** Loads the libraries of these kinds in a process that ends; one that kills it leaves those behind it untried. */
export async function tryLibraries(
  kinds: readonly string[],
  { repository, signal }: LibraryOptions,
): Promise<LibraryFaults> {
  const child = spawn(process.execPath, ['workers/try.ts', ...kinds], {
    cwd: repository,
    stdio: ['ignore', 'pipe', 'ignore'],
    signal: AbortSignal.any([signal, AbortSignal.timeout(WITHIN_MS)]),
    killSignal: 'SIGKILL',
  });
  const ended = once(child, 'exit').then(
    ([code, endedBy]) => `its process ended with ${endedBy ?? `exit status ${code}`}`,
    (error: Error) => error.message,
  );
  const [output, ending] = await Promise.all([text(child.stdout), ended]);
  const lines = output.split('\n').filter((line) => line.startsWith('{"kind"'));
  const faults: LibraryFaults = new Map(
    lines
      .map((line) => JSON.parse(line) as { kind: string; fault: string | null })
      .map(({ kind, fault }) => [kind, fault]),
  );
  const untried = kinds.find((kind) => !faults.has(kind));
  return untried === undefined ? faults : faults.set(untried, ending);
}
