// @ts-check
import { existsSync, readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_AGAIN_MS = 100;
const REDIS_SAVES_WITHIN_MS = 60_000;

/**
 * A process that a supervisord of this data directory started.
 * @typedef {object} Orphan
 * @property {number} pid
 * @property {string} name `images-0`; of Redis `redis` will do.
 */

/**
 * The environment that another process was started with, `NAME=value` each; empty where it is not ours to read.
 * @param {string} pid
 */
export function readEnvironment(pid) {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

/**
 * Redis writes its title over its own environment; it is known by its working directory instead.
 * @param {string} folder
 * @param {string} pid
 */
function isRedisIn(folder, pid) {
  try {
    return (
      readFileSync(`/proc/${pid}/comm`, 'utf8') === 'redis-server\n' && readlinkSync(`/proc/${pid}/cwd`) === folder
    );
  } catch {
    return false;
  }
}

/**
 * Processes that outlived their supervisord (it was killed with -9, or by the kernel for want of memory): supervisord
 * writes its address into the environment of what it starts. Linux only; elsewhere none are found.
 * @param {Pick<import('../../src/data-dir.ts').DataPaths, 'supervisorSocket' | 'redis'>} paths
 * @returns {Orphan[]}
 */
export function findOrphans(paths) {
  if (!existsSync('/proc/self/environ')) return [];
  const address = `SUPERVISOR_SERVER_URL=unix://${paths.supervisorSocket}`;
  const redisFolder = realpathSync(paths.redis);
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid);
  return pids.flatMap((pid) => {
    if (isRedisIn(redisFolder, pid)) return [{ pid: Number(pid), name: 'redis' }];
    const environment = readEnvironment(pid);
    if (!environment.includes(address)) return [];
    const name = environment.find((line) => line.startsWith('SUPERVISOR_PROCESS_NAME='))?.split('=')[1];
    return [{ pid: Number(pid), name: name ?? 'process' }];
  });
}

/**
 * @param {number} pid
 * @param {NodeJS.Signals} name
 */
function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

/**
 * Whether a process runs. A dead one whose parent has not collected it (state Z: a container without an init) does not.
 * @param {number} pid
 */
export function isAlive(pid) {
  try {
    return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/**
 * Ends processes as supervisord would: SIGTERM, and SIGKILL for what is still there after the time is up.
 * @param {Orphan[]} orphans
 * @param {number} limitMs
 */
async function end(orphans, limitMs) {
  for (const { pid } of orphans) signal(pid, 'SIGTERM');
  const deadline = Date.now() + limitMs;
  let left = orphans;
  while (left.length > 0) {
    await sleep(LOOK_AGAIN_MS);
    if (Date.now() > deadline) for (const { pid } of left) signal(pid, 'SIGKILL');
    left = left.filter(({ pid }) => isAlive(pid));
  }
}

/**
 * Ends orphans, Redis after the others. Two Redis on one folder would write into the same append-only file, and a web
 * process left over holds its port.
 * @param {Orphan[]} orphans
 * @param {number} drainMs
 */
export async function endOrphans(orphans, drainMs) {
  const isRedis = (/** @type {Orphan} */ { name }) => /^redis(-\d+)?$/.test(name);
  await end(
    orphans.filter((one) => !isRedis(one)),
    drainMs,
  );
  await end(orphans.filter(isRedis), REDIS_SAVES_WITHIN_MS);
}
