import { afterEach, describe, expect, it } from '@jest/globals';
import { type KeyCache, openKeyCache } from '../../../src/keys/key-cache.ts';
import { createKeyring, DEFAULT_HOLDINGS, findCaller, randomKey, sha256 } from '../../../src/keys/keyring.ts';
import type { KeyStore, StoredKey } from '../../../src/keys/store.ts';
import { createSessionShelf } from '../../support/browser/sessions.ts';

const SECRETS = ['a secret of the tests'] as const;
const sessions = createSessionShelf();
const URL = 'http://127.0.0.1:3000';
const FIXED = [{ name: 'kari', key: 'key-of-kari', scopes: ['images', 'admin'] }];

const stored = (name: string, key: string, more: Partial<StoredKey> = {}): StoredKey => ({
  name,
  digest: sha256(key),
  scopes: ['reports'],
  rate: null,
  createdAt: '2026-11-20T10:00:00.000Z',
  lastUsedAt: null,
  ...more,
});

/** Keys in this process's memory, and how often they were asked for. */
interface Shelf {
  keys: StoredKey[];
  readings: number;
  uses: string[];
  /** Resolves when a reading may end, rejects when it is to fail. */
  answer: () => Promise<void>;
  store: KeyStore;
}

function createShelf(keys: StoredKey[] = []): Shelf {
  const shelf: Shelf = {
    keys,
    readings: 0,
    uses: [],
    answer: async () => {},
    store: {
      add: async () => false,
      setBrand: async () => false,
      find: async () => null,
      remove: async () => false,
      async list() {
        shelf.readings += 1;
        const found = structuredClone(shelf.keys);
        await shelf.answer();
        return found;
      },
      async noteUse(name, at) {
        shelf.uses.push(name);
        shelf.keys = shelf.keys.map((key) => (key.name === name ? { ...key, lastUsedAt: at.toISOString() } : key));
      },
    },
  };
  return shelf;
}

const opened: KeyCache[] = [];
function openOver(shelf: Shelf) {
  const cache = openKeyCache(shelf.store);
  opened.push(cache);
  return { cache, keyring: createKeyring(FIXED, SECRETS, URL, { cache, sessions }) };
}
afterEach(() => {
  for (const cache of opened.splice(0)) cache.close();
});

describe('a key of the settings', () => {
  const keyring = createKeyring(FIXED, SECRETS, URL, { sessions });

  it('is its caller, with its scopes and no rate; any other text is no key of a caller', () => {
    expect(keyring.authenticate('key-of-kari')).toEqual({
      name: 'kari',
      scopes: new Set(['images', 'admin']),
      rate: null,
      weight: 1,
      maxRunning: null,
      maxWaiting: null,
      maxWaitingBytes: null,
      maxStored: null,
    });
    for (const guess of ['', 'key-of-kar', 'key-of-kari ', 'KEY-OF-KARI']) {
      expect(keyring.authenticate(guess)).toBeNull();
    }
  });

  it('its session and its sign-in link are not each other, and no letter of them may change', async () => {
    const caller = keyring.authenticate('key-of-kari');
    if (!caller) throw new Error('unknown');
    const { value } = await keyring.createSession(caller);
    const token = new globalThis.URL(await keyring.signInLink()).searchParams.get('token') ?? '';
    expect(await keyring.readSession(value)).toBe(caller);
    expect(await keyring.redeemSignInToken(token)).toBe(caller);
    expect(await keyring.redeemSignInToken(token)).toBe('used');
    expect(await keyring.readSession(token)).toBeNull();
    expect(await keyring.redeemSignInToken(value)).toBeNull();
    expect(await keyring.readSession(`x${value}`)).toBeNull();
    expect(await createKeyring(FIXED, ['another secret'], URL, { sessions }).readSession(value)).toBeNull();
  });

  it('its session ends when another key takes its name', async () => {
    const caller = keyring.authenticate('key-of-kari');
    if (!caller) throw new Error('unknown');
    const { value } = await keyring.createSession(caller);
    const renewed = createKeyring([{ name: 'kari', key: 'key-of-kari-2', scopes: ['images'] }], SECRETS, URL, {
      sessions,
    });
    expect(await renewed.readSession(value)).toBeNull();
  });
});

describe('a key in Redis', () => {
  it('is known after a refresh, by bearer and by session, with its scopes and rate', async () => {
    const shelf = createShelf();
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    const rate = { requests: 5, seconds: 60 };
    shelf.keys = [stored('shop', 'key-of-shop', { rate, weight: 3, maxRunning: 2, maxWaiting: 0 })];
    expect(keyring.authenticate('key-of-shop')).toBeNull();
    const caller = await findCaller(keyring, () => keyring.authenticate('key-of-shop'));
    const limits = { ...DEFAULT_HOLDINGS, weight: 3, maxRunning: 2, maxWaiting: 0 };
    expect(caller).toEqual({ ...limits, name: 'shop', scopes: new Set(['reports']), rate });
    expect(keyring.authenticate('key-of-shop')).toBe(caller);
    if (caller) expect(await keyring.readSession((await keyring.createSession(caller)).value)).toBe(caller);
  });

  it('revoked: the text that was verified before is no key of a caller, and so is its session', async () => {
    const shelf = createShelf([stored('shop', 'key-of-shop'), stored('till', 'key-of-till')]);
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    const caller = keyring.authenticate('key-of-shop');
    if (!caller) throw new Error('unknown');
    const { value } = await keyring.createSession(caller);
    shelf.keys = shelf.keys.filter(({ name }) => name !== 'shop');
    await cache.refresh();
    expect(keyring.authenticate('key-of-shop')).toBeNull();
    expect(await keyring.readSession(value)).toBeNull();
    expect(keyring.authenticate('key-of-till')).not.toBeNull();
  });

  it('made anew under the same name: the session of the old one does not open the new one', async () => {
    const shelf = createShelf([stored('shop', 'old-key-of-shop')]);
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    const caller = keyring.authenticate('old-key-of-shop');
    if (!caller) throw new Error('unknown');
    const { value } = await keyring.createSession(caller);
    shelf.keys = [stored('shop', 'new-key-of-shop', { scopes: ['admin'] })];
    await cache.refresh();
    expect(await keyring.readSession(value)).toBeNull();
    expect(keyring.authenticate('new-key-of-shop')?.scopes).toEqual(new Set(['admin']));
  });

  it('with a name of the settings: it opens nothing', async () => {
    const { cache, keyring } = openOver(createShelf([stored('kari', 'other-key-of-kari')]));
    await cache.refresh();
    expect(keyring.authenticate('other-key-of-kari')).toBeNull();
    expect(keyring.authenticate('key-of-kari')).not.toBeNull();
  });

  it('Redis away: what was known stays, and a refresh says so', async () => {
    const shelf = createShelf([stored('shop', 'key-of-shop')]);
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    shelf.answer = () => Promise.reject(new Error('Connection is closed.'));
    await expect(findCaller(keyring, () => keyring.authenticate('a guess'))).rejects.toMatchObject({
      code: 'queue_unavailable',
      retryAfterSeconds: 1,
    });
    expect(keyring.authenticate('key-of-shop')).not.toBeNull();
    shelf.answer = async () => {};
    expect(await findCaller(keyring, () => keyring.authenticate('a guess'))).toBeNull();
  });
});

describe('reading the keys', () => {
  it('a thousand guesses at once share one reading, which begins after they asked', async () => {
    const shelf = createShelf();
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    const before = shelf.readings;
    const guesses = Array.from({ length: 1000 }, () => findCaller(keyring, () => keyring.authenticate(randomKey())));
    shelf.keys = [stored('shop', 'key-of-shop')];
    expect(new Set(await Promise.all(guesses))).toEqual(new Set([null]));
    expect(shelf.readings - before).toBe(1);
    expect(keyring.authenticate('key-of-shop')).not.toBeNull();
  });

  it('a key made while a reading is under way: it is found by the next one', async () => {
    const shelf = createShelf();
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    let release = () => {};
    shelf.answer = () => new Promise<void>((resolve) => (release = resolve));
    const readings = shelf.readings;
    const early = cache.refresh();
    while (shelf.readings === readings) await new Promise(setImmediate);
    shelf.keys = [stored('shop', 'key-of-shop')];
    const late = findCaller(keyring, () => keyring.authenticate('key-of-shop'));
    shelf.answer = async () => {};
    release();
    await early;
    expect(keyring.authenticate('key-of-shop')).toBeNull();
    expect((await late)?.name).toBe('shop');
  });

  it('a reading that fails fails those who wait for the next one too', async () => {
    const shelf = createShelf();
    const { cache } = openOver(shelf);
    await cache.refresh();
    let fail = (_: Error) => {};
    shelf.answer = () => new Promise((_, reject) => (fail = reject));
    const readings = shelf.readings;
    const early = cache.refresh();
    while (shelf.readings === readings) await new Promise(setImmediate);
    const late = cache.refresh();
    fail(new Error('Command timed out'));
    const outcomes = await Promise.allSettled([early, late]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(shelf.readings).toBe(readings + 1);
  });
});

describe('the last use', () => {
  it('many uses within a minute: written once, and the list of keys counts as unchanged', async () => {
    const shelf = createShelf([stored('shop', 'key-of-shop')]);
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    const keys = cache.keys();
    for (let round = 0; round < 3; round += 1) {
      for (let use = 0; use < 100; use += 1) keyring.authenticate('key-of-shop');
      await cache.refresh();
    }
    expect(shelf.uses).toEqual(['shop']);
    expect(cache.keys()).toBe(keys);
  });

  it('the one noted is older than a minute: the new one is written; a key without a use is left alone', async () => {
    const lastUsedAt = new Date(Date.now() - 61_000).toISOString();
    const shelf = createShelf([
      stored('shop', 'key-of-shop', { lastUsedAt }),
      stored('till', 'key-of-till', { lastUsedAt }),
    ]);
    const { cache, keyring } = openOver(shelf);
    await cache.refresh();
    keyring.authenticate('key-of-shop');
    await cache.refresh();
    expect(shelf.uses).toEqual(['shop']);
    expect(shelf.keys[1]?.lastUsedAt).toBe(lastUsedAt);
  });
});
