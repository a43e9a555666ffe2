import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { toDomain } from '../../../src/fields/mail-address.ts';
import type { DkimKey } from './dkim.ts';

/** The settings of DKIM. */
export interface DkimConfig {
  EMAILS_DKIM_DOMAIN?: string | undefined;
  EMAILS_DKIM_SELECTOR?: string | undefined;
  EMAILS_DKIM_KEY_FILE?: string | undefined;
  EMAILS_DKIM_DIR?: string | undefined;
}

/** Chooses the keys that mails of a sender's domain are signed with; none where they are not. */
export type DkimKeys = (domain: string) => readonly DkimKey[];

/** RFC 8301 asks for RSA keys of 1024 bits at least; RFC 8463 adds Ed25519. Throws for anything else. */
export function readSigningKey(text: string): KeyObject {
  const key = createPrivateKey(text);
  const isRsa = key.asymmetricKeyType === 'rsa' && (key.asymmetricKeyDetails?.modulusLength ?? 0) >= 1024;
  if (!isRsa && key.asymmetricKeyType !== 'ed25519') throw new Error('neither RSA nor Ed25519');
  return key;
}

/** A selector (RFC 6376, 3.1). */
export const SELECTOR = /^[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63})*$/i;

/** Thrown for a key whose place names no domain, or no selector. */
export class KeyPlaceError extends Error {
  override readonly name = 'KeyPlaceError';
}

/** What a folder shows; what begins with a dot is of the system that mounted it. */
const list = (dir: string): string[] => readdirSync(dir).filter((name) => !name.startsWith('.'));

/**
 * Lists the keys in a folder: `<domain>/<selector>.pem`, where domains may have any letters and each may be a link. Throws
 * KeyPlaceError, and what reading throws.
 */
export function listKeyFiles(dir: string): { domain: string; selector: string; file: string }[] {
  const folders = list(dir).filter((name) => statSync(join(dir, name)).isDirectory());
  return folders.flatMap((folder) => {
    const names = list(join(dir, folder)).filter((name) => name.endsWith('.pem'));
    return names.toSorted().map((name) => {
      const file = join(dir, folder, name);
      const domain = toDomain(folder);
      const selector = name.slice(0, -'.pem'.length);
      if (domain === null) throw new KeyPlaceError(`must have its keys in folders like example.no; ${file} is in none`);
      if (!SELECTOR.test(selector)) {
        throw new KeyPlaceError(`must have keys named after selectors: letters, digits and hyphens; ${file} is not`);
      }
      return { domain, selector, file };
    });
  });
}

/**
 * Reads the keys of the settings. A domain's own come first, then those of the nearest domain above it, then the key for
 * all: a signature of another domain than the sender's counts for nothing in DMARC.
 */
export function readDkimKeys(config: DkimConfig): DkimKeys {
  const { EMAILS_DKIM_DOMAIN: domain, EMAILS_DKIM_SELECTOR: selector, EMAILS_DKIM_KEY_FILE: file } = config;
  const read = (path: string) => readSigningKey(readFileSync(path, 'utf8'));
  const forAll = domain && selector && file ? [{ domain, selector, key: read(file) }] : [];
  const listed = config.EMAILS_DKIM_DIR === undefined ? [] : listKeyFiles(config.EMAILS_DKIM_DIR);
  const byDomain = Map.groupBy(
    listed.map((one): DkimKey => ({ domain: one.domain, selector: one.selector, key: read(one.file) })),
    (key) => key.domain,
  );
  return (sender) => {
    const labels = sender.toLowerCase().split('.');
    const own = labels.map((_, at) => byDomain.get(labels.slice(at).join('.'))).find((keys) => keys !== undefined);
    return own ?? forAll;
  };
}
