import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { type Caller, createKeyring, openKeyring } from '../../../src/keys/keyring.ts';
import { defaultConfig } from '../../../workers/config.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { SCOPES } from '../../../workers/index.ts';
import { startProcess } from '../../support/processes.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { until } from '../../support/until.ts';

const SHOP = { name: 'shop', key: 'key-of-the-shop', scopes: ['images', 'emails'] };
const OPERATOR = { name: 'operator', key: 'key-of-the-operator', scopes: ['admin'] };
const SECRET = 'a secret of the tests';
const BASE = 'https://jobs.example';
const DAY_MS = 86_400_000;

const keyring = createKeyring([SHOP, OPERATOR], SECRET, BASE);
const shop = keyring.authenticate(SHOP.key) as Caller;
const sessionOf = (caller: Caller, ring = keyring) => ring.createSession(caller).value;
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
    expect(createKeyring([], SECRET, BASE).authenticate('')).toBeNull();
  });
});

describe('sessions', () => {
  afterEach(() => void jest.useRealTimers());

  it('read again, also by another process with the same keys and secret: the caller as the keys say now', () => {
    const promoted = createKeyring([{ ...SHOP, scopes: ['reports'] }], SECRET, 'http://elsewhere');
    expect(keyring.readSession(sessionOf(shop))).toEqual(shop);
    expect([...(promoted.readSession(sessionOf(shop))?.scopes ?? [])]).toEqual(['reports']);
  });

  it('hold for seven days, as long as they say, and not longer', () => {
    jest.useFakeTimers({ now: 1_800_000_000_000 });
    const { value, maxAgeMs } = keyring.createSession(shop);
    expect(maxAgeMs).toBe(7 * DAY_MS);
    jest.setSystemTime(1_800_000_000_000 + maxAgeMs);
    expect(keyring.readSession(value)).toEqual(shop);
    jest.setSystemTime(1_800_000_000_000 + maxAgeMs + 1);
    expect(keyring.readSession(value)).toBeNull();
  });

  it('end with their key: taken away, or replaced under the same name', () => {
    const session = sessionOf(shop);
    expect(createKeyring([OPERATOR], SECRET, BASE).readSession(session)).toBeNull();
    const replaced = { ...SHOP, key: 'another-key-of-the-shop' };
    expect(createKeyring([replaced, OPERATOR], SECRET, BASE).readSession(session)).toBeNull();
  });

  it('signed with another secret: no caller', () => {
    expect(createKeyring([SHOP], 'another secret', BASE).readSession(sessionOf(shop))).toBeNull();
  });

  it('changed in any one letter: no caller', () => {
    const session = sessionOf(shop);
    // The last letter of either half may hold bits that mean nothing.
    const ends = [session.indexOf('.') - 1, session.length - 1];
    const accepted = [...session].flatMap((letter, at) => {
      const changed = `${session.slice(0, at)}${letter === 'A' ? 'B' : 'A'}${session.slice(at + 1)}`;
      return ends.includes(at) || keyring.readSession(changed) === null ? [] : [at];
    });
    expect(accepted).toEqual([]);
  });

  it('facts of its own making under a signature of another session: no caller', () => {
    const [payload = '', signature] = sessionOf(shop).split('.');
    const facts = Buffer.from(payload, 'base64url').toString().replace('shop', 'operator');
    expect(facts).toContain('operator');
    expect(keyring.readSession(`${Buffer.from(facts).toString('base64url')}.${signature}`)).toBeNull();
    expect(keyring.readSession(`${payload}.`)).toBeNull();
    expect(keyring.readSession(payload)).toBeNull();
  });

  it.each(['', '.', 'a.b', 'null', '....', '%', 'æ.ø'])('%j: no caller, and nothing breaks', (value) => {
    expect(keyring.readSession(value)).toBeNull();
    expect(keyring.readSignInToken(value)).toBeNull();
  });

  it("neither the key nor the secret is in a session's text", () => {
    const [payload = ''] = sessionOf(shop).split('.');
    expect(Buffer.from(payload, 'base64url').toString()).not.toMatch(/key-of|secret/);
  });
});

describe('sign-in links', () => {
  afterEach(() => void jest.useRealTimers());

  it('lead to the sign-in page and are for the first key that may see everything', () => {
    const link = keyring.signInLink();
    expect(link).toMatch(/^https:\/\/jobs\.example\/login\?token=[\w.-]+$/);
    expect(keyring.readSignInToken(tokenOf(link))?.name).toBe('operator');
  });

  it('no key may see everything: for the first there is; no key at all: the bare page', () => {
    const ring = createKeyring([SHOP], SECRET, BASE);
    expect(ring.readSignInToken(tokenOf(ring.signInLink()))?.name).toBe('shop');
    expect(createKeyring([], SECRET, BASE).signInLink()).toBe('https://jobs.example/login');
  });

  it('hold for a day', () => {
    jest.useFakeTimers({ now: 1_800_000_000_000 });
    const token = tokenOf(keyring.signInLink());
    jest.setSystemTime(1_800_000_000_000 + DAY_MS);
    expect(keyring.readSignInToken(token)?.name).toBe('operator');
    jest.setSystemTime(1_800_000_000_000 + DAY_MS + 1);
    expect(keyring.readSignInToken(token)).toBeNull();
  });

  it('a link is no session, and a session is no link', () => {
    expect(keyring.readSession(tokenOf(keyring.signInLink()))).toBeNull();
    expect(keyring.readSignInToken(sessionOf(shop))).toBeNull();
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

  it('the next start: the same key, and whoever was signed in still is', () => {
    const before = openKeyring(config, SCOPES);
    const key = contentOf('api-key');
    const session = sessionOf(before.authenticate(key) as Caller, before);
    const after = openKeyring(config, SCOPES);
    expect(contentOf('api-key')).toBe(key);
    expect(after.readSession(session)?.name).toBe('first');
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

  it('DEPLOYMENT_SECRET is set: it signs, and no secret file is written', () => {
    const given = { ...config, API_KEYS: [SHOP], DEPLOYMENT_SECRET: 'x'.repeat(32) };
    const session = sessionOf(shop, openKeyring(given, SCOPES));
    expect(existsSync(fileOf('secret'))).toBe(false);
    expect(createKeyring([SHOP], 'x'.repeat(32), BASE).readSession(session)?.name).toBe('shop');
  });

  it('links begin with PUBLIC_URL', () => {
    expect(openKeyring({ ...config, PUBLIC_URL: 'https://a.example/' }, SCOPES).signInLink()).toMatch(
      /^https:\/\/a\.example\/login\?token=/,
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
      console.log('session=' + ring.createSession({ name: 'first' }).value);`;
    const starts = Array.from({ length: 4 }, () =>
      startProcess(process.execPath, ['--input-type=module', '--eval', script]),
    );
    await until('all stand at the start', () => starts.every((one) => one.output().includes('standing')));
    writeFileSync(go, '');
    expect(await Promise.all(starts.map(({ exited }) => exited))).toEqual([0, 0, 0, 0]);
    const ring = openKeyring(config, SCOPES);
    const sessions = starts.map((one) => /session=(.+)/.exec(one.output())?.[1] ?? '');
    expect(sessions.map((session) => ring.readSession(session)?.name)).toEqual(Array(4).fill('first'));
    expect(readdirSync(temp.path).toSorted()).toEqual(['api-key', 'go', 'secret']);
  });
});
