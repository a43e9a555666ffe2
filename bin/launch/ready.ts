import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readyFile } from '../../src/processes/place.ts';
import { isApp, listProcesses, type SupervisedProcess, UP_STATES } from './supervisor.ts';

const WITHIN_MS = 60_000;
const LOOK_EVERY_MS = 50;

/** The folder that a process runs from, as it said when it was ready; null where it was not, or is no web process or worker. */
export function codeOf(run: string, { name, pid }: Pick<SupervisedProcess, 'name' | 'pid'>): string | null {
  try {
    const ready = JSON.parse(readFileSync(readyFile(run, name), 'utf8')) as { pid: number; code: string };
    return pid > 0 && ready.pid === pid ? ready.code : null;
  } catch {
    return null;
  }
}

interface Where {
  supervisorSocket: string;
  run: string;
}

/**
 * Waits until a web process or worker says that it is ready, and anything else is up; rejects where it ends instead, or takes
 * longer than a minute.
 */
export const untilReady = (where: Where, name: string): Promise<void> =>
  untilTrue(where, name, (found) => (isApp(found) ? codeOf(where.run, found) !== null : found.state === 'RUNNING'));

/** Waits until supervisord has seen a process stay up; rejects as `untilReady`. */
export const untilUp = (where: Where, name: string): Promise<void> =>
  untilTrue(where, name, ({ state }) => state === 'RUNNING');

async function untilTrue(
  { supervisorSocket }: Where,
  name: string,
  isTrue: (found: SupervisedProcess) => boolean,
): Promise<void> {
  const over = performance.now() + WITHIN_MS;
  for (;;) {
    const found = (await listProcesses(supervisorSocket)).find((one) => one.name === name);
    if (!found || !UP_STATES.includes(found.state)) throw new Error('does not stay up');
    if (isTrue(found)) return;
    if (performance.now() > over) throw new Error(`is not ready after ${WITHIN_MS / 1000} s`);
    await sleep(LOOK_EVERY_MS);
  }
}
