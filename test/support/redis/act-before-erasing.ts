import type { Redis } from 'ioredis';

type Method = (...args: unknown[]) => Promise<unknown>;

/**
 * A janitor that is given this connection has something happen between two of its steps: it has found what is to go (by `command`),
 * and has erased nothing yet.
 */
export function actBeforeErasing(redis: Redis, act: () => Promise<unknown>, command = 'zrangebyscore'): Redis {
  let hasActed = false;
  return new Proxy(redis, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as Method;
      if (name !== command) return method;
      return async (...args: unknown[]) => {
        const found = await method(...args);
        if (Array.isArray(found) && found.length > 0 && !hasActed) {
          hasActed = true;
          await act();
        }
        return found;
      };
    },
  });
}
