import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { classifyRedisError } from '../../redis/errors.ts';
import { actionKey } from '../../redis/keys.ts';
import { releaseLockScript } from '../scripts/release-lock.ts';

/** Whoever does an action has this long; then it counts as broken off, and the next one does it. */
const CLAIM_MS = 10_000;
/** The answer is given again for as long as this. */
const KEPT_MS = 86_400_000;
const LOOK_EVERY_MS = 100;
/** The beginning of a claim: the action is under way. */
const UNDER_WAY = '?';

/**
 * Does an action once for all who ask for it under that name: the others wait for its answer, and those who come later
 * get it too. Null is no answer: nothing was done, and the next one may. Rejects as the action does, which then was not
 * done, and with queue_unavailable.
 */
export type Once = (name: string, act: () => Promise<string | null>) => Promise<string | null>;

/** Makes it over a connection of `openProducerRedis`. */
export function createOnce(redis: Redis): Once {
  const release = (key: string, mark: string) => releaseLockScript(redis, [key], [mark]).catch(() => {});

  /** Answers null when the action is ours now, else what is known of it. */
  const claim = async (key: string, mark: string): Promise<string | null> => {
    try {
      for (;;) {
        if ((await redis.set(key, mark, 'PX', CLAIM_MS, 'NX')) === 'OK') return null;
        const known = await redis.get(key);
        if (known !== null) return known;
      }
    } catch (error) {
      // It may have been claimed without an answer. Redis does things in their order: this comes after it.
      void release(key, mark);
      throw classifyRedisError(error);
    }
  };

  return async (name, act) => {
    const key = actionKey(name);
    const mark = `${UNDER_WAY}${randomUUID()}`;
    let known = await claim(key, mark);
    while (known?.startsWith(UNDER_WAY)) {
      await delay(LOOK_EVERY_MS);
      known = await claim(key, mark);
    }
    if (known !== null) return known;
    const answer = await act().catch(async (error) => {
      await release(key, mark);
      throw error;
    });
    if (answer === null) await release(key, mark);
    // It is done, whether that can be noted or not; all actions of the pages do nothing twice.
    else await redis.set(key, answer, 'PX', KEPT_MS).catch(() => {});
    return answer;
  };
}
