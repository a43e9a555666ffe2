import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** What a program may take: seconds of a processor, bytes of memory (as addresses), bytes of each file it writes. */
export interface ProgramLimits {
  seconds: number;
  memoryBytes: number;
  fileBytes: number;
}

/** Sets the limits, and becomes the program: its words are arguments, and no part of the script. */
const SCRIPT = 'ulimit -c 0 && ulimit -t "$1" && ulimit -v "$2" && ulimit -f "$3" && shift 3 && exec "$@"';
/** A file's limit is counted in blocks. */
const BLOCK_BYTES = 512;

/**
 * Runs a program within limits, in a process group of its own, and returns whether it ended well; what it says is dropped.
 * Rejects with the signal's reason when that aborts; the group is ended then.
 */
export async function runLimited(
  command: readonly string[],
  { seconds, memoryBytes, fileBytes }: ProgramLimits,
  signal: AbortSignal,
): Promise<boolean> {
  signal.throwIfAborted();
  const limits = [seconds, Math.ceil(memoryBytes / 1024), Math.ceil(fileBytes / BLOCK_BYTES)].map(String);
  const child = spawn('/bin/sh', ['-c', SCRIPT, 'sh', ...limits, ...command], {
    detached: true,
    stdio: 'ignore',
    env: { PATH: '/usr/bin:/bin' },
    cwd: '/',
  });
  const end = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  };
  signal.addEventListener('abort', end, { once: true });
  try {
    const [code] = (await once(child, 'exit').catch(() => [null])) as [number | null];
    signal.throwIfAborted();
    return code === 0;
  } finally {
    signal.removeEventListener('abort', end);
  }
}
