import { createHash, randomBytes } from 'node:crypto';
import { now } from '../../../src/clock.ts';
import { ownKey, type Redis } from '../../../src/redis/script.ts';
import { createSealedTokens } from '../../../src/signing/sealed-token.ts';
import type { Secrets } from '../../../src/signing/secret.ts';
import type { ProviderName } from './providers/provider.ts';

/** So many may be kept. */
export const MAX_REPORTERS = 100;

/** An account at a mail provider that may report on mails here, by an address of its own. */
export interface Reporter {
  name: string;
  provider: ProviderName;
  /** Whose mails it may report on; null: everybody's. */
  caller: string | null;
  /** RFC 3339. */
  createdAt: string;
}

/** What is kept of one: of its token the hash alone, its key sealed. */
interface StoredReporter extends Reporter {
  sealedKey: string | null;
}

/** The accounts that may report, by the tokens in their addresses. */
export interface Reporters {
  /** Keeps one and answers its token, which is kept nowhere; null where the name is taken, or there are too many. */
  create(reporter: Omit<Reporter, 'createdAt'>, key: string | null): Promise<string | null>;
  list(): Promise<Reporter[]>;
  /** Takes one away; false when there is none of that name. */
  revoke(name: string): Promise<boolean>;
  /** Finds whose token that is, with its key; null for nobody's. */
  find(provider: string, token: string): Promise<(Reporter & { key: string }) | null>;
}

/** Opens them over any connection to Redis; keys are sealed with the newest of the secrets. */
export function createReporters(redis: Redis, secrets: Secrets): Reporters {
  const tokens = createSealedTokens(secrets, 'mail reporter key');
  const key = () => ownKey('emails', 'reporters');
  const digestOf = (token: string) => createHash('sha256').update(token).digest('hex');
  const readAll = async (): Promise<[digest: string, stored: StoredReporter][]> =>
    Object.entries(await redis.hgetall(key())).map(([digest, text]) => [digest, JSON.parse(text) as StoredReporter]);
  const show = ({ name, provider, caller, createdAt }: StoredReporter): Reporter => ({
    name,
    provider,
    caller,
    createdAt,
  });

  return {
    async create(reporter, verifyWith) {
      const all = await readAll();
      if (all.length >= MAX_REPORTERS || all.some(([, { name }]) => name === reporter.name)) return null;
      const token = `mev_${randomBytes(24).toString('base64url')}`;
      const sealedKey = verifyWith === null ? null : tokens.seal([reporter.name, verifyWith]);
      const stored: StoredReporter = { ...reporter, createdAt: new Date(now()).toISOString(), sealedKey };
      await redis.hset(key(), digestOf(token), JSON.stringify(stored));
      return token;
    },
    list: async () =>
      (await readAll()).map(([, stored]) => show(stored)).toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    async revoke(name) {
      const digests = (await readAll()).filter(([, stored]) => stored.name === name).map(([digest]) => digest);
      return digests.length > 0 && (await redis.hdel(key(), ...digests)) > 0;
    },
    async find(provider, token) {
      const text = await redis.hget(key(), digestOf(token));
      const stored = text === null ? null : (JSON.parse(text) as StoredReporter);
      if (stored?.provider !== provider) return null;
      const [name, verifyWith] = stored.sealedKey === null ? [stored.name, ''] : (tokens.open(stored.sealedKey) ?? []);
      // Sealed with a secret that is gone: nothing can be verified.
      if (name !== stored.name || typeof verifyWith !== 'string') return null;
      return { ...show(stored), key: verifyWith };
    },
  };
}
