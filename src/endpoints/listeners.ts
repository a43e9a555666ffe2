import type { Redis } from '../redis/script.ts';
import type { Endpoint } from './endpoint.ts';
import { readEndpoints } from './store.ts';

/** What was read of a caller's endpoints holds for so long: jobs that end ask Redis no more often. */
export const LISTENERS_MS = 250;
const MOST_CALLERS = 1000;

/** Answers a caller's endpoints as they stood within the last LISTENERS_MS. Rejects with what Redis says. */
export type Listeners = (redis: Redis, caller: string) => Promise<readonly Endpoint[]>;

/**
 * Makes the reader of a process. Whoever changes an endpoint answers LISTENERS_MS after that: from then on every job that
 * ends is told as the endpoint says.
 */
export function createListeners(): Listeners {
  const known = new Map<string, { atMs: number; endpoints: Promise<readonly Endpoint[]> }>();
  return async (redis, caller) => {
    const before = known.get(caller);
    if (before && performance.now() - before.atMs < LISTENERS_MS) return before.endpoints;
    if (known.size >= MOST_CALLERS) known.clear();
    const endpoints = readEndpoints(redis, caller);
    known.set(caller, { atMs: performance.now(), endpoints });
    endpoints.catch(() => known.delete(caller));
    return endpoints;
  };
}
