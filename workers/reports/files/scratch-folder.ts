import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { classifyDiskError } from '../../../src/storage/disk-errors.ts';
import type { ReportsConfig } from '../settings.ts';

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

/** Makes an empty folder below DATA_DIR, on the disk that results go to. Rejects with AppError where it fails. */
export async function openScratchFolder({ DATA_DIR, REPORTS_TIMEOUT_SECONDS }: ReportsConfig): Promise<ScratchFolder> {
  const root = join(DATA_DIR, 'tmp', 'reports');
  try {
    await mkdir(root, { recursive: true, mode: 0o700 });
    await removeStale(root, REPORTS_TIMEOUT_SECONDS * 1000 + GRACE_MS);
    const path = await mkdtemp(join(root, 'run-'));
    return { path, remove: () => rm(path, { recursive: true, force: true, maxRetries: 3 }) };
  } catch (error) {
    throw classifyDiskError(error);
  }
}
