import { hash, randomBytes } from 'node:crypto';
import { publicUrl } from '../config/addresses.ts';
import type { ApiKey } from '../config/api-keys.ts';
import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';
import { AppError } from '../errors.ts';
import type { KeyLimits } from '../jobs/contract.ts';
import { keepOnce, openSecrets, type Secrets } from '../signing/secret.ts';
import { createTokens } from '../signing/tokens.ts';
import { type KeyCache, NO_KEY_CACHE } from './key-cache.ts';
import { NO_SESSIONS, randomTokenId, type Sessions } from './sessions.ts';
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
  /** The brand of jobs that name none. */
  brand?: string;
}

/** What a key holds whose maker said nothing of it. */
export const DEFAULT_HOLDINGS: CallerHoldings = {
  maxWaiting: null,
  maxWaitingBytes: null,
  maxStored: null,
  maxRunning: null,
  weight: 1,
};

/** A caller and the SHA-256 of its key (hex). */
export interface KeyHolder {
  caller: Caller;
  digest: string;
  /** Whether it is one of those in Redis, rather than of the settings. */
  isShared: boolean;
}

/** The name of the key that is made at the first start. */
export const FIRST_KEY_NAME = 'first';
const SESSION_MS = 7 * 86_400_000;
const SIGN_IN_LINK_MS = 86_400_000;
/** Letters of a key's digest in its tokens, which tell them from those of another key of the same name. */
const TOKEN_DIGEST_LETTERS = 16;

/** The keys of this deployment, and the signed sessions and sign-in links made from them. */
export interface Keyring {
  /** The SHA-256 of the key that was made at the first start (hex); null where the settings name the keys. */
  firstKeyDigest: string | null;
  /** Finds the caller of a key, or null; a key made a moment ago is known after a `refresh`. */
  authenticate(key: string): Caller | null;
  /** Reads the keys in Redis anew. Rejects with queue_unavailable; what was known stays so. */
  refresh(): Promise<void>;
  /** Finds the key of that name; null when there is none. */
  find(name: string): Caller | null;
  /** The same with the SHA-256 of the key (hex), and whether it is one of those in Redis. */
  holderOf(name: string): KeyHolder | null;
  /**
   * Begins a session of that caller, as a cookie value, and how long it holds in ms. Rejects with unauthorized once
   * revoked, and with queue_unavailable.
   */
  createSession(caller: Caller): Promise<{ value: string; maxAgeMs: number }>;
  /**
   * Finds the caller of a session that is genuine, not too old, not ended, and whose key still stands; else null.
   * Rejects with queue_unavailable when that can't be said.
   */
  readSession(value: string): Promise<Caller | null>;
  /** Ends a session: whoever has a copy of its value is signed out too. Rejects with queue_unavailable. */
  endSession(value: string): Promise<void>;
  /** Makes a link that signs the holder of the first key in, once, within a day. */
  signInLink(): Promise<string>;
  /**
   * Uses up a sign-in link's token: its caller, `used` when that was done before, null for one that does not hold.
   * Rejects with queue_unavailable.
   */
  redeemSignInToken(token: string): Promise<Caller | 'used' | null>;
}

/**
 * The keyring of the settings: API_KEYS, or else one key with all `scopes`, made at the first start and kept in the
 * data directory's `api-key` (mode 0600), and the keys of `shared` beside. The deployment's secret comes from
 * DEPLOYMENT_SECRET or is kept in the same directory.
 */
export function openKeyring(config: Config, scopes: readonly string[], shared: Partial<SharedKeys> = {}): Keyring {
  const paths = dataPaths(config.DATA_DIR);
  const keys: ApiKey[] = config.API_KEYS ?? [
    { name: FIRST_KEY_NAME, key: keepOnce(paths.apiKeyFile, randomKey), scopes: [...scopes] },
  ];
  const keyring = createKeyring(keys, openSecrets(config), publicUrl(config), shared);
  return config.API_KEYS ? keyring : { ...keyring, firstKeyDigest: sha256(keys[0]?.key ?? '') };
}

/** What all processes of a deployment share of keys: those in Redis, and the sessions. */
export interface SharedKeys {
  cache: KeyCache;
  sessions: Sessions;
}

/**
 * A keyring over these keys and those in Redis; `secrets` sign sessions and links, which begin with `baseUrl`. Where
 * two keys have one name, the one of the settings counts.
 */
export function createKeyring(
  keys: readonly ApiKey[],
  secrets: Secrets,
  baseUrl: string,
  { cache = NO_KEY_CACHE, sessions = NO_SESSIONS }: Partial<SharedKeys> = {},
): Keyring {
  const fixed: KeyHolder[] = keys.map(({ name, key, scopes }) => ({
    caller: { ...DEFAULT_HOLDINGS, name, scopes: new Set(scopes), rate: null },
    digest: sha256(key),
    isShared: false,
  }));
  let followed = cache.keys();
  let entries = collectEntries(fixed, followed);

  // The keys that were verified before, by their text: a hash spared. At most one text for each entry; V8 compares a
  // random-seeded hash of the whole text first, so a guess that is nearly right looks up no slower than any other.
  const verified = new Map<string, KeyHolder>();

  /** Every reader begins here: with another list of keys in Redis, what was verified against the one before is void. */
  const followCache = () => {
    if (cache.keys() === followed) return;
    followed = cache.keys();
    entries = collectEntries(fixed, followed);
    verified.clear();
  };

  const admit = (entry: KeyHolder): Caller => {
    if (entry.isShared) cache.noteUse(entry.caller.name);
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

  const entryOf = (name: string): KeyHolder | undefined => {
    followCache();
    return entries.byName.get(name);
  };

  return {
    firstKeyDigest: null,
    authenticate,
    refresh: cache.refresh,
    find: (name) => entryOf(name)?.caller ?? null,
    holderOf: (name) => entryOf(name) ?? null,
    ...createPasses({ secrets, sessions, baseUrl, entryOf, admit, fixed }),
  };
}

/** What sessions and sign-in links are made from. */
interface PassDeps {
  secrets: Secrets;
  sessions: Sessions;
  baseUrl: string;
  entryOf(name: string): KeyHolder | undefined;
  admit(entry: KeyHolder): Caller;
  fixed: readonly KeyHolder[];
}

/** The sessions and sign-in links of a keyring. */
function createPasses({
  secrets,
  sessions,
  baseUrl,
  entryOf,
  admit,
  fixed,
}: PassDeps): Pick<Keyring, 'createSession' | 'readSession' | 'endSession' | 'signInLink' | 'redeemSignInToken'> {
  const tokens = createTokens(secrets);
  const issue = (purpose: string, id: string, { caller, digest }: KeyHolder, lifeMs: number): Promise<string> =>
    tokens.issue(purpose, { name: caller.name, digest: digest.slice(0, TOKEN_DIGEST_LETTERS), id }, lifeMs);

  const read = async (purpose: string, token: string): Promise<{ id: string; caller: Caller } | null> => {
    const subject = await tokens.read(purpose, token);
    if (!subject) return null;
    // A session ends with the key it was made from, also when another key has its name.
    const entry = entryOf(subject.name);
    return entry?.digest.startsWith(subject.digest) ? { id: subject.id, caller: admit(entry) } : null;
  };

  return {
    async createSession(caller) {
      const entry = entryOf(caller.name);
      if (!entry) throw new AppError('unauthorized', 'The API key was revoked.');
      const id = await sessions.begin(caller.name, SESSION_MS);
      return { value: await issue('session', id, entry, SESSION_MS), maxAgeMs: SESSION_MS };
    },
    async readSession(value) {
      const session = await read('session', value);
      return session && (await sessions.isLive(session.caller.name, session.id)) ? session.caller : null;
    },
    async endSession(value) {
      const session = await read('session', value);
      if (session) await sessions.end(session.caller.name, session.id);
    },
    async signInLink() {
      const entry = fixed.find(({ caller }) => caller.scopes.has('admin')) ?? fixed[0];
      if (!entry) return `${baseUrl}/login`;
      return `${baseUrl}/login?token=${await issue('sign-in', randomTokenId(), entry, SIGN_IN_LINK_MS)}`;
    },
    async redeemSignInToken(token) {
      const link = await read('sign-in', token);
      if (!link) return null;
      return (await sessions.useLink(link.id, SIGN_IN_LINK_MS)) ? link.caller : 'used';
    },
  };
}

/**
 * All keys, as they are looked for. A look-up's time can tell something of a digest at most, and that leads to no key.
 */
function collectEntries(fixed: readonly KeyHolder[], stored: readonly StoredKey[]) {
  const shared = stored.map(({ scopes, digest, createdAt, lastUsedAt, ...limits }) => ({
    caller: { ...DEFAULT_HOLDINGS, ...limits, scopes: new Set(scopes) },
    digest,
    isShared: true,
  }));
  const byName = new Map([...shared, ...fixed].map((entry) => [entry.caller.name, entry]));
  const byDigest = new Map([...byName.values()].map((entry) => [entry.digest, entry]));
  return { byName, byDigest };
}

/** Answers what `read` finds among the keys at hand, or else among the keys as they are in Redis now. */
export async function findCaller(
  keyring: Keyring,
  read: () => Caller | null | Promise<Caller | null>,
): Promise<Caller | null> {
  const known = await read();
  if (known) return known;
  await keyring.refresh();
  return read();
}

/** A new key: 192 random bits, recognisable by its prefix. */
export const randomKey = (): string => `hl_${randomBytes(24).toString('base64url')}`;

/** The only trace of a key that is kept: its SHA-256 (hex). A key is too random for a slower hash to add anything. */
export const sha256 = (text: string): string => hash('sha256', text, 'hex');
