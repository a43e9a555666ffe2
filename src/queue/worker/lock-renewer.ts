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
/**
 * A run whose lock could not be renewed for so many seconds stops: either another worker has its job, or Redis is away for
 * everybody and it runs again afterwards. It is much longer than a restart of Redis takes. Seconds in which this process
 * stood still do not count.
 */
const SILENT_SECONDS = 15;

export interface LockRenewerOptions {
  redis: Redis;
  /** Bull's lock token of this worker. */
  token: string;
  active: ActiveRuns;
  onError: (error: unknown) => void;
}

/**
 * Renews the locks of a worker's runs every second, and stops the runs that have lost theirs, whose job was cancelled, or
 * of which Redis has said nothing for long. (Bull's own renewal notices none of it.)
 */
export function createLockRenewer({ redis, token, active, onError }: LockRenewerOptions): Loop {
  const silentSeconds = new WeakMap<Run, number>();

  const renew = async (run: Run) => {
    const { record, controller, log } = run;
    const lock = await renewLock(redis, record, token).catch((error: Error) => {
      // A Redis that refuses to write has nobody else take the job either.
      if (error.name === 'ReplyError') silentSeconds.set(run, 0);
      throw error;
    });
    silentSeconds.set(run, 0);
    if (lock === 'kept' || controller.signal.aborted) return;
    log.info({ lock }, 'this run stops');
    controller.abort(lock === 'lost' ? new LockLost() : cancelledError());
  };
  const countSilence = async () => {
    for (const run of active.values()) {
      const silent = (silentSeconds.get(run) ?? 0) + 1;
      silentSeconds.set(run, silent);
      if (silent <= SILENT_SECONDS || run.controller.signal.aborted) continue;
      run.log.warn({ silent }, 'Redis says nothing of this run any more; it stops');
      run.controller.abort(new LockLost());
    }
  };
  const loops = [
    createLoop({ everyMs: RENEW_EVERY_MS, run: () => Promise.all([...active.values()].map(renew)), onError }),
    createLoop({ everyMs: 1000, run: countSilence, onError }),
  ];
  return {
    start: () => loops.forEach(({ start }) => void start()),
    stop: () => loops.forEach(({ stop }) => void stop()),
  };
}

async function renewLock(redis: Redis, { kind, jobId, run }: RunRecord, token: string): Promise<LockState> {
  const [stalled, active] = [queueKey(kind, 'stalled'), queueKey(kind, 'active')];
  const keys = [jobLockKey(kind, jobId), stalled, active, jobKey(kind, jobId)];
  return toLockState(await renewLockScript(redis, keys, [token, LOCK_MS, jobId, run]));
}
