import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new private folder with a path short enough for unix sockets, and how to remove it. */
export function makeTempDir(): { path: string; remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), 'hl-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
