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
 * What is known of a write: `held` by enough replicas; `behind`, the master alone may have it, or it did not say; `gone`, it is not
 * there, since the master is another one.
 */
export type Held = 'held' | 'behind' | 'gone';

/** What was written: a key, or a value in a field of its hash. */
export interface Write {
  key: string;
  field?: { name: string; value: string };
}

/** Makes sure that what was written is on other machines too (REDIS_WAIT). */
export interface Replicas {
  /** How many have to have it. */
  wanted: number;
  /**
   * Resolves when so many replicas have what was written in that room; tries for ten seconds, and answers what was known last.
   * Never rejects.
   */
  assure(room: string, write: Write): Promise<Held>;
  close(): void;
}

interface Batch {
  writes: Set<Write>;
  answered: Promise<Map<Write, Held>>;
}

/**
 * Makes it over a connection of its own: what waits for replicas there holds up nothing else. Replicas get what was written in its order,
 * by whatever connection it came: who has a later write has the earlier one. So a mark is written and waited for, in the same step in which
 * what was written is seen, and that serves all who ask meanwhile.
 */
export function createReplicas(redis: Redis, wanted: number): Replicas {
  const waiting = new Map<string, Batch>();
  const running = new Map<string, Promise<unknown>>();

  const ask = async (room: string, writes: Set<Write>): Promise<Map<Write, Held>> => {
    const all = [...writes];
    const pipeline = redis.pipeline();
    for (const { key, field } of all) field ? pipeline.hget(key, field.name) : pipeline.exists(key);
    const answers = await pipeline
      .set(roomKey(room, 'mark'), '', 'PX', MARK_MS)
      .wait(wanted, WAIT_MS)
      .exec()
      .catch(() => null);
    const [marked, reached] = answers?.slice(-2) ?? [];
    const areHeld = marked?.[0] === null && reached?.[0] === null && Number(reached[1]) >= wanted;
    return new Map(all.map((write, index) => [write, judge(write, answers?.[index], areHeld)]));
  };

  /** Joins the next question of that room, which is asked when the one under way is answered. */
  const join = (room: string, write: Write): Promise<Map<Write, Held>> => {
    const open = waiting.get(room);
    if (open) {
      open.writes.add(write);
      return open.answered;
    }
    const writes = new Set([write]);
    const answered = (running.get(room) ?? Promise.resolve()).then(() => {
      waiting.delete(room);
      const asked = ask(room, writes);
      running.set(room, asked);
      return asked;
    });
    waiting.set(room, { writes, answered });
    return answered;
  };

  return {
    wanted,
    async assure(room, write) {
      const until = performance.now() + ASSURED_WITHIN_MS;
      for (;;) {
        const held = (await join(room, write)).get(write) ?? 'behind';
        if (held !== 'behind' || performance.now() > until) return held;
        await delay(AGAIN_MS);
      }
    },
    close: () => redis.disconnect(),
  };
}

function judge({ field }: Write, answer: [Error | null, unknown] | undefined, areHeld: boolean): Held {
  if (answer?.[0] !== null) return 'behind';
  if (answer[1] !== (field?.value ?? 1)) return 'gone';
  return areHeld ? 'held' : 'behind';
}
