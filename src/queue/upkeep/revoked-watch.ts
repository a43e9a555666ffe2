import type { Endpoints } from '../../endpoints/store.ts';
import type { Log } from '../../log.ts';
import { createLoop, type Loop } from '../loop.ts';

const LOOK_EVERY_MS = 5000;
/**
 * A key that is unknown for so long was taken out of the settings. Processes that are restarted one after the other may
 * have other settings for a while; `keys revoke` pauses the endpoints of its key at once.
 */
const GRACE_MS = 60_000;

export interface RevokedWatchDeps {
  endpoints: Pick<Endpoints, 'callers' | 'pauseAll'>;
  /** Whether there is a key of that name; rejects when that can't be said. */
  isKey(name: string): Promise<boolean>;
  graceMs?: number;
  log: Log;
}

/** Makes the loop that pauses the endpoints of keys that are no more. */
export function createRevokedWatch({ endpoints, isKey, graceMs = GRACE_MS, log }: RevokedWatchDeps): Loop {
  const unknownSince = new Map<string, number>();
  return createLoop({
    everyMs: LOOK_EVERY_MS,
    async run() {
      for (const caller of await endpoints.callers()) {
        if (await isKey(caller)) {
          unknownSince.delete(caller);
          continue;
        }
        const since = unknownSince.get(caller) ?? performance.now();
        unknownSince.set(caller, since);
        if (performance.now() - since >= graceMs && (await endpoints.pauseAll(caller, 'key_revoked')) > 0) {
          log.warn({ caller }, 'the key is gone: its webhook endpoints are paused');
        }
      }
    },
    onError: (err) => log.debug({ err }, 'endpoints of revoked keys not looked for'),
  });
}
