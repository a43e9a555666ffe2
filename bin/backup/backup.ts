import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { readFile, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Config } from '../../src/config/platform.ts';
import { type DataPaths, dataPaths } from '../../src/data-dir.ts';
import { DATA_VERSION } from '../../src/deployment/version.ts';
import { markCounts } from '../../src/queue/counts.ts';
import type { Redis } from '../../src/redis/connect.ts';
import { backupMarkerKey, dataVersionKey, deploymentIdKey } from '../../src/redis/keys.ts';
import { reserveOf } from '../../src/storage/disk-room.ts';
import { type Hold, HoldTaken, openHold } from '../../src/storage/hold.ts';
import { folderOf, placeOf } from '../../src/storage/place.ts';
import { CONTRACTS } from '../../workers/index.ts';
import { CommandError } from '../cli/context.ts';
import { withRedis } from '../cli/redis.ts';
import { formatBytes } from '../commands/keys/settings-keys.ts';
import {
  FORMAT,
  FORMAT_WITH_FILES,
  LOG_FOLDER,
  LOG_MANIFEST,
  MANIFEST,
  type Manifest,
  manifestSchema,
  SECRET_FILES,
} from './contents.ts';
import { listFiles, measureFiles, openFile, readBytes } from './files.ts';
import { noteBackup } from './last-backup.ts';
import { withLoadedRedis } from './loaded-redis.ts';
import { copyLog, type LogCopy } from './log-copy.ts';
import { createProgress } from './progress.ts';
import { type ArchiveWriter, createArchive, one } from './write-archive.ts';

/** A removal that had begun before the hold has ended by then. */
const SETTLE_MS = 500;

export interface BackupOptions {
  /** Where the archive goes; there is no such file. */
  file: string;
  /** Leaves the secret and the first key out. */
  withoutSecrets: boolean;
  /** Whether the deployment runs. */
  running: boolean;
  /** Tells of long steps. */
  remark: (text: string) => void;
  signal: AbortSignal;
}

/** A backup that was made. */
export interface Backup {
  file: string;
  bytes: number;
  files: number;
  ms: number;
  manifest: Manifest;
}

/** What Redis said at the moment of the backup. */
interface Moment extends Pick<Manifest, 'createdAt' | 'deployment' | 'dataVersion' | 'jobs'> {
  redisVersion: string;
}

/**
 * Makes a backup of a data directory, whether the deployment runs or not. What jobs of its moment have in storage stays
 * until it was copied. Rejects with CommandError, and then leaves nothing behind.
 */
export async function makeBackup(config: Config, options: BackupOptions): Promise<Backup> {
  const paths = dataPaths(config.DATA_DIR);
  const beganAt = performance.now();
  const storage = folderOf(config);
  const hold = storage === null ? null : await holdFiles(storage);
  try {
    if (options.running) await delay(SETTLE_MS);
    const { log, moment } = await copyQueue(config, options.running);
    const manifest = describe(config, options, log, moment);
    const archive = await createArchive(options.file);
    try {
      await writeContents({ config, paths, storage, hold, log, archive, options }, manifest);
      if (hold && !(await hold.isWhole())) throw new CommandError('the backup stood still for too long; try again');
      const { bytes, files } = await archive.finish();
      noteBackup(paths, { at: manifest.createdAt, file: options.file, bytes });
      return { file: options.file, bytes, files: files - 1, ms: Math.round(performance.now() - beganAt), manifest };
    } finally {
      await archive.abandon();
      await log.close();
    }
  } catch (error) {
    throw explain(error, options.file);
  } finally {
    await hold?.close();
  }
}

/** Has what is removed meanwhile put aside; rejects with CommandError where another backup does. */
async function holdFiles(storage: string): Promise<Hold> {
  return openHold(storage).catch((error: unknown) => {
    if (!(error instanceof HoldTaken)) throw error;
    throw new CommandError('another backup is under way, or was killed less than a minute ago; try again later');
  });
}

/** What the disk says when it is full, in a sentence. */
function explain(error: unknown, file: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ENOSPC' && code !== 'EDQUOT' && code !== 'EFBIG') return error;
  return new CommandError(`the disk of ${dirname(file)} is full; no backup was made`);
}

/** The queue up to the marker, and what Redis said there; a Redis that does not run is started for that. */
async function copyQueue(config: Config, running: boolean): Promise<{ log: LogCopy; moment: Moment }> {
  const marker = randomBytes(16).toString('hex');
  const copy = (redis: <T>(use: (redis: Redis) => Promise<T>) => Promise<T>) =>
    copyLog(config.DATA_DIR, marker, () => redis((connection) => readMoment(connection, marker)));
  const { log, marked } = running
    ? await copy((use) => withRedis(config, use))
    : await withLoadedRedis(config, (loaded) => copy((use) => use(loaded)));
  return { log, moment: marked };
}

async function readMoment(redis: Redis, marker: string): Promise<Moment> {
  const kinds = CONTRACTS.map(({ kind }) => kind);
  // The time is from before the marker: what was accepted earlier is in the backup.
  const [[seconds], deployment, version, info] = await Promise.all([
    redis.time(),
    redis.get(deploymentIdKey()),
    redis.get(dataVersionKey()),
    redis.info('server'),
  ]);
  const counts = await markCounts(redis, kinds, { key: backupMarkerKey(), value: marker });
  return {
    createdAt: new Date(Number(seconds) * 1000).toISOString(),
    deployment,
    dataVersion: Number(version ?? DATA_VERSION),
    jobs: manifestSchema.shape.jobs.parse(counts),
    redisVersion: /^redis_version:(\S+)/m.exec(info)?.[1] ?? 'unknown',
  };
}

const { version: HEAVYLIFT } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as {
  version: string;
};

function describe(config: Config, options: BackupOptions, log: LogCopy, { redisVersion, ...moment }: Moment): Manifest {
  const { secretFile, apiKeyFile } = dataPaths(config.DATA_DIR);
  const files = { secret: secretFile, 'api-key': apiKeyFile };
  const place = placeOf(config);
  return {
    ...(place.on === 'disk' ? { format: FORMAT_WITH_FILES } : { format: FORMAT, bucket: place.name }),
    heavylift: HEAVYLIFT,
    running: options.running,
    keyPrefix: config.KEY_PREFIX,
    redis: { version: redisVersion, format: log.format },
    secrets: options.withoutSecrets ? [] : SECRET_FILES.filter((name) => isThere(files[name])),
    ...moment,
  };
}

const isThere = (path: string): boolean => {
  try {
    return readFileSync(path).length > 0;
  } catch {
    return false;
  }
};

interface Contents {
  config: Config;
  paths: DataPaths;
  /** The folder of storage; null where files lie in a bucket. */
  storage: string | null;
  hold: Hold | null;
  log: LogCopy;
  archive: ArchiveWriter;
  options: BackupOptions;
}

/** Writes everything into the archive. */
async function writeContents(contents: Contents, manifest: Manifest): Promise<void> {
  const { paths, storage, hold, log, archive, options } = contents;
  const total = storage && hold ? await measureFiles(storage, hold) : { files: 0, bytes: 0 };
  for (const { bytes } of log.files) total.bytes += bytes;
  await assertRoom(contents, total.bytes);
  const add = (name: string, content: Buffer) => archive.add(name, one(content), content.length);
  await add(MANIFEST, Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
  for (const name of manifest.secrets) await add(name, await readFile(join(paths.root, name)));
  const told = createProgress(options.remark, 'backing up', total);
  for (const { name, handle, bytes } of log.files) {
    await archive.add(`${LOG_FOLDER}/${name}`, readBytes(handle, bytes), bytes);
  }
  await add(`${LOG_FOLDER}/${LOG_MANIFEST}`, Buffer.from(log.manifest));
  if (!storage || !hold) return;
  for await (const name of listFiles(storage, hold)) {
    options.signal.throwIfAborted();
    if (!archive.has(name)) told(await addFile({ storage, hold, archive }, name));
  }
}

type Files = Pick<Contents, 'archive'> & { storage: string; hold: Hold };

async function addFile({ storage, hold, archive }: Files, name: string): Promise<number> {
  const handle = await openFile(storage, hold, name);
  if (!handle) return 0;
  try {
    const { size } = await handle.stat();
    await archive.add(name, readBytes(handle, size), size);
    return size;
  } finally {
    await handle.close();
  }
}

/** A backup on the product's own disk leaves it the room that it keeps free; one elsewhere must fit. */
async function assertRoom({ config, paths, storage, options }: Contents, bytes: number): Promise<void> {
  const folder = dirname(options.file);
  const { bavail, blocks, bsize } = await statfs(folder);
  const isSameDisk = (await stat(folder)).dev === (await stat(storage ?? paths.redis)).dev;
  const reserve = isSameDisk ? (config.DISK_RESERVE ?? reserveOf(blocks * bsize)) : 0;
  const free = bavail * bsize;
  if (bytes <= free - reserve) return;
  const kept = reserve > 0 ? `, of which ${formatBytes(reserve)} stay free for the product (DISK_RESERVE)` : '';
  throw new CommandError(
    `the backup takes ${formatBytes(bytes)}, and ${folder} has ${formatBytes(free)} free${kept}; name another place`,
  );
}
