// @ts-check
import { closeSync, openSync, readSync } from 'node:fs';
import { call, readText } from './rpc.js';

// How a process has ended, as well as can be found out.

const UNKNOWN = 'unknown';
const TAIL_BYTES = 4000;
const buffer = Buffer.alloc(16_384);
/** Within this time of such an end, a SIGKILL that nobody here has sent was the kernel's. */
const RECENT_MS = 3000;
let oomKills = countOomKills();
let oomKilledAt = Number.NEGATIVE_INFINITY;

/** How many processes the kernel has ended for lack of memory; 0 where it does not say. */
function countOomKills() {
  try {
    const file = openSync('/proc/vmstat', 'r');
    const text = buffer.toString('latin1', 0, readSync(file, buffer));
    closeSync(file);
    return Number(/^oom_kill (\d+)$/m.exec(text)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Looks whether the kernel has ended a process for lack of memory since the last look. */
export function lookForOomKills() {
  const before = oomKills;
  oomKills = countOomKills();
  if (oomKills > before) oomKilledAt = performance.now();
}

/**
 * Finds how the process of that name has ended last: the signal or the exit status that supervisord has logged, `out of
 * memory`, or `unknown`.
 * @param {string} socketPath
 * @param {string} name
 */
export async function findHow(socketPath, name) {
  const how = await readHow(socketPath, name);
  lookForOomKills();
  const byKernel = performance.now() - oomKilledAt < RECENT_MS;
  return byKernel && (how === 'SIGKILL' || how === UNKNOWN) ? 'out of memory' : how;
}

/**
 * @param {string} socketPath
 * @param {string} name
 */
async function readHow(socketPath, name) {
  try {
    const inPattern = name.replaceAll('+', '\\+');
    const log = readText(await call(socketPath, 'supervisor.readLog', [-TAIL_BYTES, 0]));
    const [, how] =
      [...log.matchAll(new RegExp(`exited: ${inPattern} \\((?:terminated by )?([^;]+); `, 'g'))].at(-1) ?? [];
    return how ?? UNKNOWN;
  } catch {
    // It logs to standard output.
    return UNKNOWN;
  }
}
