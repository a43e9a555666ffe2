import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { DataPaths } from '../../../src/data-dir.ts';
import { nameVersion, partsOf } from './version.ts';

// No packages: they may be those of another version.

type Paths = Pick<DataPaths, 'root' | 'releases' | 'currentRelease'>;

/** The one that runs, and those to go back to. */
const KEPT = 3;
const MODULES = 'node_modules';
/** npm's list of what it has installed. */
const LIST = '.package-lock.json';
/** A copy that is not whole yet; whoever finds one throws it away. */
const PART = '.part';
const CURRENT = 'current';

/** The names of the releases there are, the newest first. */
export function listReleases({ releases }: Paths): string[] {
  if (!existsSync(releases)) return [];
  const madeAt = (name: string) => statSync(join(releases, name)).mtimeMs;
  return readdirSync(releases)
    .filter((name) => name !== CURRENT && !name.startsWith(PART))
    .toSorted((one, other) => madeAt(other) - madeAt(one));
}

/**
 * Makes a release of what lies in a checkout, unless there is one, and answers with its folder: copies of its files, and hard
 * links to its modules, where `withModules` says that they are those it asks for. Throws the errors of the file system; a
 * release is whole or not there.
 */
export function makeRelease(checkout: string, paths: Paths, withModules: boolean): string {
  const folder = join(paths.releases, nameVersion(checkout, paths.root));
  if (!existsSync(folder)) {
    const part = join(paths.releases, `${PART}-${basename(folder)}`);
    rmSync(part, { recursive: true, force: true });
    for (const name of partsOf(checkout, paths.root)) {
      cpSync(join(checkout, name), join(part, name), { recursive: true, verbatimSymlinks: true });
    }
    renameSync(part, folder);
  }
  if (withModules && !existsSync(join(folder, MODULES))) takeModules(checkout, folder);
  return folder;
}

/** Links each file of the modules, or copies them from another disk; modules that are a link themselves stay where they are. */
function takeModules(checkout: string, folder: string): void {
  const from = join(checkout, MODULES);
  const part = join(folder, `${PART}-${MODULES}`);
  const clear = () => rmSync(part, { recursive: true, force: true });
  const copy = (how: string) => spawnSync('cp', [how, from, part], { encoding: 'utf8' });
  clear();
  if (lstatSync(from).isSymbolicLink()) symlinkSync(realpathSync(from), part);
  else {
    if (copy('-al').status !== 0) {
      clear();
      const { status, stderr } = copy('-a');
      if (status !== 0) throw new Error(`${MODULES} can not be copied: ${stderr.trim().split('\n').at(-1)}`);
    }
    takeOwn(from, part);
  }
  renameSync(part, join(folder, MODULES));
}

/** npm writes its list of what it installed in place, which a link would follow; what is cached is not needed. */
function takeOwn(from: string, to: string): void {
  for (const name of [LIST, '.cache']) rmSync(join(to, name), { recursive: true, force: true });
  if (existsSync(join(from, LIST))) copyFileSync(join(from, LIST), join(to, LIST));
}

/** The folder of the release that processes are started from; null where that is the checkout. */
export const currentFolder = ({ currentRelease }: Paths): string | null =>
  existsSync(currentRelease) ? realpathSync(currentRelease) : null;

/**
 * From now on processes are started from that release, in one step, so that there is always one; it counts as the newest. With
 * null they are started from the checkout.
 */
export function turnCurrent({ currentRelease }: Paths, folder: string | null): void {
  if (folder === null) {
    rmSync(currentRelease, { force: true });
    return;
  }
  const now = new Date();
  utimesSync(folder, now, now);
  const next = join(dirname(currentRelease), `${PART}-${CURRENT}`);
  rmSync(next, { force: true });
  symlinkSync(folder, next);
  renameSync(next, currentRelease);
}

/** The release that a start in a checkout runs: that of the very same files; null where it was not deployed. */
export function findRelease(checkout: string, paths: Paths): string | null {
  if (listReleases(paths).length === 0) return null;
  const release = join(paths.releases, nameVersion(checkout, paths.root));
  return existsSync(join(release, MODULES)) ? release : null;
}

/** Removes the oldest releases beyond those that are kept, and what was never finished. */
export function pruneReleases(paths: Paths): void {
  const current = currentFolder(paths);
  const others = listReleases(paths).filter((name) => join(realpathSync(paths.releases), name) !== current);
  const tooMany = others.slice(current === null ? KEPT : KEPT - 1);
  const unfinished = readdirSync(paths.releases).filter((name) => name.startsWith(PART));
  for (const name of [...tooMany, ...unfinished]) rmSync(join(paths.releases, name), { recursive: true, force: true });
}
