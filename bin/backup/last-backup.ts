import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DataPaths } from '../../src/data-dir.ts';

/** The last backup that was made of a data directory. */
export interface LastBackup {
  /** Its moment, RFC 3339. */
  at: string;
  file: string;
  bytes: number;
}

const pathOf = ({ root }: DataPaths): string => join(root, 'last-backup.json');

/** Notes in the data directory that a backup was made of it; a backup counts without that too. Never throws. */
export function noteBackup(paths: DataPaths, last: LastBackup): void {
  const draft = `${pathOf(paths)}.${process.pid}`;
  try {
    writeFileSync(draft, `${JSON.stringify(last)}\n`, { mode: 0o600 });
    renameSync(draft, pathOf(paths));
  } catch {
    rmSync(draft, { force: true });
  }
}

/** Reads which backup was the last one; null where none is noted. */
export function readLastBackup(paths: DataPaths): LastBackup | null {
  try {
    const { at, file, bytes } = JSON.parse(readFileSync(pathOf(paths), 'utf8')) as LastBackup;
    return Number.isNaN(Date.parse(at)) ? null : { at, file: String(file), bytes: Number(bytes) };
  } catch {
    return null;
  }
}
