import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';

/** The deployment's secrets: what is new is made with the first; what the others made is read for as long as they are here. */
export type Secrets = readonly [newest: string, ...before: string[]];

/** The deployment's secrets: DEPLOYMENT_SECRET, or else one made at the first start and kept in the data directory. */
export function openSecrets(config: Config): Secrets {
  const { secretFile } = dataPaths(config.DATA_DIR);
  return config.DEPLOYMENT_SECRET ?? [keepOnce(secretFile, () => randomBytes(32).toString('hex'))];
}

/** Reads the deployment's secrets without making one; null while there is none. */
export function findSecrets(config: Config): Secrets | null {
  const { secretFile } = dataPaths(config.DATA_DIR);
  if (config.DEPLOYMENT_SECRET) return config.DEPLOYMENT_SECRET;
  return existsSync(secretFile) ? [readKept(secretFile)] : null;
}

/** The file's content; where there is none yet, a new one that appears whole, also when two processes start at once. */
export function keepOnce(path: string, create: () => string): string {
  if (!existsSync(path)) {
    const draft = `${path}.${process.pid}`;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    try {
      writeFileSync(draft, `${create()}\n`, { mode: 0o600, flush: true });
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  return readKept(path);
}

/** Reads a kept file; throws when it is empty. */
function readKept(path: string): string {
  const kept = readFileSync(path, 'utf8').trim();
  // As a key it would let in whoever enters nothing; as a secret, anybody could sign a session.
  if (kept === '') throw new Error(`${path} is empty; remove it, and a new one is made`);
  return kept;
}
