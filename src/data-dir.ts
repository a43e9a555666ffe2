import { createHash } from 'node:crypto';
import { accessSync, chmodSync, constants, existsSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { ConfigError } from './config/config-error.ts';

/**
 * A unix socket's path must fit into 108 bytes with its closing NUL (unix(7)); supervisord appends a pid while it
 * binds.
 */
const LONGEST_SOCKET_PATH = 95;

/** Where everything that Heavylift writes lies. */
export interface DataPaths {
  root: string;
  /** Uploads and results. */
  storage: string;
  /** Redis' append-only file and snapshot, and the configuration it was started with. */
  redis: string;
  logs: string;
  /** What node made of the sources, where that can't be kept beside them. */
  cache: string;
  /** Sockets and pid files; private. */
  run: string;
  redisSocket: string;
  supervisorSocket: string;
  /** supervisord.conf with a program for each kind, written at each start. */
  supervisorConf: string;
  /** What the watch is told, written at each start. */
  watchPlan: string;
  /** What is to be said when everything is up, between the start and that moment. */
  announcement: string;
  /** A folder for each version that was deployed; the link `current` leads to the one that processes are started from. */
  releases: string;
  currentRelease: string;
  /** The key made at the first start. */
  apiKeyFile: string;
  /** The deployment's secret: signs sessions and links. */
  secretFile: string;
}

/**
 * The layout of a data directory. Sockets lie in `run` inside it; where that path is too long for a unix socket,
 * in a private folder of the system's temporary directory instead, named after the data directory.
 */
export function dataPaths(root: string): DataPaths {
  let run = join(root, 'run');
  if (Buffer.byteLength(join(run, 'supervisor.sock')) > LONGEST_SOCKET_PATH) {
    const digest = createHash('sha256').update(root).digest('hex').slice(0, 12);
    run = join(tmpdir(), `heavylift-${userInfo().uid}-${digest}`);
  }
  return {
    root,
    storage: join(root, 'storage'),
    redis: join(root, 'redis'),
    logs: join(root, 'log'),
    cache: join(root, 'cache'),
    run,
    redisSocket: join(run, 'redis.sock'),
    supervisorSocket: join(run, 'supervisor.sock'),
    supervisorConf: join(run, 'supervisord.conf'),
    watchPlan: join(run, 'watch.json'),
    announcement: join(run, 'announcement.json'),
    releases: join(root, 'releases'),
    currentRelease: join(root, 'releases', 'current'),
    apiKeyFile: join(root, 'api-key'),
    secretFile: join(root, 'secret'),
  };
}

/**
 * Makes the folders that are missing; the one with the sockets is private, and refused when it is somebody else's. What
 * this process writes from now on is its user's alone, and so are the logs and Redis' files that were there. Throws
 * ConfigError where its user can not use one of them.
 */
export function makeDataDir(paths: DataPaths): void {
  process.umask(0o077);
  for (const folder of [paths.root, paths.storage, paths.redis, paths.logs, paths.releases, paths.run]) {
    tryPath(paths, folder, () => {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
      accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    });
  }
  for (const file of [paths.secretFile, paths.apiKeyFile]) {
    if (existsSync(file)) tryPath(paths, file, () => accessSync(file, constants.R_OK));
  }
  const { uid } = userInfo();
  const stat = lstatSync(paths.run);
  if (!stat.isDirectory() || stat.uid !== uid) throw faultOf(paths, paths.run);
  chmodSync(paths.run, 0o700);
  for (const folder of [paths.logs, paths.redis]) closeToOthers(folder, uid);
}

function tryPath(paths: DataPaths, path: string, use: () => void): void {
  try {
    use();
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') throw faultOf(paths, path);
    const reason = OTHER_REASONS[code] ?? `can not be used (${code})`;
    throw new ConfigError([`DATA_DIR: ${path} ${reason}. Mend that, or set another DATA_DIR.`]);
  }
}

const OTHER_REASONS: Readonly<Record<string, string>> = {
  EEXIST: 'is no folder',
  ENOTDIR: 'is no folder',
  EROFS: 'is on a read-only file system',
};

function faultOf({ root }: DataPaths, path: string): ConfigError {
  const mend = `Give it to the one who runs Heavylift (chown -R ${process.getuid?.()} ${root}), or set another DATA_DIR.`;
  return new ConfigError([`DATA_DIR: ${path} belongs to another user, or may not be written. ${mend}`]);
}

/** Takes the group's and everybody's rights off the files in a folder; those of other users, and links, stay as they are. */
function closeToOthers(folder: string, uid: number): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const stat = lstatSync(path, { throwIfNoEntry: false });
    const isOpen = stat && !stat.isSymbolicLink() && stat.uid === uid && (stat.mode & 0o077) !== 0;
    // A log that is turned over meanwhile may be gone by now.
    if (isOpen) ignoreMissing(() => chmodSync(path, stat.mode & 0o700));
  }
}

function ignoreMissing(act: () => void): void {
  try {
    act();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
