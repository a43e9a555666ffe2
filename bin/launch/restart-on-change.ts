import { watch } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DataPaths } from '../../src/data-dir.ts';
import { restartAtOnce } from './process-actions.ts';
import { turnCurrent } from './releases/releases.ts';
import { findSpare, isApp, listProcesses } from './supervisor.ts';

const repository = join(import.meta.dirname, '../..');
/** The folders that the processes read code and pages from. */
const WATCHED = ['src', 'workers', 'views'];
/** An editor, a formatter or a checkout writes several files, and some of them twice. */
const QUIET_MS = 200;
const LOOK_MS = 100;

export interface ChangeWatch {
  paths: DataPaths;
  print: (line: string) => void;
  /** Ends the watching. */
  signal: AbortSignal;
  /** The folder that WATCHED lies in. */
  root?: string;
}

/**
 * Restarts the web process and the workers after each change of a source file, until the signal aborts. Changes within
 * QUIET_MS of one another, or during a restart, lead to one restart.
 */
export async function restartOnChange({ paths, print, signal, root = repository }: ChangeWatch): Promise<void> {
  const { supervisorSocket } = paths;
  // A release of the same files may have been started.
  turnCurrent(paths, null);
  const changed = new Set<string>();
  let changedAt = 0;
  for (const folder of WATCHED) {
    watch(join(root, folder), { recursive: true, signal }, (_, file) => {
      changed.add(join(folder, file ?? ''));
      changedAt = Date.now();
    });
  }
  print(`Watching ${WATCHED.join(', ')}: a change restarts the web process and the workers.`);
  while (!signal.aborted) {
    await sleep(LOOK_MS);
    if (changed.size === 0 || Date.now() - changedAt < QUIET_MS || signal.aborted) continue;
    print(`changed: ${[...changed].toSorted().join(', ')}; restarting`);
    changed.clear();
    const all = await listProcesses(supervisorSocket);
    const spare = findSpare(all)?.name;
    const processes = all.filter((one) => isApp(one) && one.name !== spare);
    // What does not come up is printed with the end of its log, as at any time.
    await restartAtOnce(supervisorSocket, processes).catch(() => {});
    if (!signal.aborted) print('restarted');
  }
}
