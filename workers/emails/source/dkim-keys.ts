import { createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { EmailsConfig } from '../settings.ts';
import type { DkimKey } from './dkim.ts';

export type DkimConfig = Pick<EmailsConfig, 'EMAILS_DKIM_DOMAIN' | 'EMAILS_DKIM_SELECTOR' | 'EMAILS_DKIM_KEY_FILE'>;

/** Reads the keys that mails are signed with; none where they are not. */
export function readDkimKeys(config: DkimConfig): DkimKey[] {
  const { EMAILS_DKIM_DOMAIN: domain, EMAILS_DKIM_SELECTOR: selector, EMAILS_DKIM_KEY_FILE: file } = config;
  if (!domain || !selector || !file) return [];
  return [{ domain, selector, key: createPrivateKey(readFileSync(file, 'utf8')) }];
}
