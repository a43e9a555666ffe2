import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { join, relative, sep } from 'node:path';

// No packages: they may be those of another version.

/** What lies in a checkout and is not the product, or is its operator's. */
const LEFT_OUT = ['.ci', '.env', '.git', '.github', 'bench', 'coverage', 'deploy', 'node_modules', 'test', 'var'];
const DIGEST_LENGTH = 12;

/** The files and folders at the top of a checkout that a release has; never the one with the data. */
export function partsOf(checkout: string, dataDir: string): string[] {
  const [withData] = relative(checkout, dataDir).split(sep);
  return readdirSync(checkout).filter(
    (name) => !LEFT_OUT.includes(name) && name !== withData && !name.endsWith('.log'),
  );
}

/**
 * Names the version that lies in a checkout: its commit; with changes that are not committed, or without git, also a digest of
 * its files. The same files have the same name.
 */
export function nameVersion(checkout: string, dataDir: string): string {
  const commit = readCommit(checkout);
  const parts = partsOf(checkout, dataDir);
  if (commit !== null && git(checkout, 'status', '--porcelain', '--', ...parts) === '') return commit;
  return `${commit ?? 'files'}+${digestFiles(checkout, parts)}`;
}

function readCommit(checkout: string): string | null {
  const [root, commit] = git(checkout, 'rev-parse', '--show-toplevel', 'HEAD')?.split('\n') ?? [];
  // A repository that the checkout lies in says nothing about it.
  return root && commit && realpathSync(root) === realpathSync(checkout) ? commit : null;
}

function git(folder: string, ...args: string[]): string | null {
  const { status, stdout } = spawnSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : null;
}

function digestFiles(checkout: string, parts: readonly string[]): string {
  const hash = createHash('sha256');
  for (const path of parts.flatMap((part) => filesIn(checkout, part)).toSorted()) {
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(checkout, path)))
      .update('\0');
  }
  return hash.digest('hex').slice(0, DIGEST_LENGTH);
}

function filesIn(checkout: string, part: string): string[] {
  if (!statSync(join(checkout, part)).isDirectory()) return [part];
  return readdirSync(join(checkout, part), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => relative(checkout, join(parentPath, name)));
}
