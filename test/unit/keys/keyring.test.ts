import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Caller, createKeyring, openKeyring } from '../../../src/keys/keyring.ts';
import { defaultConfig } from '../../../workers/config.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { SCOPES } from '../../../workers/index.ts';
import { createSessionShelf } from '../../support/browser/sessions.ts';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const SHOP = { name: 'shop', key: 'key-of-the-shop', scopes: ['images', 'emails'] };
const OPERATOR = { name: 'operator', key: 'key-of-the-operator', scopes: ['admin'] };
const SECRETS = ['a secret of the tests'] as const;
const shared = { sessions: createSessionShelf() };
const BASE = 'https://jobs.example';
const DAY_MS = 86_400_000;

const keyring = createKeyring([SHOP, OPERATOR], SECRETS, BASE, shared);
const shop = keyring.authenticate(SHOP.key) as Caller;
const sessionOf = async (caller: Caller, ring = keyring) => (await ring.createSession(caller)).value;
const tokenOf = (link: string) => new URL(link).searchParams.get('token') ?? '';

describe('authenticate', () => {
  it('a key: its name and its scopes, and no more', () => {
    expect(shop.name).toBe('shop');
    expect([...shop.scopes]).toEqual(['images', 'emails']);
    expect(keyring.authenticate(OPERATOR.key)?.name).toBe('operator');
  });

  it.each(['', ' ', 'shop', 'key-of-the-sho', 'key-of-the-shop ', 'KEY-OF-THE-SHOP', 'key-of-the-shop\0'])(
    '%j, which is no key: no caller',
    (text) => {
      expect(keyring.authenticate(text)).toBeNull();
    },
  );

  it('a keyring without keys: no caller', () => {
    expect(createKeyring([], SECRETS, BASE).authenticate('')).toBeNull();
  });
});

describe('sessions', () => {
  afterEach(() => void jest.useRealTimers());
  const read = async (value: string, ring = keyring) => (await ring.readSession(value))?.name ?? null;

  it('read again, also by another process with the same keys and secret: the caller as the keys say now', async () => {
    const promoted = createKeyring([{ ...SHOP, scopes: ['reports'] }], SECRETS, 'http://elsewhere', shared);
    expect(await keyring.readSession(await sessionOf(shop))).toEqual(shop);
    const caller = await promoted.readSession(await sessionOf(shop));
    expect([...(caller?.scopes ?? [])]).toEqual(['reports']);
  });

  it('hold for seven days, as long as they say, and not longer', async () => {
    jest.useFakeTimers({ now: 1_800_000_000_000 });
    const { value, maxAgeMs } = await keyring.createSession(shop);
    expect(maxAgeMs).toBe(7 * DAY_MS);
    jest.setSystemTime(1_800_000_000_000 + maxAgeMs - 1);
    expect(await read(value)).toBe('shop');
    jest.setSystemTime(1_800_000_000_000 + maxAgeMs + 1);
    expect(await read(value)).toBeNull();
  });

  it('end with their key: taken away, or replaced under the same name', async () => {
    const session = await sessionOf(shop);
    expect(await read(session, createKeyring([OPERATOR], SECRETS, BASE, shared))).toBeNull();
    const replaced = { ...SHOP, key: 'another-key-of-the-shop' };
    expect(await read(session, createKeyring([replaced, OPERATOR], SECRETS, BASE, shared))).toBeNull();
  });

  it('ended: whoever has a copy of it is signed out too, and no other session is', async () => {
    const [ended, other] = [await sessionOf(shop), await sessionOf(shop)];
    await keyring.endSession(ended);
    expect([await read(ended), await read(other)]).toEqual([null, 'shop']);
    await keyring.endSession('no session at all');
  });

  it('signed with another secret: no caller', async () => {
    const ring = createKeyring([SHOP], ['another secret'], BASE, shared);
    expect(await read(await sessionOf(shop), ring)).toBeNull();
  });

  it('signed with a former secret: read for as long as that is among the secrets; new ones are the new one’s', async () => {
    const rotated = createKeyring([SHOP], ['the new secret', SECRETS[0]], BASE, shared);
    expect(await read(await sessionOf(shop), rotated)).toBe('shop');
    const made = await sessionOf(shop, rotated);
    expect(await read(made, createKeyring([SHOP], ['the new secret'], BASE, shared))).toBe('shop');
    expect(await read(made)).toBeNull();
  });

  it('changed in any one letter: no caller', async () => {
    const session = await sessionOf(shop);
    const accepted: number[] = [];
    for (const [at, letter] of [...session].entries()) {
      const changed = `${session.slice(0, at)}${letter === 'A' ? 'B' : 'A'}${session.slice(at + 1)}`;
      if (await keyring.readSession(changed)) accepted.push(at);
    }
    expect(accepted).toEqual([]);
  });

  it('facts of its own making under a signature of another session: no caller', async () => {
    const [head = '', payload = '', signature] = (await sessionOf(shop)).split('.');
    const facts = Buffer.from(payload, 'base64url').toString().replace('shop', 'operator');
    expect(facts).toContain('operator');
    expect(await read(`${head}.${Buffer.from(facts).toString('base64url')}.${signature}`)).toBeNull();
    const unsigned = Buffer.from('{"alg":"none"}').toString('base64url');
    expect(await read(`${unsigned}.${payload}.`)).toBeNull();
    expect(await read(`${head}.${payload}.`)).toBeNull();
    expect(await read(payload)).toBeNull();
  });

  it.each(['', '.', 'a.b', 'null', '....', '%', 'æ.ø'])('%j: no caller, and nothing breaks', async (value) => {
    expect(await read(value)).toBeNull();
    expect(await keyring.redeemSignInToken(value)).toBeNull();
  });

  it("neither the key nor the secret is in a session's text", async () => {
    const parts = (await sessionOf(shop)).split('.');
    expect(parts.map((part) => Buffer.from(part, 'base64url').toString()).join()).not.toMatch(/key-of|secret/);
  });
});

describe('sign-in links', () => {
  afterEach(() => void jest.useRealTimers());
  /** What comes of using a ring's new link: a caller's name, `used`, or null. */
  const redeem = async (token: string, ring = keyring) => {
    const found = await ring.redeemSignInToken(token);
    return found === 'used' ? found : (found?.name ?? null);
  };

  it('lead to the sign-in page and are for the first key that may see everything', async () => {
    const link = await keyring.signInLink();
    expect(link).toMatch(/^https:\/\/jobs\.example\/login\?token=[\w.-]+$/);
    expect(await redeem(tokenOf(link))).toBe('operator');
  });

  it('serve once, each for itself', async () => {
    const [one, other] = [tokenOf(await keyring.signInLink()), tokenOf(await keyring.signInLink())];
    expect([await redeem(one), await redeem(one), await redeem(other)]).toEqual(['operator', 'used', 'operator']);
  });

  it('no key may see everything: for the first there is; no key at all: the bare page', async () => {
    const ring = createKeyring([SHOP], SECRETS, BASE, shared);
    expect(await redeem(tokenOf(await ring.signInLink()), ring)).toBe('shop');
    expect(await createKeyring([], SECRETS, BASE).signInLink()).toBe('https://jobs.example/login');
  });

  it('hold for a day', async () => {
    jest.useFakeTimers({ now: 1_800_000_000_000 });
    const [early, late] = [tokenOf(await keyring.signInLink()), tokenOf(await keyring.signInLink())];
    jest.setSystemTime(1_800_000_000_000 + DAY_MS - 1);
    expect(await redeem(early)).toBe('operator');
    jest.setSystemTime(1_800_000_000_000 + DAY_MS + 1);
    expect(await redeem(late)).toBeNull();
  });

  it('a link is no session, and a session is no link', async () => {
    expect(await keyring.readSession(tokenOf(await keyring.signInLink()))).toBeNull();
    expect(await redeem(await sessionOf(shop))).toBeNull();
  });
});

describe('openKeyring', () => {
  let temp: ReturnType<typeof makeTempDir>;
  let config: AllConfig;
  const fileOf = (name: string) => join(temp.path, name);
  const contentOf = (name: string) => readFileSync(fileOf(name), 'utf8').trim();
  const modeOf = (name: string) => (statSync(fileOf(name)).mode & 0o777).toString(8);

  beforeEach(() => {
    temp = makeTempDir();
    config = { ...defaultConfig(), DATA_DIR: temp.path };
  });
  afterEach(() => temp.remove());

  it('the first start: one key with every scope and a secret, in files for their owner alone', () => {
    const caller = openKeyring(config, SCOPES).authenticate(contentOf('api-key'));
    expect([...(caller?.scopes ?? [])]).toEqual([...SCOPES]);
    expect(contentOf('api-key')).toMatch(/^hl_[\w-]{32}$/);
    expect(contentOf('secret')).toMatch(/^[0-9a-f]{64}$/);
    expect([modeOf('api-key'), modeOf('secret')]).toEqual(['600', '600']);
    expect(readdirSync(temp.path).toSorted()).toEqual(['api-key', 'secret']);
  });

  it('the next start: the same key, and whoever was signed in still is', async () => {
    const before = openKeyring(config, SCOPES, shared);
    const key = contentOf('api-key');
    const session = await sessionOf(before.authenticate(key) as Caller, before);
    const after = openKeyring(config, SCOPES, shared);
    expect(contentOf('api-key')).toBe(key);
    expect((await after.readSession(session))?.name).toBe('first');
  });

  it('another data directory: another key and another secret', () => {
    openKeyring(config, SCOPES);
    const other = makeTempDir();
    openKeyring({ ...config, DATA_DIR: other.path }, SCOPES);
    for (const name of ['api-key', 'secret']) {
      expect(readFileSync(join(other.path, name), 'utf8').trim()).not.toBe(contentOf(name));
    }
    other.remove();
  });

  it('API_KEYS is set: those and no other, and no key file is written', () => {
    const ring = openKeyring({ ...config, API_KEYS: [SHOP] }, SCOPES);
    expect(ring.authenticate(SHOP.key)?.name).toBe('shop');
    expect(existsSync(fileOf('api-key'))).toBe(false);
  });

  it('DEPLOYMENT_SECRET is set: it signs, and no secret file is written', async () => {
    const given = { ...config, API_KEYS: [SHOP], DEPLOYMENT_SECRET: ['x'.repeat(32)] as [string] };
    const session = await sessionOf(shop, openKeyring(given, SCOPES, shared));
    expect(existsSync(fileOf('secret'))).toBe(false);
    expect((await createKeyring([SHOP], ['x'.repeat(32)], BASE, shared).readSession(session))?.name).toBe('shop');
  });

  it('links begin with PUBLIC_URL', async () => {
    expect(await openKeyring({ ...config, PUBLIC_URL: 'https://a.example/tools' }, SCOPES).signInLink()).toMatch(
      /^https:\/\/a\.example\/tools\/login\?token=/,
    );
  });

  it.each(['api-key', 'secret'])(
    'the file %s is empty, as after a power cut: refused, not taken as the key',
    (name) => {
      writeFileSync(fileOf(name), '\n');
      expect(() => openKeyring(config, SCOPES)).toThrow(`${name} is empty; remove it, and a new one is made`);
    },
  );

  it('four processes at the first start: all have the same key and secret, and no draft is left', async () => {
    const go = fileOf('go');
    const script = `
      import { existsSync } from 'node:fs';
      import { defaultConfig } from './workers/config.ts';
      import { SCOPES } from './workers/index.ts';
      import { openKeyring } from './src/keys/keyring.ts';
      console.log('standing');
      while (!existsSync(${JSON.stringify(go)}));
      const ring = openKeyring({ ...defaultConfig(), DATA_DIR: ${JSON.stringify(temp.path)} }, SCOPES);
      console.log('link=' + await ring.signInLink());`;
    const starts = Array.from({ length: 4 }, () =>
      startProcess(process.execPath, ['--input-type=module', '--eval', script]),
    );
    await until('all stand at the start', () => starts.every((one) => one.output().includes('standing')));
    writeFileSync(go, '');
    expect(await Promise.all(starts.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    const ring = openKeyring(config, SCOPES, shared);
    const tokens = starts.map((one) => /token=(\S+)/.exec(one.output())?.[1] ?? '');
    const callers = await Promise.all(tokens.map((token) => ring.redeemSignInToken(token)));
    expect(callers).toEqual(Array(4).fill(expect.objectContaining({ name: 'first' })));
    expect(readdirSync(temp.path).toSorted()).toEqual(['api-key', 'go', 'secret']);
  });
});
