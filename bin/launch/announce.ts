import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setInterval } from 'node:timers';
import { dataPaths } from '../../src/data-dir.ts';
import type { DeploymentNotes, Restored } from '../../src/deployment/notes.ts';
import type { RedisConfig } from '../../src/redis/connect.ts';
import { createLibraryProbe } from './libraries.ts';
import { openOwnWorkers } from './own-workers.ts';
import { askReadiness, type Probe, waitUntilReady } from './readiness.ts';
import { restartOnChange } from './restart-on-change.ts';

/** What is said when everything is up, and what is asked before. */
export interface Announcement {
  banner: string;
  /** Where the web process answers on this machine. */
  address: string;
  /** The kinds that have workers here. */
  kinds: string[];
  /** When everything was started (RFC 3339). */
  since: string;
  redis: RedisConfig;
  /** Whether to go on then, and restart the processes when a source file changes. */
  restartsOnChange: boolean;
}

/** What is printed where the deployment's id had been lost. */
const RESTORED = {
  redis: ({ at, files = 0 }: Restored) =>
    `Redis was empty (${at}) beside ${files} uploads and results in storage: is it the right one? Their jobs are gone.`,
  storage: ({ at }: Restored) =>
    `storage had lost the id of this deployment (${at}) while Redis holds jobs: is it the right one?`,
};

/** What is printed where a secret or the first key was made anew. */
const REMADE = {
  key: (at: string) => `The file api-key was gone and was made anew (${at}): whoever has the key before it gets 401.`,
  secret: (at: string) =>
    `The deployment's secret was lost and replaced (${at}): everybody has to sign in again, links in mails lead nowhere.`,
};

const LOOK_MS = 200;
const repository = join(import.meta.dirname, '../..');
const print = (line: string) => void process.stdout.write(`${line}\n`);

/** Aborts when supervisord, which this process is a child of, has ended. */
function followParent(): AbortSignal {
  const parent = process.ppid;
  const ended = new AbortController();
  const look = () => {
    if (process.ppid !== parent) ended.abort();
  };
  setInterval(look, LOOK_MS).unref();
  return ended.signal;
}

/** Says what an operator should know of the deployment. */
function printNotes({ restored, remade }: Pick<DeploymentNotes, 'restored' | 'remade'>): void {
  for (const note of restored) print(RESTORED[note.side](note));
  for (const { what, at } of remade) print(REMADE[what](at));
}

/**
 * `node bin/launch/announce.ts FILE`: waits until the web process is ready, a worker of each kind lives and its libraries have
 * loaded once, and says so and how to get in; then it ends, as it does with supervisord.
 */
const [file = ''] = process.argv.slice(2);
const { banner, address, kinds, since, redis, restartsOnChange }: Announcement = JSON.parse(readFileSync(file, 'utf8'));
rmSync(file);
// The terminal may be gone: no reason to fail.
process.stdout.on('error', () => {});
const signal = followParent();
const workers = openOwnWorkers(redis, kinds, since);
const probes: Probe[] = [
  () => askReadiness(address),
  workers.probe,
  createLibraryProbe(kinds, { repository, print, signal }),
];
await waitUntilReady({ probes, print, signal });
if (!signal.aborted) {
  printNotes(await workers.readNotes().catch(() => ({ restored: [], remade: [] })));
  print(banner);
  workers.close();
  if (restartsOnChange) await restartOnChange({ paths: dataPaths(redis.DATA_DIR), print, signal });
}
process.exit(0);
