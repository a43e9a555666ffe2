import { idsIn } from '../../../src/queue/producer/events.ts';
import { queueKey } from '../../../src/redis/keys.ts';
import type { TestRedis } from '../redis/redis.ts';

/** What Redis has done with a job: entered it into the line, taken it out to run it, or ended it. */
export interface LineEvent {
  what: 'enters' | 'taken' | 'ended';
  id: string;
}

/** What a message in a channel of the queue's tells, by the channel's name. */
const STEPS: Readonly<Record<string, LineEvent['what']>> = {
  waiting: 'enters',
  active: 'taken',
  completed: 'ended',
  failed: 'ended',
};

/** Listens to the line of a kind from here on; the events come in the order in which Redis did what they tell. */
export async function watchLine(redis: TestRedis, kind: string): Promise<LineEvent[]> {
  const events: LineEvent[] = [];
  const client = redis.client().duplicate();
  const name = (what: string) => queueKey(kind, what);
  client.on('pmessage', (_pattern, channel: string, message: string) => {
    const what = STEPS[channel.split('@')[0]?.replace(name(''), '') ?? ''];
    if (what) events.push(...idsIn(message).map((id) => ({ what, id })));
  });
  await client.psubscribe(`${name('')}*`.replace(/[{}]/g, '?'));
  return events;
}

/**
 * Checks that nobody who holds no place waits for more than one job of each other caller; answers what speaks against it.
 * A job that was put back counts as running until it enters the line again.
 */
export function findUnfairTurn(events: readonly LineEvent[], callerOf: (id: string) => string): string | null {
  const waiting = new Map<string, Set<string>>();
  const running = new Map<string, Set<string>>();
  /** Who went before a caller that waits, by that caller. */
  const before = new Map<string, string[]>();
  const of = (map: Map<string, Set<string>>, caller: string) => {
    const found = map.get(caller) ?? new Set<string>();
    map.set(caller, found);
    return found;
  };
  for (const [index, { what, id }] of events.entries()) {
    const caller = callerOf(id);
    if (what !== 'taken') of(running, caller).delete(id);
    if (what === 'enters') {
      if (of(waiting, caller).size === 0) before.set(caller, []);
      of(waiting, caller).add(id);
    }
    if (what !== 'taken') continue;
    of(waiting, caller).delete(id);
    before.set(caller, []);
    for (const [other, ids] of waiting) {
      if (other === caller || ids.size === 0) continue;
      if (of(running, other).size > 0) before.set(other, []);
      else if (before.get(other)?.includes(caller)) return `event ${index}: ${caller} goes twice before ${other}`;
      else before.get(other)?.push(caller);
    }
    of(running, caller).add(id);
  }
  return null;
}
