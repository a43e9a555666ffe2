import { verdictHostsKey } from '../redis/keys.ts';
import type { Redis } from '../redis/script.ts';
import type { HostFacts } from './facts.ts';

/** What a web process has not said again for so long is no longer so. */
const HOLDS_MS = 15_000;
/** All of it goes when no web process says anything for so long. */
const KEPT_MS = 60_000;

/**
 * Tells the web processes of other hosts what this one has found of its own, and reads what they have. Resolves with all of it;
 * with this host's alone while Redis takes or says nothing.
 */
export async function shareHosts(redis: Redis, own: HostFacts, at: number): Promise<HostFacts[]> {
  const key = verdictHostsKey();
  const answers = await redis
    .pipeline()
    .hset(key, own.host, JSON.stringify({ ...own, at }))
    .pexpire(key, KEPT_MS)
    .hgetall(key)
    .exec()
    .catch(() => null);
  const others = readLively((answers?.[2]?.[1] ?? {}) as Record<string, string>, at)
    .filter(({ host }) => host !== own.host)
    .map(({ at: _at, ...host }): HostFacts => host);
  return [own, ...others];
}

/** Reads which hosts have a web process that runs. Rejects with the errors of Redis. */
export async function readWebHosts(redis: Redis): Promise<string[]> {
  const [[seconds], told] = await Promise.all([redis.time(), redis.hgetall(verdictHostsKey())]);
  return readLively(told, Number(seconds) * 1000).map(({ host }) => host);
}

const readLively = (told: Readonly<Record<string, string>>, at: number) =>
  Object.values(told)
    .flatMap(readHost)
    .filter((one) => at - one.at < HOLDS_MS);

/** What another process has told; nothing where it can not be read. */
function readHost(text: string): (HostFacts & { at: number })[] {
  try {
    const told = JSON.parse(text) as Partial<HostFacts & { at: number }> | null;
    return typeof told?.host === 'string' && Array.isArray(told.disks) ? [told as HostFacts & { at: number }] : [];
  } catch {
    return [];
  }
}
