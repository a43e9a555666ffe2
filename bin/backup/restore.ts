import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import type { Config } from '../../src/config/platform.ts';
import { dataPaths, makeDataDir } from '../../src/data-dir.ts';
import { DEPLOYMENT_FILE, newDeploymentId } from '../../src/deployment/join.ts';
import { AppError } from '../../src/errors.ts';
import { deploymentIdKey } from '../../src/redis/keys.ts';
import { findSecrets } from '../../src/signing/secret.ts';
import { openStorage } from '../../src/storage/open.ts';
import { enterAudit } from '../cli/audited.ts';
import { CommandError } from '../cli/context.ts';
import { errorOf } from '../doctor/storage.ts';
import { type Adopted, adopt } from './adopt.ts';
import { type CheckedArchive, checkArchive } from './check-archive.ts';
import type { Manifest } from './contents.ts';
import { withLoadedRedis } from './loaded-redis.ts';
import { createProgress } from './progress.ts';
import { readArchive } from './read-archive.ts';
import { STAGING } from './staging.ts';
import { assertEmpty, assertFits, assertNothingRuns, assertPlace, MOVED, MOVING, removeBrokenOff } from './target.ts';

const run = promisify(execFile);

export interface RestoreOptions {
  file: string;
  /** Makes it another deployment, which sends nothing of what waited. */
  asCopy: boolean;
  /** Sends what waited: the deployment of the backup has sent nothing since. */
  sendWaiting: boolean;
  /** Tells of long steps. */
  remark: (text: string) => void;
  signal: AbortSignal;
}

/** What was restored. */
export interface Restored extends Adopted {
  dataDir: string;
  files: number;
  bytes: number;
  /** The deployment's id: of a copy a new one. */
  deployment: string | null;
  manifest: Manifest;
}

/**
 * Restores an archive into a data directory without data, which nothing runs on. The archive is checked first; all of it
 * is prepared beside, loaded once and compared with what it says of itself, and moved to its place at the end. Rejects
 * with CommandError, and then leaves nothing behind.
 */
export async function restore(config: Config, options: RestoreOptions): Promise<Restored> {
  const paths = dataPaths(config.DATA_DIR);
  await assertNothingRuns(config);
  const archive = await checkArchive(options.file, config, options.remark);
  assertPlace(config, archive.manifest, options.asCopy);
  removeBrokenOff(paths);
  assertEmpty(paths);
  await assertFits(config, archive);
  const { root } = paths;
  const staging = join(root, STAGING);
  try {
    const restored = await prepare({ ...config, DATA_DIR: staging }, options, archive, findSecrets(config) ?? []);
    options.signal.throwIfAborted();
    // A start may have come meanwhile.
    await assertNothingRuns(config);
    assertEmpty(paths);
    await moveToPlace(staging, root);
    return { ...restored, dataDir: root };
  } catch (error) {
    const isHalf = existsSync(join(staging, MOVING));
    if (!isHalf) await rm(staging, { recursive: true, force: true });
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOSPC' || code === 'EDQUOT')
      throw new CommandError(`the disk of ${root} is full; nothing was restored`);
    if (error instanceof AppError) throw new CommandError(`${error.message} (${errorOf(error)}); nothing was restored`);
    throw error;
  } finally {
    // The sockets of a path that is too long for them lie elsewhere.
    await rm(dataPaths(staging).run, { recursive: true, force: true });
  }
}

/** Writes everything into a data directory of its own, and makes of it what was asked for. */
async function prepare(
  config: Config,
  options: RestoreOptions,
  archive: CheckedArchive,
  secretsHere: readonly string[],
) {
  const { manifest, files, bytes } = archive;
  const paths = dataPaths(config.DATA_DIR);
  makeDataDir(paths);
  await extract(config.DATA_DIR, options, archive);
  const deployment = options.asCopy ? newDeploymentId() : manifest.deployment;
  const adopted = await withLoadedRedis(config, async (redis) => {
    const found = await adopt({ redis, config, manifest, secretsHere, options });
    if (options.asCopy) await redis.set(deploymentIdKey(), deployment as string);
    await enterAudit(redis, options, 'product.restore', `${options.file}${options.asCopy ? ' (as a copy)' : ''}`);
    return found;
  });
  if (options.asCopy) await writeId(config, `${deployment}\n`);
  // One call for the whole disk: thousands of files would take minutes one by one.
  await run('sync', ['--file-system', config.DATA_DIR]);
  return { ...adopted, files, bytes, deployment, manifest };
}

/** Gives the files of a copy its id. */
async function writeId(config: Config, id: string): Promise<void> {
  await (await openStorage(config)).put(DEPLOYMENT_FILE, Readable.from([Buffer.from(id)]));
}

/** Writes the files of the archive, which must be those that were checked. */
async function extract(root: string, { file, remark, signal }: RestoreOptions, checked: CheckedArchive): Promise<void> {
  const told = createProgress(remark, 'restoring', checked);
  const folders = new Set<string>();
  const { sums } = await readArchive(
    file,
    async () => {},
    async (name, content, bytes) => {
      signal.throwIfAborted();
      const path = join(root, name);
      const folder = dirname(path);
      if (!folders.has(folder)) await mkdir(folder, { recursive: true, mode: 0o700 });
      folders.add(folder);
      const handle = await open(path, 'wx', 0o600);
      try {
        await handle.writeFile(content);
      } finally {
        await handle.close();
      }
      told(bytes);
    },
  );
  const isSame = sums.size === checked.sums.size && [...sums].every(([name, sum]) => checked.sums.get(name) === sum);
  if (!isSame) throw new CommandError(`${file} has changed since it was checked; nothing was restored`);
}

/** Moves what was prepared to its place; a restore that is broken off in between is begun anew by the next. */
async function moveToPlace(staging: string, root: string): Promise<void> {
  await writeFile(join(staging, MOVING), '');
  for (const name of MOVED) {
    if (!existsSync(join(staging, name))) continue;
    // There is nothing in it, or it is the same.
    await rm(join(root, name), { recursive: true, force: true });
    await rename(join(staging, name), join(root, name));
  }
  await rm(staging, { recursive: true });
  await run('sync', ['--file-system', root]);
}
