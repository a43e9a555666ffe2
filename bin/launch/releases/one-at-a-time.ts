import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../../watch/orphans.js';

/** Somebody else restarts processes right now. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/**
 * Does something while no other command restarts processes of this data directory: two at once could stop what the other one
 * counts on. Throws BusyError, which names the other's pid.
 */
export async function oneAtATime<T>({ run }: { run: string }, act: () => Promise<T>): Promise<T> {
  const file = join(run, 'restart.pid');
  const claim = () => writeFileSync(file, String(process.pid), { flag: 'wx', mode: 0o600 });
  try {
    claim();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const pid = Number(readFileSync(file, 'utf8'));
    if (isAlive(pid)) throw new BusyError(`another restart or deploy is under way (pid ${pid})`);
    rmSync(file, { force: true });
    claim();
  }
  try {
    return await act();
  } finally {
    rmSync(file, { force: true });
  }
}
