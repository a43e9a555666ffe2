// @ts-check
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { readProcess } from '../../src/processes/mark.js';

/** A process whose event loop has not turned for this long is frozen: nothing that it does takes a second of it. */
const FROZEN_MS = 5000;
/** One that somebody has stopped (SIGSTOP) is not slow for lack of a processor: less doubt, less time. */
const STOPPED_MS = 4000;
/** From here on its locks are held for it. They end 4 s after their last renewal. */
const DOUBTFUL_MS = 1500;
/**
 * One that has shown itself fewer times since it was started may still be loading: its first sign comes before its
 * libraries are there, and on a busy machine they take longer than any work.
 */
const LOADED_BEATS = 5;
const LOADING_MS = 60_000;
/** When the watch itself was late by this much, the machine stood still, or had no time for anybody. */
const LATE_MS = 1000;

/** @typedef {'alive' | 'doubtful' | 'frozen'} Verdict */
/** @typedef {{ pid: number, beat: number, since: number, beats: number }} Seen */

/**
 * Makes a judge of whether processes are frozen, by the files whose time they set every second. Times are those of a
 * clock that nobody sets.
 * @param {string} folder
 */
export function createBeats(folder) {
  /** @type {Map<string, Seen>} */
  const processes = new Map();
  let judgedAt = performance.now();

  /** @param {string} name */
  const readBeat = (name) => statSync(join(folder, `${name}.beat`), { throwIfNoEntry: false })?.mtimeMs ?? 0;

  return {
    /** Begins a round; after a standstill every process gets its time anew. */
    begin() {
      const now = performance.now();
      if (now - judgedAt > 1000 + LATE_MS) for (const seen of processes.values()) seen.since = now;
      judgedAt = now;
    },

    /**
     * @param {string} name
     * @param {number} pid
     * @returns {Verdict}
     */
    judge(name, pid) {
      const beat = readBeat(name);
      const seen = processes.get(name);
      if (seen?.pid !== pid || beat !== seen.beat) {
        processes.set(name, { pid, beat, since: judgedAt, beats: seen?.pid === pid ? seen.beats + 1 : 0 });
        return 'alive';
      }
      const silentMs = judgedAt - seen.since;
      const stopped = readProcess(pid)?.state === 'T';
      if (seen.beats < LOADED_BEATS && !stopped) return silentMs > LOADING_MS ? 'frozen' : 'alive';
      if (silentMs > (stopped ? STOPPED_MS : FROZEN_MS)) return 'frozen';
      return silentMs > DOUBTFUL_MS || stopped ? 'doubtful' : 'alive';
    },
  };
}
