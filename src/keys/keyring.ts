import { hash, randomBytes } from 'node:crypto';
import { publicUrl } from '../config/addresses.ts';
import type { ApiKey } from '../config/api-keys.ts';
import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';
import { AppError } from '../errors.ts';
import type { KeyLimits } from '../jobs/contract.ts';
import { keepOnce, openSecret } from '../signing/secret.ts';
import { createTokens } from '../signing/tokens.ts';
import { type KeyCache, NO_KEY_CACHE } from './key-cache.ts';
import type { Rate, StoredKey } from './store.ts';

/** How much a key may hold: null has the default, of `maxRunning` any number. */
export interface CallerHoldings {
  maxWaiting: number | null;
  maxWaitingBytes: number | null;
  maxStored: number | null;
  maxRunning: number | null;
  /** Its share of the turns beside other keys. */
  weight: number;
}

/** The key behind a request: its name, its scopes, its rate (null: no limit), and from whom it may send mail. */
export interface Caller extends KeyLimits, CallerHoldings {
  name: string;
  scopes: ReadonlySet<string>;
  rate: Rate | null;
}

/** What a key holds whose maker said nothing of it. */
export const DEFAULT_HOLDINGS: CallerHoldings = {
  maxWaiting: null,
  maxWaitingBytes: null,
  maxStored: null,
  maxRunning: null,
  weight: 1,
};

/** A caller and the SHA-256 of its key (hex); `shared` keys are the ones in Redis. */
interface Entry {
  caller: Caller;
  digest: string;
  shared: boolean;
}

/** The name of the key that is made at the first start. */
export const FIRST_KEY_NAME = 'first';
const SESSION_MS = 7 * 86_400_000;
const SIGN_IN_LINK_MS = 86_400_000;
/** Letters of a key's digest in its tokens, which tell them from those of another key of the same name. */
const TOKEN_DIGEST_LETTERS = 16;

/** The keys of this deployment, and the signed sessions and sign-in links made from them. */
export interface Keyring {
  /** Finds the caller of a key, or null; a key made a moment ago is known after a `refresh`. */
  authenticate(key: string): Caller | null;
  /** Reads the keys in Redis anew. Rejects with queue_unavailable; what was known stays so. */
  refresh(): Promise<void>;
  /**
   * Makes a session for that caller, as a cookie value, and how long it holds in ms. Throws unauthorized once revoked.
   */
  createSession(caller: Caller): { value: string; maxAgeMs: number };
  /** Finds the caller of a session that is genuine, not too old, and whose key still stands; else null. */
  readSession(value: string): Caller | null;
  /** Makes a link that signs the holder of the first key in, for a day. */
  signInLink(): string;
  /** Finds the caller of a sign-in link's token, or null. */
  readSignInToken(token: string): Caller | null;
}

/**
 * The keyring of the settings: API_KEYS, or else one key with all `scopes`, made at the first start and kept in the
 * data directory's `api-key` (mode 0600), and the keys of `cache` beside. The deployment's secret comes from
 * DEPLOYMENT_SECRET or is kept in the same directory.
 */
export function openKeyring(config: Config, scopes: readonly string[], cache: KeyCache = NO_KEY_CACHE): Keyring {
  const paths = dataPaths(config.DATA_DIR);
  const keys: ApiKey[] = config.API_KEYS ?? [
    { name: FIRST_KEY_NAME, key: keepOnce(paths.apiKeyFile, randomKey), scopes: [...scopes] },
  ];
  return createKeyring(keys, openSecret(config), publicUrl(config), cache);
}

/**
 * A keyring over these keys and those in Redis; `secret` signs sessions and links, which begin with `baseUrl`. Where
 * two keys have one name, the one of the settings counts.
 */
export function createKeyring(
  keys: readonly ApiKey[],
  secret: string,
  baseUrl: string,
  cache: KeyCache = NO_KEY_CACHE,
): Keyring {
  const tokens = createTokens(secret);
  const fixed: Entry[] = keys.map(({ name, key, scopes }) => ({
    caller: { ...DEFAULT_HOLDINGS, name, scopes: new Set(scopes), rate: null },
    digest: sha256(key),
    shared: false,
  }));
  let read = cache.keys();
  let entries = collectEntries(fixed, read);

  // The keys that were verified before, by their text: a hash spared. At most one text for each entry; V8 compares a
  // random-seeded hash of the whole text first, so a guess that is nearly right looks up no slower than any other.
  const verified = new Map<string, Entry>();

  /** Every reader begins here: with another list of keys in Redis, what was verified against the one before is void. */
  const followCache = () => {
    if (cache.keys() === read) return;
    read = cache.keys();
    entries = collectEntries(fixed, read);
    verified.clear();
  };

  const admit = (entry: Entry): Caller => {
    if (entry.shared) cache.noteUse(entry.caller.name);
    return entry.caller;
  };

  const authenticate = (key: string): Caller | null => {
    followCache();
    const before = verified.get(key);
    if (before) return admit(before);
    const entry = entries.byDigest.get(sha256(key));
    if (!entry) return null;
    verified.set(key, entry);
    return admit(entry);
  };

  const issue = (purpose: string, { caller, digest }: Entry, lifeMs: number): string =>
    tokens.issue(purpose, { name: caller.name, digest: digest.slice(0, TOKEN_DIGEST_LETTERS) }, lifeMs);

  const redeem = (purpose: string, token: string): Caller | null => {
    followCache();
    const subject = tokens.read(purpose, token);
    if (!subject) return null;
    // A session ends with the key it was made from, also when another key has its name.
    const entry = entries.byName.get(subject.name);
    return entry?.digest.startsWith(subject.digest) ? admit(entry) : null;
  };

  return {
    authenticate,
    refresh: cache.refresh,
    createSession(caller) {
      const entry = entries.byName.get(caller.name);
      if (!entry) throw new AppError('unauthorized', 'The API key was revoked.');
      return { value: issue('session', entry, SESSION_MS), maxAgeMs: SESSION_MS };
    },
    readSession: (value) => redeem('session', value),
    signInLink() {
      const entry = fixed.find(({ caller }) => caller.scopes.has('admin')) ?? fixed[0];
      return entry ? `${baseUrl}/login?token=${issue('sign-in', entry, SIGN_IN_LINK_MS)}` : `${baseUrl}/login`;
    },
    readSignInToken: (token) => redeem('sign-in', token),
  };
}

/**
 * All keys, as they are looked for. A look-up's time can tell something of a digest at most, and that leads to no key.
 */
function collectEntries(fixed: readonly Entry[], stored: readonly StoredKey[]) {
  const shared = stored.map(({ scopes, digest, createdAt, lastUsedAt, ...limits }) => ({
    caller: { ...DEFAULT_HOLDINGS, ...limits, scopes: new Set(scopes) },
    digest,
    shared: true,
  }));
  const byName = new Map([...shared, ...fixed].map((entry) => [entry.caller.name, entry]));
  const byDigest = new Map([...byName.values()].map((entry) => [entry.digest, entry]));
  return { byName, byDigest };
}

/** Answers what `read` finds among the keys at hand, or else among the keys as they are in Redis now. */
export async function findCaller(keyring: Keyring, read: () => Caller | null): Promise<Caller | null> {
  const known = read();
  if (known) return known;
  await keyring.refresh();
  return read();
}

/** A new key: 192 random bits, recognisable by its prefix. */
export const randomKey = (): string => `hl_${randomBytes(24).toString('base64url')}`;

/** The only trace of a key that is kept: its SHA-256 (hex). A key is too random for a slower hash to add anything. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');
