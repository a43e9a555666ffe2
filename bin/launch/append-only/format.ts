import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What ends a snapshot, and the sum that means "not counted". */
const END = Buffer.from([0xff, 0, 0, 0, 0, 0, 0, 0, 0]);

/** Reads the version of the installed redis-server; `unknown` where there is none. */
export async function readServerVersion(): Promise<string> {
  const { stdout } = await run('redis-server', ['--version']).catch(() => ({ stdout: '' }));
  return /\bv=(\S+)/.exec(stdout)?.[1] ?? 'unknown';
}

/** Whether the installed Redis reads snapshots of that version of their format, as its own checker says of an empty one. */
export async function canReadFormat(format: number): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'heavylift-format-'));
  try {
    const file = join(folder, 'empty.rdb');
    await writeFile(file, Buffer.concat([Buffer.from(`REDIS${String(format).padStart(4, '0')}`), END]));
    return await run('redis-check-rdb', [file]).then(
      () => true,
      (error: NodeJS.ErrnoException) => error.code === 'ENOENT',
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
