import { setTimeout as delay } from 'node:timers/promises';
import type { Request } from 'express';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import type { JobEvents } from '../../queue/producer/events.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { stillHolds } from '../auth/identify.ts';

/** The longest a request may ask to wait. */
const MAX_WAIT_SECONDS = 30;
/** Looked at so often without a sign, in case one was missed. */
const LOOK_AGAIN_MS = 5000;

/** Seconds of `Prefer: wait=N` (RFC 7240), at most 30; 0 without one. */
export function preferredWait(req: Request): number {
  const seconds = /(?:^|[,;\s])wait\s*=\s*"?(\d{1,9})"?/i.exec(req.get('prefer') ?? '')?.[1];
  return Math.min(Number(seconds ?? 0), MAX_WAIT_SECONDS);
}

export interface Waiter {
  /**
   * The job when it has ended, or as it stands when the time is over, the client has gone or this process stops; as it was before where the
   * request's key or session was ended meanwhile.
   */
  waitForEnd(req: Request, job: StoredJob, seconds: number): Promise<StoredJob>;
}

/** Waits for jobs' ends on the process's one subscription. */
export function createWaiter(producer: Producer, events: JobEvents): Waiter {
  return {
    async waitForEnd(req, job, seconds) {
      const over = performance.now() + seconds * 1000;
      let newest = job;
      let sign = Promise.withResolvers<void>();
      // Watched throughout, and a sign is taken up before the look: no end falls into a gap between the two.
      const stop = events.watch(job.id, () => sign.resolve());
      try {
        const waits = () => performance.now() < over && !req.socket.destroyed && !events.isStopping();
        while (!hasEnded(newest.state) && waits()) {
          newest = (await producer.find(job.id)) ?? newest;
          if (hasEnded(newest.state)) break;
          await Promise.race([sign.promise, pause(Math.min(LOOK_AGAIN_MS, over - performance.now()))]);
          sign = Promise.withResolvers<void>();
        }
      } finally {
        stop();
      }
      return (await stillHolds(req)) ? newest : job;
    },
  };
}

/** Waits so many ms; keeps no process alive. */
export const pause = (ms: number): Promise<void> => delay(Math.max(0, ms), undefined, { ref: false });
