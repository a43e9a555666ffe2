import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { classifyDiskError } from './disk-errors.ts';

/** A folder for the files of one run. */
export interface ScratchFolder {
  path: string;
  remove(): Promise<void>;
}

/** No run is older than its time limit, and some minutes for storing what it made. */
const GRACE_MS = 600_000;

/** Removes folders that no run uses any more: a worker that is killed leaves its own. */
async function removeStale(root: string, maxAgeMs: number): Promise<void> {
  for (const name of await readdir(root)) {
    const path = join(root, name);
    const stats = await stat(path).catch(() => undefined);
    if (stats && Date.now() - stats.mtimeMs > maxAgeMs) await rm(path, { recursive: true, force: true });
  }
}

/** What a scratch folder is for: a kind, and how long one of its runs may take. */
interface ScratchUse {
  kind: string;
  timeoutMs: number;
}

/** Makes an empty folder for a run below the data folder, on this host's disk. Rejects with AppError where it fails. */
export async function openScratchFolder(dataDir: string, { kind, timeoutMs }: ScratchUse): Promise<ScratchFolder> {
  const root = join(dataDir, 'tmp', kind);
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await removeStale(root, timeoutMs + GRACE_MS);
    const path = await mkdtemp(join(root, 'run-'));
    return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
  } catch (error) {
    throw classifyDiskError(error);
  }
}
