import type { Redis } from 'ioredis';
import { AppError } from '../../errors.ts';
import { readCounts } from '../counts.ts';

/** How many more jobs may wait. */
export interface Room {
  /** Rejects with queue_full unless that many more jobs of the kind may wait or be delayed. */
  assert(kind: string, jobs: number): Promise<void>;
  /** Notes a queue's depth as Redis just answered it: counting is spared while there is room by it. */
  note(kind: string, depth: number): void;
}

/** Room for `maxQueueDepth` waiting and delayed jobs of each kind. */
export function createRoom(redis: Redis, maxQueueDepth: number): Room {
  const depths = new Map<string, number>();
  return {
    note: (kind, depth) => void depths.set(kind, depth),
    async assert(kind, jobs) {
      if ((depths.get(kind) ?? 0) + jobs <= maxQueueDepth) return;
      const counts = (await readCounts(redis, [kind]))[kind];
      const depth = counts ? counts.waiting + counts.delayed : 0;
      depths.set(kind, depth);
      if (depth + jobs <= maxQueueDepth) return;
      const what = jobs === 1 ? `The ${kind} queue is full` : `The ${kind} queue has no room for ${jobs} more jobs`;
      const message = `${what}: ${depth} jobs are waiting and ${maxQueueDepth} is the limit. Try again later.`;
      throw new AppError('queue_full', message, { retryAfterSeconds: 10 });
    },
  };
}
