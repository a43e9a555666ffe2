import type { Redis } from 'ioredis';
import { jobKey, jobLockKey, queueKey } from '../../redis/keys.ts';
import { cancelledError } from '../cancelled-error.ts';
import { createLoop, type Loop } from '../loop.ts';
import { LockLost, type LockState, toLockState } from '../run/lock-state.ts';
import type { ActiveRuns, Run } from '../run/run.ts';
import type { RunRecord } from '../run/run-record.ts';
import { renewLockScript } from '../scripts/runs/renew-lock.ts';

/**
 * A killed worker's job must run again within seconds: its lock ends after LOCK_MS, and Bull looks for such jobs every
 * STALLED_CHECK_MS. Short locks hold because no heavy work runs on a worker's event loop.
 */
export const LOCK_MS = 4000;
export const STALLED_CHECK_MS = 2000;
const RENEW_EVERY_MS = 1000;

export interface LockRenewerOptions {
  redis: Redis;
  /** Bull's lock token of this worker. */
  token: string;
  active: ActiveRuns;
  onError: (error: unknown) => void;
}

/**
 * Renews the locks of a worker's runs every second, and stops the runs that have lost theirs or whose job was
 * cancelled. (Bull's own renewal does not notice either.)
 */
export function createLockRenewer({ redis, token, active, onError }: LockRenewerOptions): Loop {
  const renew = async ({ record, controller, log }: Run) => {
    const lock = await renewLock(redis, record, token);
    if (lock === 'kept' || controller.signal.aborted) return;
    log.info({ lock }, 'this run stops');
    controller.abort(lock === 'lost' ? new LockLost() : cancelledError());
  };
  return createLoop({ everyMs: RENEW_EVERY_MS, run: () => Promise.all([...active.values()].map(renew)), onError });
}

async function renewLock(redis: Redis, { kind, jobId, run }: RunRecord, token: string): Promise<LockState> {
  const [stalled, active] = [queueKey(kind, 'stalled'), queueKey(kind, 'active')];
  const keys = [jobLockKey(kind, jobId), stalled, active, jobKey(kind, jobId)];
  return toLockState(await renewLockScript(redis, keys, [token, LOCK_MS, jobId, run]));
}
