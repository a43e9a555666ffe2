import type { Facts } from '../verdict/facts.ts';
import type { Fault } from './incidents.js';

/** What is judged without Redis, each host of its own. */
const OF_DISKS = ['disk_read_only', 'disk_full', 'disk_reserve', 'storage_unavailable', 'storage_full'];

/**
 * Says of which faults it is known that they are gone when they are not found: what could not be looked at stays as it was.
 * `ownHost` is given where this process knows nothing of the other hosts.
 */
export function createIsKnown({ redis, silent }: Facts, ownHost: string | null): (fault: Fault) => boolean {
  const isUp = redis.state === 'up';
  return ({ code, host }) => {
    if (code.startsWith('redis_')) return true;
    if (ownHost !== null && host !== ownHost) return false;
    if (OF_DISKS.includes(code)) return true;
    return isUp && (silent.length === 0 || code === 'source_silent');
  };
}
