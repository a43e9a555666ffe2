import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { lastLines, listProcesses } from './supervisor.ts';

const STARTING_LOOK_MS = 250;
const RUNNING_LOOK_MS = 5000;
const SLOW_START_MS = 30_000;
const TROUBLED = ['BACKOFF', 'FATAL', 'EXITED'];

/** A process that does not stay up, as the operator reads it: its name, the reason, the end of its log. */
export interface Trouble {
  name: string;
  lines: string[];
}

/**
 * Remembers which processes were told about: each call returns those that do not stay up and were not among the ones of
 * the calls before, until they ran again.
 */
export function createTroubleFinder(socketPath: string): () => Promise<Trouble[]> {
  const known = new Set<string>();
  return async () => {
    const processes = await listProcesses(socketPath);
    for (const { name, state } of processes) if (state === 'RUNNING') known.delete(name);
    const fresh = processes.filter(({ name, state }) => TROUBLED.includes(state) && !known.has(name));
    return fresh.map(({ name, state, fault, logFile }) => {
      known.add(name);
      const lines = [`${name} does not stay up (${fault || state}); it is started again and again. Its log ends with:`];
      return { name, lines: [...lines, ...lastLines(logFile, 12).map((line) => `  ${line}`)] };
    });
  };
}

/** What /readyz answers: `ready`, or in one sentence what it says instead. */
export async function askReadiness(url: string): Promise<string> {
  try {
    const response = await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2000) });
    if (response.ok) return 'ready';
    return `${url}/readyz answers ${response.status}: ${(await response.text()).slice(0, 500)}`;
  } catch {
    return `${url} does not answer yet`;
  }
}

/** Whether the mail catcher takes mail: `ready`, or in one sentence that it does not. It loads longer than the workers. */
export async function askMailCatcher(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return 'ready';
  } catch {
    return `the mail catcher does not answer yet on port ${port}`;
  } finally {
    socket.destroy();
  }
}

/** Waits until every answer is `ready`, telling meanwhile what does not come up. Ends early when the signal aborts. */
export async function waitUntilReady(
  questions: (() => Promise<string>)[],
  findTrouble: () => Promise<Trouble[]>,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  let slowAt = Date.now() + SLOW_START_MS;
  while (!signal.aborted) {
    const answers = await Promise.all(questions.map((ask) => ask()));
    const missing = answers.filter((answer) => answer !== 'ready');
    if (missing.length === 0) return;
    for (const { lines } of await findTrouble()) for (const line of lines) tell(line);
    if (Date.now() > slowAt) {
      tell(`still starting: ${missing.join('; ')}`);
      slowAt = Date.now() + SLOW_START_MS;
    }
    await sleep(STARTING_LOOK_MS);
  }
}

/** Tells about every process that stops staying up, until the signal aborts. */
export async function keepWatch(
  findTrouble: () => Promise<Trouble[]>,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    for (const { lines } of await findTrouble()) for (const line of lines) tell(line);
    await sleep(RUNNING_LOOK_MS, undefined, { signal }).catch(() => {});
  }
}
