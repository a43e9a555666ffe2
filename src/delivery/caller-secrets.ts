import { now } from '../clock.ts';
import { AppError } from '../errors.ts';
import { type Guards, NO_GUARDS } from '../redis/guards.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { createSealedTokens } from '../signing/sealed-token.ts';
import type { Secrets } from '../signing/secret.ts';

/** So many secrets one caller may keep. */
export const MAX_SECRETS = 100;

/** A secret as its caller may see it: never its value. */
export interface SecretEntry {
  name: string;
  /** When it was kept last (RFC 3339). */
  updatedAt: string;
}

/** A secret as a job finds it: its value, or why there is none. */
export type FoundSecret = { value: string } | { fault: 'missing' | 'sealed' };

/**
 * The secrets that callers keep here, each its own, to be named by jobs: write-only, sealed with the deployment's secret.
 * The methods reject as the guards they were made with.
 */
export interface CallerSecrets {
  /** Keeps a value under a name; answers whether the name is new. Throws conflict where the caller has too many. */
  put(caller: string, name: string, value: string): Promise<{ entry: SecretEntry; isNew: boolean }>;
  /** Removes a secret; false where there was none. */
  remove(caller: string, name: string): Promise<boolean>;
  /** Lists a caller's secrets by name. */
  list(caller: string): Promise<SecretEntry[]>;
  /** The names among these that the caller has no secret of. */
  findMissing(caller: string, names: readonly string[]): Promise<string[]>;
  /** Opens secrets for a job, by name. What a former deployment secret sealed is sealed anew with the newest. */
  open(caller: string, names: readonly string[]): Promise<Map<string, FoundSecret>>;
}

/** Opens the secrets of all callers over any connection to Redis: a hash for each caller. */
export function createCallerSecrets(
  redis: Redis,
  deploymentSecrets: Secrets,
  guards: Guards = NO_GUARDS,
): CallerSecrets {
  const tokens = createSealedTokens(deploymentSecrets, 'caller secret');
  const keyOf = (caller: string): string => ownKey('calls', `secrets:${caller}`);

  // Caller and name are sealed too: whoever may write to Redis can not give one caller another's.
  const read = (caller: string, name: string, sealed: string) => {
    const [owner, sealedName, value, atMs] = tokens.open(sealed) ?? [];
    const isOurs = owner === caller && sealedName === name && typeof value === 'string';
    return isOurs ? { value, atMs: Number(atMs) } : null;
  };

  const openOne = async (caller: string, name: string): Promise<FoundSecret> => {
    const sealed = await redis.hget(keyOf(caller), name);
    if (sealed === null) return { fault: 'missing' };
    const kept = read(caller, name, sealed);
    if (!kept) return { fault: 'sealed' };
    const anew = tokens.seal([caller, name, kept.value, kept.atMs]);
    if (anew !== sealed) await redis.hset(keyOf(caller), name, anew);
    return { value: kept.value };
  };

  return {
    put: guards.write(async (_isRepeated, caller: string, name: string, value: string) => {
      const key = keyOf(caller);
      const [count, isThere] = await Promise.all([redis.hlen(key), redis.hexists(key, name)]);
      if (count >= MAX_SECRETS && !isThere) {
        throw new AppError('conflict', `The key "${caller}" has ${MAX_SECRETS} secrets, which is the limit.`);
      }
      const atMs = now();
      await redis.hset(key, name, tokens.seal([caller, name, value, atMs]));
      return { entry: { name, updatedAt: new Date(atMs).toISOString() }, isNew: !isThere };
    }),
    remove: guards.write(
      async (isRepeated, caller: string, name: string) => (await redis.hdel(keyOf(caller), name)) === 1 || isRepeated,
    ),
    list: guards.read(async (caller: string) => {
      const all = Object.entries(await redis.hgetall(keyOf(caller)));
      return all
        .map(([name, sealed]) => {
          const atMs = read(caller, name, sealed)?.atMs ?? 0;
          return { name, updatedAt: new Date(atMs).toISOString() };
        })
        .toSorted((one, other) => (one.name < other.name ? -1 : 1));
    }),
    findMissing: guards.read(async (caller: string, names: readonly string[]) => {
      if (names.length === 0) return [];
      const found = await redis.hmget(keyOf(caller), ...names);
      return names.filter((_name, index) => found[index] === null);
    }),
    open: guards.read(
      async (caller: string, names: readonly string[]) =>
        new Map(await Promise.all(names.map(async (name) => [name, await openOne(caller, name)] as const))),
    ),
  };
}
