import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../../../src/errors.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import { ownKey, type Redis } from '../../../src/redis/script.ts';
import type { CallInput } from '../input/call.ts';
import { readRate } from '../input/rate.ts';
import { enterRateScript, leaveRateScript } from './rate-scripts.ts';

const KIND = 'calls';
/** A place outlives its attempt by this when its worker has died. */
const SPARE_MS = 15_000;
/** Whoever waits asks again after this at the latest: others before it may be gone. */
const ASK_AGAIN_MS = 60_000;

/** A turn this near is waited for, by a few calls of each worker; for a further one the call is put back. */
const SHORT_WAIT_MS = 500;

/** What keeps a call, for how many milliseconds, and the name of its sending. */
type Answer = [kept: 'in' | 'rate' | 'slot', waitMs: number, sending: string];

type RatedCall = Pick<RunningJob<CallInput>, 'id' | 'caller' | 'input'>;

/** What a call has of its rate: `leave` gives it back, `isSent` tells whether anything was sent. */
export interface RateTurn {
  leave(isSent: boolean): Promise<void>;
}

/** Holds calls to the rates that they name, over all workers. */
export interface Rates {
  /** Takes a turn. Throws slots_full, which uses up no attempt, while the rate is used up. */
  enter(call: RatedCall, signal: AbortSignal): Promise<RateTurn>;
}

/** Makes the rates of all callers, for a worker with so many places; each caller's keys are its own. */
export function createRates(redis: Redis, concurrency: number): Rates {
  const mostWaiting = Math.ceil(concurrency / 4);
  let waiting = 0;
  return {
    async enter({ id, caller, input }, signal) {
      const { rate, timeout } = input;
      if (!rate) return { leave: async () => {} };
      const { count, windowMs } = (rate.limit && readRate(rate.limit)) || { count: 0, windowMs: 0 };
      const keys = keysOf(caller, rate.key);
      const jobs = queueKey(KIND, '');
      const limits = [count, windowMs, rate.concurrency ?? 0, timeout + SPARE_MS, jobs, ASK_AGAIN_MS];
      const ask = async () => (await enterRateScript(redis, keys, [id, ...limits])) as Answer;
      let [kept, waitMs, sending] = await ask();
      if (kept === 'rate' && waitMs <= SHORT_WAIT_MS && waiting < mostWaiting) {
        waiting += 1;
        try {
          for (let leftMs = SHORT_WAIT_MS; kept === 'rate' && waitMs <= leftMs; leftMs -= waitMs) {
            await delay(waitMs, undefined, { signal }).catch(() => {});
            signal.throwIfAborted();
            [kept, waitMs, sending] = await ask();
          }
        } finally {
          waiting -= 1;
        }
      }
      if (kept !== 'in') throw putBack(kept, waitMs, rate);
      const intervalMs = count === 0 ? 0 : windowMs / count;
      return {
        async leave(isSent) {
          await leaveRateScript(redis, keys, [id, isSent ? '' : sending, jobs, intervalMs]);
        },
      };
    },
  };
}

function putBack(waitingOn: 'rate' | 'slot', waitMs: number, rate: NonNullable<CallInput['rate']>): AppError {
  const sentence =
    waitingOn === 'rate'
      ? `It waits for its turn: ${rate.limit} calls with the rate key ${rate.key}.`
      : `It waits for its turn: ${rate.concurrency} calls at once with the rate key ${rate.key}.`;
  return new AppError('slots_full', sentence, { retryAfterSeconds: waitMs / 1000, waitingOn });
}

function keysOf(caller: string, key: string): string[] {
  const name = createHash('sha256').update(`${caller}\0${key}`).digest('base64url');
  const own = (what: string) => ownKey(KIND, `rate:${name}:${what}`);
  return [own('sent'), own('waiting'), own('places'), queueKey(KIND, 'delayed'), own('due')];
}
