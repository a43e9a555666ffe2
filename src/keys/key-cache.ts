import { setTimeout as delay } from 'node:timers/promises';
import { AppError } from '../errors.ts';
import type { KeyStore, StoredKey } from './store.ts';

/** A revoked key stops working after this, and half a second for Redis' answer. */
const REFRESH_MS = 2000;
/** The list is read from Redis no more often than this, however many unknown keys are tried. */
const SPACING_MS = 250;
const USE_NOTED_EVERY_MS = 60_000;
/** Keys that were read this long ago, and could not be read since, are known no more. */
const KEPT_MS = 60_000;

/** This process's cache of the keys in Redis: a request with a known key costs no question to Redis. */
export interface KeyCache {
  /** The keys as last read; another array when they have changed, the same one when not. */
  keys(): readonly StoredKey[];
  /** Reads them anew, beginning after this call. Rejects with queue_unavailable; what was cached stays. */
  refresh(): Promise<void>;
  /** Notes that the key was used now; that is written to Redis within seconds, at most once a minute. */
  noteUse(name: string): void;
  /** Ends the reading. */
  close(): void;
}

/** A cache of nothing, for a keyring whose keys are all in the settings. */
export const NO_KEY_CACHE: KeyCache = { keys: () => NO_KEYS, refresh: async () => {}, noteUse() {}, close() {} };
const NO_KEYS: readonly StoredKey[] = [];

/** Opens the cache and keeps it fresh in the background. */
export function openKeyCache(store: KeyStore): KeyCache {
  const uses = new Map<string, number>();
  let keys = NO_KEYS;
  let readAtMs = Number.NEGATIVE_INFINITY;

  const read = async () => {
    const found = await store.list().catch((cause) => {
      throw new AppError('queue_unavailable', 'The API key can not be checked at the moment. Try again in a moment.', {
        cause,
        retryAfterSeconds: 1,
      });
    });
    if (factsOf(found) !== factsOf(keys)) keys = found;
    readAtMs = performance.now();
    // Not awaited: what fails is tried again with the next reading.
    noteUses(store, uses, found).catch(() => {});
  };

  const refresh = createSpacedReading(read, SPACING_MS);
  const refreshQuietly = () => void refresh().catch(() => {});
  const timer = setInterval(refreshQuietly, REFRESH_MS).unref();
  refreshQuietly();
  return {
    keys: () => (performance.now() - readAtMs < KEPT_MS ? keys : NO_KEYS),
    refresh,
    noteUse: (name) => void uses.set(name, Date.now()),
    close: () => clearInterval(timer),
  };
}

/** All that makes two lists of keys differ: everything but the last use. */
const factsOf = (keys: readonly StoredKey[]): string =>
  JSON.stringify(keys.map((key) => ({ ...key, lastUsedAt: null })));

/**
 * `read` as many may ask for it at once: each gets a reading that begins after it asked, all who wait share one, and
 * one begins at least `spacingMs` after the one before. A failed reading fails those who wait for the next as well, so
 * that no request waits for two timeouts of Redis.
 */
function createSpacedReading(read: () => Promise<void>, spacingMs: number): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  let startedAtMs = Number.NEGATIVE_INFINITY;

  const start = async () => {
    try {
      await running;
      const waitMs = startedAtMs + spacingMs - performance.now();
      if (waitMs > 0) await delay(waitMs, undefined, { ref: false });
    } finally {
      next = undefined;
    }
    startedAtMs = performance.now();
    running = read().finally(() => {
      running = undefined;
    });
    await running;
  };

  return () => {
    next ??= start();
    return next;
  };
}

/** Writes the uses that Redis does not have, unless another one of that key was written less than a minute ago. */
async function noteUses(store: KeyStore, uses: Map<string, number>, keys: readonly StoredKey[]): Promise<void> {
  for (const [name, atMs] of uses) {
    const key = keys.find((one) => one.name === name);
    const notedMs = key?.lastUsedAt ? Date.parse(key.lastUsedAt) : 0;
    if (!key || atMs <= notedMs) uses.delete(name);
    else if (Date.now() - notedMs >= USE_NOTED_EVERY_MS) await store.noteUse(name, new Date(atMs));
  }
}
