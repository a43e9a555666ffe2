import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, listProcesses } from './supervisor.ts';

const LOOK_MS = 5000;
const DOWN_STATES = ['BACKOFF', 'FATAL', 'EXITED'];
const LOG_LINES = 12;

/** A process that does not stay up: its name, and what the operator reads of it: the reason and the end of its log. */
export interface CrashLoop {
  name: string;
  lines: string[];
}

/**
 * Makes a finder of crash loops. Each of its calls returns the processes that do not stay up and that no earlier call
 * returned; a process that ran again in between is returned again.
 */
export function createCrashLoopFinder(socketPath: string): () => Promise<CrashLoop[]> {
  const reported = new Set<string>();
  return async () => {
    const processes = await listProcesses(socketPath);
    for (const { name, state } of processes) if (state === 'RUNNING') reported.delete(name);
    const fresh = processes.filter(({ name, state }) => DOWN_STATES.includes(state) && !reported.has(name));
    return fresh.map(({ name, state, spawnError, logFile }) => {
      reported.add(name);
      const reason = spawnError || state;
      const first = `${name} does not stay up (${reason}); it is started again and again. Its log ends with:`;
      return { name, lines: [first, ...lastLines(logFile, LOG_LINES).map((line) => `  ${line}`)] };
    });
  };
}

/** Prints every crash loop that begins, until the signal aborts. */
export async function watchCrashLoops(
  findCrashLoops: () => Promise<CrashLoop[]>,
  print: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const { lines } of await findCrashLoops()) for (const line of lines) print(line);
    await sleep(LOOK_MS, undefined, { signal }).catch(() => {});
  }
}
