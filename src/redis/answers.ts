import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { measureClock } from './clock.ts';

/** While Redis is silent it is asked again so often, by one question for the whole process. */
const ASK_EVERY_MS = 100;

/** Whether Redis answers on a connection: after a command that was not answered, until the next one that is. */
export interface Answers {
  /** Whether what is sent now would be answered, as far as is known. */
  areComing(): boolean;
  /** Notes that a command was not answered. */
  missed(): void;
  /** Resolves when Redis answers again, at once when it does; or after `limitMs`. */
  wait(limitMs: number): Promise<void>;
}

const watched = new WeakMap<Redis, Answers>();

/** Watches a connection whose commands fail when they are not answered in time; who shares it shares the watch. */
export function watchAnswers(redis: Redis): Answers {
  const answers = watched.get(redis) ?? createWatch(redis);
  watched.set(redis, answers);
  return answers;
}

function createWatch(redis: Redis): Answers {
  let silence: Promise<void> | null = null;

  /** Everything that was sent before on this connection was run before this answer, or never will be. */
  const ask = async () => {
    while (redis.status !== 'end') {
      if (redis.status === 'ready') {
        const isAnswered = await measureClock(redis).then(
          () => true,
          () => false,
        );
        if (isAnswered) break;
      }
      await delay(ASK_EVERY_MS, undefined, { ref: false });
    }
    silence = null;
  };

  return {
    areComing: () => silence === null && redis.status === 'ready',
    missed() {
      silence ??= ask();
    },
    async wait(limitMs) {
      silence ??= redis.status === 'ready' ? null : ask();
      if (silence) await Promise.race([silence, delay(limitMs, undefined, { ref: false })]);
    },
  };
}
