import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const BEAT_EVERY_MS = 1000;
/** The folder that this process runs from: a release's, or the checkout. */
const CODE = join(import.meta.dirname, '../..');

/** Takes the place that supervisord gives a process (`--place`) from its arguments; null where a person started it. */
export function takePlace(args: string[]): { place: string | null; rest: string[] } {
  const { values, positionals } = parseArgs({
    args,
    options: { place: { type: 'string' } },
    allowPositionals: true,
    strict: false,
  });
  return { place: typeof values.place === 'string' ? values.place : null, rest: positionals };
}

/** The file whose time says when the process of that name has last shown that its event loop turns. */
export const beatFile = (folder: string, name: string): string => join(folder, `${name}.beat`);

/** The file that says which process of that name is ready, and where its code lies. */
export const readyFile = (folder: string, name: string): string => join(folder, `${name}.ready`);

/** Says that the process does from now on what it is for; nothing for a process without a place. */
export function tellReady(place: string | null, folder: string): void {
  const [, name] = place?.split(':') ?? [];
  if (!name) return;
  try {
    writeFileSync(readyFile(folder, name), JSON.stringify({ pid: process.pid, code: CODE }), { mode: 0o600 });
  } catch {
    // The folder is gone or full: who waits for it is told by its absence.
  }
}

/**
 * Shows every second, for as long as the process lives, that its event loop turns: the watch ends one that is frozen.
 * Does nothing for a process without a place. Synchronous on purpose: work fills the threads that the other way needs.
 */
export function startBeat(place: string | null, folder: string): void {
  const [, name] = place?.split(':') ?? [];
  if (!name) return;
  const file = beatFile(folder, name);
  const beat = () => {
    const now = Date.now() / 1000;
    try {
      utimesSync(file, now, now);
    } catch {
      writeFileSync(file, '', { mode: 0o600 });
    }
  };
  const attempt = () => {
    try {
      beat();
    } catch {
      // The folder is gone or full: a process without a beat from its start is left alone for a minute.
    }
  };
  attempt();
  setInterval(attempt, BEAT_EVERY_MS).unref();
}
