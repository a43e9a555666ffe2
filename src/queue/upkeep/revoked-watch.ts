import type { Log } from '../../log.ts';
import { createLoop, type Loop } from '../loop.ts';

const LOOK_EVERY_MS = 5000;
/**
 * A key that is unknown for so long was taken out of the settings. Processes that are restarted one after the other may
 * have other settings for a while; `keys revoke` pauses what its key has at once.
 */
const GRACE_MS = 60_000;

/** What keys have that acts for them by itself. */
export interface ActingRecords {
  /** What they are called in the log. */
  what: string;
  /** The names of all callers that have some. */
  callers(): Promise<string[]>;
  /** Pauses all of a caller's, but for those that are paused; how many. */
  pauseAll(caller: string, reason: 'key_revoked'): Promise<number>;
}

export interface RevokedWatchDeps {
  records: readonly ActingRecords[];
  /** Whether there is a key of that name; rejects when that can't be said. */
  isKey(name: string): Promise<boolean>;
  graceMs?: number;
  log: Log;
}

/** Makes the loop that pauses the webhook endpoints and schedules of keys that are no more. */
export function createRevokedWatch({ records, isKey, graceMs = GRACE_MS, log }: RevokedWatchDeps): Loop {
  const unknownSince = new Map<string, number>();
  return createLoop({
    everyMs: LOOK_EVERY_MS,
    async run() {
      const callers = new Set((await Promise.all(records.map((one) => one.callers()))).flat());
      for (const caller of callers) {
        if (await isKey(caller)) {
          unknownSince.delete(caller);
          continue;
        }
        const since = unknownSince.get(caller) ?? performance.now();
        unknownSince.set(caller, since);
        if (performance.now() - since < graceMs) continue;
        for (const { what, pauseAll } of records) {
          if ((await pauseAll(caller, 'key_revoked')) > 0)
            log.warn({ caller }, `the key is gone: its ${what} are paused`);
        }
      }
    },
    onError: (err) => log.debug({ err }, 'revoked keys not looked for'),
  });
}
