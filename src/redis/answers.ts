import { setTimeout as delay } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { measureClock } from './clock.ts';
import { isCluster } from './cluster.ts';

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

const watched = new WeakMap<Redis, Map<string, Answers>>();

/** What is watched where a connection leads to one server. */
const ALL = 'deployment';

/**
 * Watches a connection whose commands fail when they are not answered in time; who shares it shares the watch. Of a cluster, the node
 * that has this room's keys is watched: another may answer while that one does not.
 */
export function watchAnswers(redis: Redis, room = ALL): Answers {
  const rooms = watched.get(redis) ?? new Map<string, Answers>();
  watched.set(redis, rooms);
  const name = isCluster(redis) ? room : ALL;
  const answers = rooms.get(name) ?? createWatch(redis, name);
  rooms.set(name, answers);
  return answers;
}

function createWatch(redis: Redis, room: string): Answers {
  let silence: Promise<void> | null = null;

  /** Everything that was sent before on this connection was run before this answer, or never will be. */
  const ask = async () => {
    while (redis.status !== 'end') {
      if (redis.status === 'ready') {
        const isAnswered = await measureClock(redis, room).then(
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
