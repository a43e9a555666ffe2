import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type ApiKey, type Config, publicUrl, SCOPES } from '../config.ts';
import { dataPaths } from '../data-dir.ts';

/** Who asks: the key's name, and what it may do. */
export interface Caller {
  name: string;
  scopes: ReadonlySet<string>;
}

const SESSION_MS = 7 * 86_400_000;
const SIGN_IN_LINK_MS = 86_400_000;

/** The keys of this deployment, and the signed sessions and sign-in links made from them. */
export interface Keyring {
  /** The caller of a key, or null. */
  authenticate(key: string): Caller | null;
  /** A session for that caller, as a cookie value, and how long it holds in ms. */
  createSession(caller: Caller): { value: string; maxAgeMs: number };
  /** The caller of a session that is genuine, not too old, and whose key still stands; else null. */
  readSession(value: string): Caller | null;
  /** A link that signs the holder of the first key in, for a day. */
  signInLink(): string;
  /** The caller of a sign-in link's token, or null. */
  readSignInToken(token: string): Caller | null;
}

/**
 * The keyring of the settings: API_KEYS, or else one key with every scope, made at the first start and kept in the
 * data directory's `api-key` (mode 0600). The deployment's secret comes from DEPLOYMENT_SECRET or is kept beside it.
 */
export function openKeyring(config: Config): Keyring {
  const paths = dataPaths(config.DATA_DIR);
  const keys: ApiKey[] = config.API_KEYS ?? [
    {
      name: 'first',
      key: keepOnce(paths.apiKeyFile, () => `hl_${randomBytes(24).toString('base64url')}`),
      scopes: [...SCOPES],
    },
  ];
  const secret = config.DEPLOYMENT_SECRET ?? keepOnce(paths.secretFile, () => randomBytes(32).toString('hex'));
  return createKeyring(keys, secret, publicUrl(config));
}

/** A keyring over these keys; `secret` signs sessions and links, which begin with `baseUrl`. */
export function createKeyring(keys: readonly ApiKey[], secret: string, baseUrl: string): Keyring {
  const entries = keys.map(({ name, key, scopes }) => ({
    caller: { name, scopes: new Set(scopes) },
    digest: sha256(key),
  }));

  // Keys that proved right before; at most one text for each entry. V8 compares a random-seeded hash of the whole text
  // first, so a guess that is nearly right looks up no slower than any other.
  const proven = new Map<string, Caller>();

  const authenticate = (key: string): Caller | null => {
    const before = proven.get(key);
    if (before) return before;
    const digest = sha256(key);
    let found: Caller | null = null;
    // Every entry is compared, in constant time, so that the answer's time tells nothing about a key.
    for (const entry of entries) if (timingSafeEqual(entry.digest, digest)) found = entry.caller;
    if (found) proven.set(key, found);
    return found;
  };

  const signatureOf = (payload: string) => createHmac('sha256', secret).update(payload).digest();

  const issue = (purpose: string, entry: (typeof entries)[number], lifeMs: number): string => {
    const facts = [purpose, entry.caller.name, entry.digest.toString('hex', 0, 8), Date.now() + lifeMs];
    const payload = Buffer.from(JSON.stringify(facts)).toString('base64url');
    return `${payload}.${signatureOf(payload).toString('base64url')}`;
  };

  const redeem = (purpose: string, token: string): Caller | null => {
    const [payload = '', signature = ''] = token.split('.');
    const given = Buffer.from(signature, 'base64url');
    const expected = signatureOf(payload);
    if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
    const [saidPurpose, name, digest, until] = JSON.parse(Buffer.from(payload, 'base64url').toString()) as unknown[];
    if (saidPurpose !== purpose || typeof until !== 'number' || until < Date.now()) return null;
    // A session ends with the key it was made from.
    const entry = entries.find(
      ({ caller, digest: own }) => caller.name === name && own.toString('hex', 0, 8) === digest,
    );
    return entry?.caller ?? null;
  };

  const entryOf = (caller: Caller) =>
    entries.find((entry) => entry.caller.name === caller.name) as (typeof entries)[number];

  return {
    authenticate,
    createSession: (caller) => ({ value: issue('session', entryOf(caller), SESSION_MS), maxAgeMs: SESSION_MS }),
    readSession: (value) => redeem('session', value),
    signInLink() {
      const entry = entries.find(({ caller }) => caller.scopes.has('admin')) ?? entries[0];
      return entry ? `${baseUrl}/login?token=${issue('sign-in', entry, SIGN_IN_LINK_MS)}` : `${baseUrl}/login`;
    },
    readSignInToken: (token) => redeem('sign-in', token),
  };
}

const sha256 = (text: string): Buffer => hash('sha256', text, 'buffer');

/** The file's content; where there is none yet, a new one that appears whole, also when two processes start at once. */
function keepOnce(path: string, create: () => string): string {
  if (!existsSync(path)) {
    const draft = `${path}.${process.pid}`;
    try {
      writeFileSync(draft, `${create()}\n`, { mode: 0o600, flush: true });
      linkSync(draft, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }
  const kept = readFileSync(path, 'utf8').trim();
  // As a key it would let in whoever enters nothing; as a secret, anybody could sign a session.
  if (kept === '') throw new Error(`${path} is empty; remove it, and a new one is made`);
  return kept;
}
