import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { dataPaths, makeDataDir } from '../../../src/data-dir.ts';
import { findSupervisor } from '../supervisor.ts';
import { makeRelease } from './releases.ts';

/**
 * Makes a release of this checkout and prints its folder: the first step of `bin/deploy`. It has no packages, since those of the
 * checkout may be of another version, and so reads of the settings only where the data lies. Exit status 3 where nothing
 * runs there, 1 with a line for the operator where the release can not be made.
 */
const checkout = join(import.meta.dirname, '../../..');
process.chdir(checkout);
const settings = existsSync('.env') ? parseEnv(readFileSync('.env', 'utf8')) : {};
// biome-ignore lint/style/noProcessEnv: the reader of settings needs packages
const paths = dataPaths(resolve(process.env['DATA_DIR'] || settings['DATA_DIR'] || 'var'));

function refuse(line: string, status: number): never {
  process.stderr.write(`${line}\n`);
  process.exit(status);
}

if ((await findSupervisor(paths.supervisorSocket)) === null) {
  refuse(`Heavylift does not run on ${paths.root}. Start it with: bin/heavylift start`, 3);
}
try {
  makeDataDir(paths);
  const { status } = spawnSync(process.execPath, ['bin/modules-fresh.js']);
  process.stdout.write(`${makeRelease(checkout, paths, status === 0)}\n`);
} catch (error) {
  refuse(`no release was made, and nothing was changed: ${(error as Error).message}`, 1);
}
