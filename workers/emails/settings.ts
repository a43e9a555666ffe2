import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { Config } from '../../src/config/platform.ts';
import { defineSettings, type SettingsOf, workerSettings } from '../../src/config/settings.ts';
import { byteSize, domain, mailbox, rate, url } from '../../src/config/values.ts';
import { choiceField, wholeNumberText } from '../../src/fields/fields.ts';
import { type RelaySecrets, readRelaysFile, SECRET_PREFIX } from './delivery/relays/relays-file.ts';
import { listenAddress } from './receiver/listen-address.ts';
import { KeyPlaceError, listKeyFiles, readSigningKey, SELECTOR } from './source/dkim-keys.ts';

const DKIM = ['EMAILS_DKIM_DOMAIN', 'EMAILS_DKIM_SELECTOR', 'EMAILS_DKIM_KEY_FILE'] as const;

const NO_CATCHER = 'is no setting any more: mail is kept in the inbox (/inbox) while SMTP_URL is not set. Remove it';

/** The settings of the emails kind. */
export const settings = defineSettings({
  fields: {
    SMTP_URL: url('smtp:', 'smtps:').optional(),
    SMTP_RELAYS_FILE: z.string().min(1).optional(),
    SMTP_STARTTLS: choiceField('auto', 'required', 'offered', 'off').default('auto'),
    SMTP_CA_FILE: z.string().min(1).optional(),
    SMTP_CONNECTIONS: wholeNumberText(1, 64).prefault('5'),
    ...workerSettings('EMAILS', {
      workers: '1',
      concurrency: '40',
      mostConcurrency: 256,
      timeoutSeconds: '120',
      mostTimeoutSeconds: 3600,
    }),
    EMAILS_RENDER_SECONDS: wholeNumberText(1, 60).prefault('5'),
    EMAILS_INBOX_MAX_MAILS: wholeNumberText(1, 100_000).prefault('1000'),
    EMAILS_INBOX_MAX_BYTES: byteSize.prefault('200MB'),
    EMAILS_FROM: mailbox.default('Heavylift <heavylift@localhost>'),
    EMAILS_RATE: rate.optional(),
    EMAILS_RATE_PER_DOMAIN: rate.optional(),
    EMAILS_BOUNCE_DOMAIN: domain.optional(),
    EMAILS_BOUNCE_LISTEN: listenAddress.optional(),
    EMAILS_SPAMD: z
      .string()
      .regex(/^[\w.-]+:\d{1,5}$/, 'must be a host and a port like 127.0.0.1:783')
      .optional(),
    EMAILS_DKIM_DOMAIN: domain.optional(),
    EMAILS_DKIM_SELECTOR: z.string().regex(SELECTOR, 'must be letters, digits and hyphens').optional(),
    EMAILS_DKIM_KEY_FILE: z.string().min(1).optional(),
    EMAILS_DKIM_DIR: z.string().min(1).optional(),
  },
  secrets: { prefix: SECRET_PREFIX, into: 'SMTP_SECRETS' },
  formerPrefixes: ['EMAIL_', 'MAIL_'],
  removed: { MAIL_CATCHER_SMTP_PORT: NO_CATCHER, MAIL_CATCHER_WEB_PORT: NO_CATCHER },
  check(config) {
    if (isClearOn465(config.SMTP_URL)) return [CLEAR_ON_465];
    if (config.SMTP_URL && config.SMTP_RELAYS_FILE) return [TWO_WAYS];
    if ((config as Partial<Config>).ALERTS_EMAIL && !hasRelay(config)) return [NO_RELAY_FOR_ALERTS];
    if (config.EMAILS_BOUNCE_LISTEN && !config.EMAILS_BOUNCE_DOMAIN) return [NO_BOUNCE_DOMAIN];
    const missing = DKIM.filter((name) => config[name] === undefined);
    if (missing.length === DKIM.length) return [];
    return missing.map((name) => `${name}: is missing; mails are signed with all of ${DKIM.join(', ')}`);
  },
  checkFiles: ({ EMAILS_DKIM_KEY_FILE, EMAILS_DKIM_DIR, SMTP_CA_FILE, ...config }) => [
    ...checkRelays(config),
    ...checkFile('EMAILS_DKIM_KEY_FILE', EMAILS_DKIM_KEY_FILE, SIGNING_KEY),
    ...checkKeyDir(EMAILS_DKIM_DIR),
    ...checkFile('SMTP_CA_FILE', SMTP_CA_FILE, CERTIFICATE),
  ],
});

/** The platform's settings and those of the emails kind. */
export interface EmailsConfig extends Config, SettingsOf<typeof settings> {
  /** The secrets that SMTP_RELAYS_FILE names. */
  SMTP_SECRETS?: RelaySecrets;
}

/** Whether mails are sent, and not kept in the inbox. */
export const hasRelay = ({
  SMTP_URL,
  SMTP_RELAYS_FILE,
}: Pick<EmailsConfig, 'SMTP_URL' | 'SMTP_RELAYS_FILE'>): boolean =>
  SMTP_URL !== undefined || SMTP_RELAYS_FILE !== undefined;

const NO_BOUNCE_DOMAIN = 'EMAILS_BOUNCE_LISTEN: must have EMAILS_BOUNCE_DOMAIN beside it, whose mail it receives';
const NO_RELAY_FOR_ALERTS =
  'ALERTS_EMAIL: must have SMTP_URL or SMTP_RELAYS_FILE beside it, by which alerts are mailed';
const TWO_WAYS = 'SMTP_RELAYS_FILE: must not be set together with SMTP_URL: name that relay in the file';

/** Why the relays of the file can't be used: a line for each fault, or none. */
function checkRelays(config: Pick<EmailsConfig, 'SMTP_RELAYS_FILE' | 'SMTP_SECRETS'>): string[] {
  if (config.SMTP_RELAYS_FILE === undefined) return [];
  const read = readRelaysFile(config.SMTP_RELAYS_FILE, config.SMTP_SECRETS ?? {});
  if (Array.isArray(read)) return read;
  return Object.entries(read.relays).flatMap(([name, { caFile }]) =>
    checkFile(`SMTP_RELAYS_FILE: ${config.SMTP_RELAYS_FILE}: relay "${name}", caFile`, caFile, CERTIFICATE),
  );
}

const CLEAR_ON_465 = 'SMTP_URL: must begin with smtps:// for port 465, where servers speak TLS from the first byte';

/** Whether mails would be said in clear on the port of TLS: each would wait for a greeting that never comes. */
function isClearOn465(smtpUrl: string | undefined): boolean {
  if (smtpUrl === undefined || !URL.canParse(smtpUrl)) return false;
  const { protocol, port, searchParams } = new URL(smtpUrl);
  return protocol === 'smtp:' && port === '465' && searchParams.get('secure') !== 'true';
}

const CERTIFICATE = { holds: 'a certificate', read: (text: string) => new X509Certificate(text) };
const SIGNING_KEY = { holds: 'a private key, RSA of 1024 bits or more or Ed25519', read: readSigningKey };

/** Why keys in the folder of EMAILS_DKIM_DIR can't be used: a line for each, or none. */
function checkKeyDir(dir: string | undefined): string[] {
  if (dir === undefined) return [];
  try {
    const files = listKeyFiles(dir);
    if (files.length === 0) return [`EMAILS_DKIM_DIR: must hold <domain>/<selector>.pem; ${dir} has none`];
    return files.flatMap(({ file }) => checkFile(`EMAILS_DKIM_DIR (${file})`, file, SIGNING_KEY));
  } catch (cause) {
    const { message } = cause as Error;
    return [`EMAILS_DKIM_DIR: ${cause instanceof KeyPlaceError ? message : `can not be read: ${message}`}`];
  }
}

/** Why the file that a setting names can't be used: one line, or none. */
function checkFile(
  name: string,
  path: string | undefined,
  { holds, read }: { holds: string; read: (text: string) => unknown },
): string[] {
  try {
    if (path) read(readFileSync(path, 'utf8'));
    return [];
  } catch (cause) {
    const missing = (cause as NodeJS.ErrnoException).syscall !== undefined;
    return [`${name}: ${missing ? `can not be read: ${(cause as Error).message}` : `must hold ${holds} (PEM)`}`];
  }
}
