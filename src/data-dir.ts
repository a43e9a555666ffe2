import { createHash } from 'node:crypto';
import { chmodSync, lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

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
  /** Mails that the mail catcher took. */
  mail: string;
  /** Sockets and pid files; private. */
  run: string;
  redisSocket: string;
  supervisorSocket: string;
  /** supervisord.conf with a program for each kind, written at each start. */
  supervisorConf: string;
  /** What the watch is told, written at each start. */
  watchPlan: string;
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
    mail: join(root, 'mail'),
    run,
    redisSocket: join(run, 'redis.sock'),
    supervisorSocket: join(run, 'supervisor.sock'),
    supervisorConf: join(run, 'supervisord.conf'),
    watchPlan: join(run, 'watch.json'),
    releases: join(root, 'releases'),
    currentRelease: join(root, 'releases', 'current'),
    apiKeyFile: join(root, 'api-key'),
    secretFile: join(root, 'secret'),
  };
}

/**
 * Makes the folders that are missing; the one with the sockets is private, and refused when it is somebody else's. What
 * this process writes from now on is its user's alone, and so are the logs and Redis' files that were there.
 */
export function makeDataDir(paths: DataPaths): void {
  process.umask(0o077);
  for (const folder of [paths.root, paths.storage, paths.redis, paths.logs, paths.mail, paths.releases]) {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }
  mkdirSync(paths.run, { recursive: true, mode: 0o700 });
  const { uid } = userInfo();
  const stat = lstatSync(paths.run);
  if (!stat.isDirectory() || stat.uid !== uid) throw new Error(`${paths.run} belongs to another user`);
  chmodSync(paths.run, 0o700);
  for (const folder of [paths.logs, paths.redis]) closeToOthers(folder, uid);
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
