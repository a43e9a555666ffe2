import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export const VOLUME_BYTES = 5 * 1024 * 1024;

/** A file system of its own with little room. */
export type SmallVolume = NonNullable<ReturnType<typeof mountSmallVolume>>;

/** Mounts one at `path`; null where the machine does not let us, as when we are not root. */
export function mountSmallVolume(path: string) {
  const ballast = join(path, 'ballast');
  mkdirSync(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${VOLUME_BYTES},mode=0700`, 'tmpfs', path], { stdio: 'pipe' });
  } catch {
    return null;
  }
  return {
    /** Every file in it but the ballast, as paths below it. */
    files: () =>
      readdirSync(path, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== 'ballast')
        .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1)),
    /** Leaves that many bytes free. */
    fillUpTo(freeBytes: number) {
      const { bavail, bsize } = statfsSync(path);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - freeBytes));
    },
    makeRoom: () => rmSync(ballast, { force: true }),
    setWritable: (writable: boolean) => void execFileSync('mount', ['-o', `remount,${writable ? 'rw' : 'ro'}`, path]),
    unmount: () => void execFileSync('umount', ['--lazy', path]),
  };
}
