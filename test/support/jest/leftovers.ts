import { readdirSync, readFileSync } from 'node:fs';

/** The environment variable that names the run and the test file a process was started by; its children inherit it. */
export const OWNER = 'TEST_OWNER';
/** Stands in the place of the test file in the mark of what the files of a run share. */
export const SHARED = 'shared';
/** Rounds of looking and killing: a supervisord may start another child while the first round is under way. */
const ROUNDS = 5;

/** A process that outlived the test file it belongs to. */
export interface Leftover {
  pid: number;
  command: string;
}

const read = (path: string) => {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return ''; // it has ended, or is another user's
  }
};

/** Processes whose owner begins with `owner`, however deep below the test they were started. */
function findOwned(owner: string): Leftover[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => `\0${read(`/proc/${pid}/environ`)}`.includes(`\0${OWNER}=${owner}`))
    .map((pid) => ({ pid: Number(pid), command: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim() }));
}

/** Kills (-9) every process of `owner`, `<run>:<test file>` or the beginning of one; returns those it found. */
export function endLeftovers(owner: string): Leftover[] {
  const ended = new Map<number, Leftover>();
  for (let round = 0; round < ROUNDS; round += 1) {
    const owned = findOwned(owner);
    if (owned.length === 0) break;
    for (const leftover of owned) {
      ended.set(leftover.pid, leftover);
      try {
        process.kill(leftover.pid, 'SIGKILL');
      } catch {
        // It ended in between.
      }
    }
  }
  return [...ended.values()];
}
