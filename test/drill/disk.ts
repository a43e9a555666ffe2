import { execFileSync } from 'node:child_process';
import { rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';

/** Sparse: it takes what is written to it. */
const SIZE = '4G';

/** A file system of its own. */
export interface Disk {
  /** Leaves no byte free. */
  fill(): void;
  makeRoom(): void;
  /** Throws while a file is open for writing. */
  setWritable(writable: boolean): void;
  unmount(): void;
}

/** Mounts one at `path`, kept in the file `image`; null where that can't be done, as when one is not root. */
export function mountDisk(image: string, path: string): Disk | null {
  const run = (command: string, ...args: string[]) => void execFileSync(command, args, { stdio: 'pipe' });
  const ballast = join(path, 'ballast');
  try {
    run('truncate', '-s', SIZE, image);
    run('mkfs.ext4', '-q', '-m', '0', image);
    run('mount', '-o', 'loop', image, path);
  } catch {
    return null;
  }
  rmSync(join(path, 'lost+found'), { recursive: true });
  return {
    fill() {
      // What others write meanwhile is taken from what is to be filled: again, until there is nothing.
      for (let part = 0; part < 20; part++) {
        const { bavail, bsize } = statfsSync(path);
        if (bavail === 0) break;
        try {
          run('fallocate', '-l', String(bavail * bsize), `${ballast}-${part}`);
        } catch {
          run('sh', '-c', 'cat /dev/zero > "$1" || true', 'sh', `${ballast}-${part}`);
        }
      }
    },
    makeRoom() {
      run('sh', '-c', 'rm -f "$1"-*', 'sh', ballast);
    },
    setWritable: (writable) => run('mount', '-o', `remount,${writable ? 'rw' : 'ro'}`, path),
    unmount: () => run('umount', '--lazy', path),
  };
}
