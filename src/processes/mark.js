// @ts-check
import { closeSync, openSync, readSync } from 'node:fs';

// Plain JavaScript: the watch runs it too, and stripping types would take more memory than the watch itself.

const buffer = Buffer.alloc(1024);

/**
 * Names a process for as long as anybody may ask for it: where it runs, and what tells it from every other process that
 * has had its pid.
 * @typedef {object} Mark
 * @property {string} place Its place under supervisord: `<run id>:<program>-<number>`.
 * @property {string} boot The boot of the machine, shortened.
 * @property {number} pid
 * @property {string} startedAt In clock ticks since the boot.
 */

/**
 * Reads the beginning of a file of /proc; null when it is not there. (`readFileSync` makes half a megabyte of garbage of
 * each, since their size is not known before.)
 * @param {string} path
 * @returns {string | null}
 */
function readProc(path) {
  let file;
  try {
    file = openSync(path, 'r');
    return buffer.toString('latin1', 0, readSync(file, buffer));
  } catch {
    return null;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

/**
 * Reads the state letter, the parent and the start of a process; null when there is none.
 * @param {number} pid
 * @returns {{ state: string, parent: number, startedAt: string } | null}
 */
export function readProcess(pid) {
  const stat = readProc(`/proc/${pid}/stat`);
  // The name before it is in brackets, and may hold brackets and spaces itself.
  const fields = stat?.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (!fields?.[19]) return null;
  return { state: /** @type {string} */ (fields[0]), parent: Number(fields[1]), startedAt: fields[19] };
}

/**
 * Reads which boot of the machine this is, shortened; null where /proc does not say.
 * @returns {string | null}
 */
export const readBoot = () => readProc('/proc/sys/kernel/random/boot_id')?.slice(0, 8) ?? null;

/**
 * Makes the text of this process's mark in that place; null where /proc does not say enough.
 * @param {string} place
 * @returns {string | null}
 */
export function markProcess(place) {
  const boot = readBoot();
  const own = readProcess(process.pid);
  return boot && own ? [place, boot, process.pid, own.startedAt].join(':') : null;
}

/**
 * Parses a text that begins with a mark; null for any other.
 * @param {string | null | undefined} text
 * @returns {Mark | null}
 */
export function parseMark(text) {
  const [runId, name, boot, pid, startedAt] = text?.split(':') ?? [];
  if (!runId || !name || !boot || !startedAt) return null;
  return { place: `${runId}:${name}`, boot, pid: Number(pid), startedAt };
}

/**
 * Whether the process of that mark has ended for certain: a process of another boot, or maybe another machine, has not.
 * @param {Mark} mark
 */
export function isGone({ boot, pid, startedAt }) {
  if (boot !== readBoot()) return false;
  const found = readProcess(pid);
  return found === null || found.startedAt !== startedAt || found.state === 'Z' || found.state === 'X';
}
