import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '../temp-dir.ts';
import { ALL_KINDS } from './fleet.ts';

const REPOSITORY = join(import.meta.dirname, '../../..');
const NPM_WITHIN_MS = 300_000;

/** A commit of this repository as it was, with the libraries that it wants. */
export interface OldVersion {
  path: string;
  /** Those of the kinds of today that it had. */
  kinds: string[];
  remove(): void;
}

const git = (...args: string[]) => spawnSync('git', ['-C', REPOSITORY, ...args], { encoding: 'utf8' });

/** Whether this clone has the commit: a shallow one does not. */
export const hasCommit = (commit: string): boolean => git('cat-file', '-e', `${commit}^{commit}`).status === 0;

/** Takes a commit out of git into a folder of its own; throws what git or npm say. */
export function checkOutVersion(commit: string): OldVersion {
  const { path, remove } = makeTempDir();
  const folder = join(path, 'version');
  mkdirSync(folder);
  run('sh', ['-c', `git -C '${REPOSITORY}' archive ${commit} | tar -x -C '${folder}'`]);
  if (areInstalled(folder)) symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  else run('npm', ['ci', '--omit=dev', '--no-audit', '--no-fund'], folder);
  return { path: folder, kinds: ALL_KINDS.filter((kind) => existsSync(join(folder, 'workers', kind))), remove };
}

function run(command: string, args: string[], cwd = REPOSITORY): void {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8', timeout: NPM_WITHIN_MS });
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: ${status}\n${stderr}`);
}

interface Locked {
  version?: string;
  dev?: boolean;
  optional?: boolean;
}

/** Whether what its lock says of libraries is what is installed here. */
function areInstalled(folder: string): boolean {
  const installed = join(REPOSITORY, 'node_modules/.package-lock.json');
  if (!existsSync(installed)) return false;
  const [wanted, here] = [join(folder, 'package-lock.json'), installed].map(readPackages) as [
    Record<string, Locked>,
    Record<string, Locked>,
  ];
  return Object.entries(wanted).every(
    ([name, { version, dev, optional }]) => name === '' || dev || optional || here[name]?.version === version,
  );
}

const readPackages = (file: string) =>
  (JSON.parse(readFileSync(file, 'utf8')) as { packages: Record<string, Locked> }).packages;
