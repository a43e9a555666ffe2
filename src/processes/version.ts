import { readFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join } from 'node:path';

/** The folder that this process runs from: a release's, or the checkout. */
const CODE = join(import.meta.dirname, '../..');

let read: string | undefined;

/**
 * The version that this process runs: the name of its release; the commit of its checkout, and `+checkout`; where git is not there
 * either, the version of the package.
 */
export const codeVersion = (): string => (read ??= readVersion(CODE));

/** Reads the version of what lies in a folder, without git or any library. */
export function readVersion(folder: string): string {
  if (basename(dirname(folder)) === 'releases') return basename(folder);
  try {
    return `${readCommit(folder)}+checkout`;
  } catch {
    return (JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }).version;
  }
}

function readCommit(folder: string): string {
  const { own, common } = findGit(folder);
  const head = readLine(own, 'HEAD');
  if (!head.startsWith('ref: ')) return head;
  const ref = head.slice('ref: '.length);
  try {
    return readLine(common, ref);
  } catch {
    const packed = readFileSync(join(common, 'packed-refs'), 'utf8').split('\n');
    const [commit] = packed.find((line) => line.endsWith(` ${ref}`))?.split(' ') ?? [];
    if (commit === undefined) throw new Error(`git has no ${ref}`);
    return commit;
  }
}

/** The folder of git, and what it has in common with other worktrees. */
function findGit(folder: string): { own: string; common: string } {
  const path = join(folder, '.git');
  let own = path;
  try {
    own = resolveFrom(
      folder,
      readFileSync(path, 'utf8')
        .trim()
        .replace(/^gitdir: /, ''),
    );
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EISDIR') throw error;
  }
  try {
    return { own, common: resolveFrom(own, readLine(own, 'commondir')) };
  } catch {
    return { own, common: own };
  }
}

const resolveFrom = (folder: string, path: string): string => (isAbsolute(path) ? path : join(folder, path));

const readLine = (folder: string, file: string): string => readFileSync(join(folder, file), 'utf8').trim();
