import { now } from '../clock.ts';
import { AppError } from '../errors.ts';
import { ownKey, type Redis } from '../redis/script.ts';
import { createSealedTokens } from '../signing/sealed-token.ts';
import type { Secrets } from '../signing/secret.ts';
import { makeAddressSecret, makeWebhookSecret } from '../signing/webhook-secret.ts';

/** What a caller's secrets are for: one hash has those of each caller below its name, sealed for a purpose. */
interface SecretUse {
  key: string;
  purpose: string;
  /** How it is called in a sentence. */
  name: string;
  make(): string;
}

const WEBHOOKS: SecretUse = {
  key: ownKey('webhooks', 'secrets'),
  purpose: 'webhook secrets',
  name: 'webhook secret',
  make: makeWebhookSecret,
};
const ADDRESSES: SecretUse = {
  key: ownKey('images', 'address-secrets'),
  purpose: 'address secrets',
  name: 'address secret',
  make: makeAddressSecret,
};

/** A caller's secrets: the newest signs first; the one before signs too until its time is over (ms). */
interface KeptSecrets {
  newest: string;
  before: string | null;
  beforeUntilMs: number;
}

/** The secrets that something is signed with: each caller has its own, so that none can sign for another. */
export interface KeySecrets {
  /**
   * Reads a caller's secrets that hold now, the newest first; null while it has none. Throws when another deployment
   * secret has sealed them.
   */
  find(caller: string): Promise<string[] | null>;
  /** The same; the first is made where there is none. */
  open(caller: string): Promise<string[]>;
  /** Makes a new secret; the one before holds for `overlapMs` more. */
  rotate(caller: string, overlapMs: number): Promise<string[]>;
  /** Makes a new secret in place of those that are kept, also where they can not be opened. */
  replace(caller: string): Promise<string[]>;
}

/** Opens the secrets that webhooks are signed with. */
export const createWebhookSecrets = (redis: Redis, deploymentSecrets: Secrets): KeySecrets =>
  createSecrets(redis, deploymentSecrets, WEBHOOKS);

/** Opens the secrets that callers sign addresses of renditions with. */
export const createAddressSecrets = (redis: Redis, deploymentSecrets: Secrets): KeySecrets =>
  createSecrets(redis, deploymentSecrets, ADDRESSES);

/** Opens the secrets of all callers for one use: random, kept in Redis, sealed with the deployment's secret. */
function createSecrets(redis: Redis, deploymentSecrets: Secrets, use: SecretUse): KeySecrets {
  const { key, purpose, make } = use;
  const tokens = createSealedTokens(deploymentSecrets, purpose);

  const seal = (caller: string, { newest, before, beforeUntilMs }: KeptSecrets): string =>
    tokens.seal([caller, newest, before, beforeUntilMs]);

  const read = async (caller: string): Promise<KeptSecrets | null> => {
    const sealed = await redis.hget(key, caller);
    if (sealed === null) return null;
    // The name is sealed too: whoever may write to Redis can not give one caller another's.
    const [owner, newest, before, beforeUntilMs] = tokens.open(sealed) ?? [];
    if (owner !== caller || typeof newest !== 'string') throw notOurs(use, caller);
    return { newest, before: typeof before === 'string' ? before : null, beforeUntilMs: Number(beforeUntilMs) };
  };

  return {
    async find(caller) {
      const kept = await read(caller);
      return kept && listSecrets(kept);
    },
    async open(caller) {
      const kept = await read(caller);
      if (kept) return listSecrets(kept);
      const first = { newest: make(), before: null, beforeUntilMs: 0 };
      // Two workers may be here at once: the first one's is everybody's.
      await redis.hsetnx(key, caller, seal(caller, first));
      return listSecrets((await read(caller)) ?? first);
    },
    async rotate(caller, overlapMs) {
      const kept = await read(caller);
      const next = { newest: make(), before: kept?.newest ?? null, beforeUntilMs: now() + overlapMs };
      await redis.hset(key, caller, seal(caller, next));
      return listSecrets(next);
    },
    async replace(caller) {
      const next = { newest: make(), before: null, beforeUntilMs: 0 };
      await redis.hset(key, caller, seal(caller, next));
      return listSecrets(next);
    },
  };
}

const listSecrets = ({ newest, before, beforeUntilMs }: KeptSecrets): string[] =>
  before !== null && beforeUntilMs > now() ? [newest, before] : [newest];

const notOurs = ({ name }: SecretUse, caller: string) =>
  new AppError(
    'internal',
    `The ${name} of "${caller}" was sealed with another deployment secret than this one: ` +
      'DATA_DIR or DEPLOYMENT_SECRET is not the one that the service runs with.',
  );
