import { existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import type { Config } from '../../src/config/platform.ts';
import { type DataPaths, dataPaths } from '../../src/data-dir.ts';
import { reserveOf } from '../../src/storage/disk-room.ts';
import { placeOf } from '../../src/storage/place.ts';
import { CommandError } from '../cli/context.ts';
import { formatBytes } from '../commands/keys/settings-keys.ts';
import { findSupervisor } from '../launch/supervisor.ts';
import { findOrphans } from '../watch/orphans.js';
import type { CheckedArchive } from './check-archive.ts';
import type { Manifest } from './contents.ts';
import { STAGING } from './staging.ts';

/** Lies in it once a restore has begun to move what it prepared to its place. */
export const MOVING = 'moving';

/** What a restore moves to its place, in this order: a queue is there when everything that it needs is. */
export const MOVED = ['storage', 'secret', 'api-key', 'redis'] as const;

/** Throws CommandError where the data directory is another user's: what is written to it has to be that one's. */
export function assertOwner({ root }: DataPaths): void {
  const owner = statSync(root, { throwIfNoEntry: false })?.uid;
  const { uid } = userInfo();
  if (owner === undefined || owner === uid) return;
  throw new CommandError(
    `${root} belongs to the user with the id ${owner}; run this as that user: sudo -u '#${owner}' ...`,
  );
}

/** Rejects with CommandError where Redis is not ours, or something runs on the data directory. */
export async function assertNothingRuns(config: Config): Promise<void> {
  const paths = dataPaths(config.DATA_DIR);
  if (config.REDIS_URL) {
    throw new CommandError(
      'REDIS_URL is set: a backup is restored into a Redis that Heavylift starts itself; take REDIS_URL away first',
    );
  }
  assertOwner(paths);
  const pid = await findSupervisor(paths.supervisorSocket);
  if (pid !== null) {
    throw new CommandError(
      `Heavylift runs on ${paths.root} (supervisord, pid ${pid}); a backup is restored into a data directory of its own: ` +
        'set DATA_DIR to a new folder, or stop it and move its folder away',
    );
  }
  const [orphan] = existsSync(paths.redis) ? findOrphans(paths) : [];
  if (orphan) throw new CommandError(`${orphan.name} (${orphan.pid}) still runs on ${paths.root}; end it first`);
}

/** Throws CommandError where the files of a backup would not be found, or be those of two deployments. */
export function assertPlace(config: Config, { bucket }: Manifest, asCopy: boolean): void {
  const place = placeOf(config);
  if (bucket === undefined) {
    if (!config.STORAGE_URL) return;
    throw new CommandError(
      'the backup has its files in it, and they are restored into DATA_DIR: take STORAGE_URL away first; ' +
        'heavylift storage move brings them there afterwards',
    );
  }
  if (place.on === 'disk') {
    throw new CommandError(
      `the files of the backup lie in ${bucket}: set STORAGE_URL to it, or to where they were copied`,
    );
  }
  if (asCopy && place.name === bucket) {
    throw new CommandError(
      `a copy takes files of its own: copy what is in ${bucket} to another bucket or prefix, and set STORAGE_URL to that`,
    );
  }
}

/** Removes what an earlier restore left that did not come to its end; it had begun in an empty folder. */
export function removeBrokenOff(paths: DataPaths): void {
  const staging = join(paths.root, STAGING);
  // The Redis of a restore that was killed.
  const left = existsSync(join(staging, 'redis')) ? findOrphans(dataPaths(staging)) : [];
  for (const { pid } of left) process.kill(pid, 'SIGKILL');
  if (existsSync(join(staging, MOVING))) {
    for (const name of ['storage', 'redis']) rmSync(join(paths.root, name), { recursive: true, force: true });
  }
  rmSync(staging, { recursive: true, force: true });
}

/** Throws CommandError where there is data in the data directory. */
export function assertEmpty(paths: DataPaths): void {
  const found = findData(paths);
  if (found) throw new CommandError(`there is data in ${found}; set DATA_DIR to a new folder, or move this one away`);
}

/** A place with data in it; null when there is none. */
function findData({ redis, storage }: DataPaths): string | null {
  const isData = (name: string) => !['tmp', 'redis.conf', 'ballast'].includes(name);
  return [redis, storage].find((folder) => existsSync(folder) && readdirSync(folder).some(isData)) ?? null;
}

/** Rejects with CommandError where the data directory can't take what is in the archive. */
export async function assertFits(config: Config, { bytes, secrets }: CheckedArchive): Promise<void> {
  const paths = dataPaths(config.DATA_DIR);
  for (const [name, text] of secrets) {
    const path = join(paths.root, name);
    if (existsSync(path) && readFileSync(path, 'utf8').trim() !== text.trim()) {
      throw new CommandError(`${path} is another one than that of the backup; move it away first`);
    }
  }
  const folder = nearestFolder(paths.root);
  const disk = statSync(folder).dev;
  const other = MOVED.map((name) => join(paths.root, name)).find(
    (path) => existsSync(path) && statSync(path).dev !== disk,
  );
  if (other) {
    throw new CommandError(
      `${other} is on another disk than ${paths.root}: restore without it, and move it there then`,
    );
  }
  const { bavail, blocks, bsize } = await statfs(folder);
  const reserve = config.DISK_RESERVE ?? reserveOf(blocks * bsize);
  if (bytes <= bavail * bsize - reserve) return;
  throw new CommandError(
    `the backup takes ${formatBytes(bytes)}, and ${paths.root} has ${formatBytes(bavail * bsize)} free, of which ` +
      `${formatBytes(reserve)} stay free (DISK_RESERVE)`,
  );
}

const nearestFolder = (path: string): string => (existsSync(path) ? path : nearestFolder(dirname(path)));
