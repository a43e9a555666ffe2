import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { roomKey } from './keys.ts';

/** Redis waits that long for its replicas, each time it is asked. */
const WAIT_MS = 400;
const AGAIN_MS = 50;
/** Replicas that fall behind for a moment are waited for. */
const ASSURED_WITHIN_MS = 10_000;
const MARK_MS = 10_000;

/**
 * What is known of keys: `held` by enough replicas; `behind`, the master alone may have them, or it did not say; `gone`, one of them
 * is not there, since the master is another one.
 */
export type Held = 'held' | 'behind' | 'gone';

/** Makes sure that what was written is on other machines too (REDIS_WAIT). */
export interface Replicas {
  /** How many have to have it. */
  wanted: number;
  /**
   * Resolves when so many replicas have a key of that room, as it is now or later; tries for ten seconds, and answers what was
   * known last. Never rejects.
   */
  assure(room: string, key: string): Promise<Held>;
  close(): void;
}

interface Batch {
  keys: Set<string>;
  answered: Promise<Map<string, Held>>;
}

/**
 * Makes it over a connection of its own: what waits for replicas there holds up nothing else. Replicas get what was written in its order,
 * by whatever connection it came: who has a later write has the earlier one. So a mark is written and waited for, in the same step in which the
 * key is seen, and that serves all who ask meanwhile.
 */
export function createReplicas(redis: Redis, wanted: number): Replicas {
  const waiting = new Map<string, Batch>();
  const running = new Map<string, Promise<unknown>>();

  const ask = async (room: string, keys: Set<string>): Promise<Map<string, Held>> => {
    const names = [...keys];
    const pipeline = redis.pipeline();
    for (const key of names) pipeline.exists(key);
    const answers = await pipeline
      .set(roomKey(room, 'mark'), '', 'PX', MARK_MS)
      .wait(wanted, WAIT_MS)
      .exec()
      .catch(() => null);
    const [marked, reached] = answers?.slice(-2) ?? [];
    const areHeld = marked?.[0] === null && reached?.[0] === null && Number(reached[1]) >= wanted;
    return new Map(names.map((name, index) => [name, judge(answers?.[index], areHeld)]));
  };

  /** Joins the next question of that room, which is asked when the one under way is answered. */
  const join = (room: string, key: string): Promise<Map<string, Held>> => {
    const open = waiting.get(room);
    if (open) {
      open.keys.add(key);
      return open.answered;
    }
    const keys = new Set([key]);
    const answered = (running.get(room) ?? Promise.resolve()).then(() => {
      waiting.delete(room);
      const asked = ask(room, keys);
      running.set(room, asked);
      return asked;
    });
    waiting.set(room, { keys, answered });
    return answered;
  };

  return {
    wanted,
    async assure(room, key) {
      const until = performance.now() + ASSURED_WITHIN_MS;
      for (;;) {
        const held = (await join(room, key)).get(key) ?? 'behind';
        if (held !== 'behind' || performance.now() > until) return held;
        await delay(AGAIN_MS);
      }
    },
    close: () => redis.disconnect(),
  };
}

function judge(answer: [Error | null, unknown] | undefined, areHeld: boolean): Held {
  if (answer?.[0] !== null) return 'behind';
  if (answer[1] !== 1) return 'gone';
  return areHeld ? 'held' : 'behind';
}
