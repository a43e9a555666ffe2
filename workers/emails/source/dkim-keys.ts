import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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

/** Lists the keys in a folder: `<domain>/<selector>.pem`. Throws what reading throws. */
export function listKeyFiles(dir: string): { domain: string; selector: string; file: string }[] {
  const folders = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return folders.flatMap(({ name: domain }) =>
    readdirSync(join(dir, domain))
      .filter((name) => name.endsWith('.pem'))
      .toSorted()
      .map((name) => ({
        domain: domain.toLowerCase(),
        selector: name.slice(0, -'.pem'.length),
        file: join(dir, domain, name),
      })),
  );
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
