import { setTimeout as delay } from 'node:timers/promises';

/**
 * Asks again and again until the answer is neither false, null nor undefined, and returns it; throws after
 * `timeoutMs`, naming what was awaited. Rejections count as "not yet".
 */
export async function until<T>(
  awaited: string,
  ask: () => T | Promise<T>,
  { timeoutMs = 30_000, everyMs = 20 } = {},
): Promise<NonNullable<Exclude<T, false>>> {
  const end = performance.now() + timeoutMs;
  let last: unknown;
  while (performance.now() < end) {
    try {
      const answer = await ask();
      if (answer !== false && answer !== null && answer !== undefined) return answer as NonNullable<Exclude<T, false>>;
      last = answer;
    } catch (error) {
      last = error;
    }
    await delay(everyMs);
  }
  throw new Error(`waited ${timeoutMs} ms in vain: ${awaited} (last: ${last instanceof Error ? last.message : last})`);
}
