import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { findAllowFault } from '../fetch/allow-list.ts';
import { AddressError, parseMailbox } from '../fields/mail-address.ts';

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, 'must be a whole number')
    .transform(Number)
    .pipe(z.number().min(min, `must be at least ${min}`).max(max, `must be at most ${max}`));
const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** A time like 90s, 30m, 24h or 7d, in milliseconds; a bare number counts seconds. */
const duration = z
  .string()
  .regex(/^[1-9]\d{0,7}[smhd]?$/, 'must be a time like 90s, 30m, 24h or 7d')
  .transform(
    (text) => Number.parseInt(text, 10) * UNIT_MS[(text.at(-1) ?? 's') as keyof typeof UNIT_MS] || Number(text) * 1000,
  );
const port = wholeNumber(1, 65535);
const flag = z.enum(['0', '1'], 'must be 0 or 1').transform((value) => value === '1');
const url = (...protocols: string[]) =>
  z.string().refine((value) => URL.canParse(value) && protocols.includes(new URL(value).protocol), {
    message: `must be a URL that begins with ${protocols.map((protocol) => `${protocol}//`).join(' or ')}`,
  });
/** What a key may be allowed to do: post a kind, or (`admin`) see and steer everything. */
export const SCOPES = ['images', 'reports', 'emails', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
/** What a key that names no scopes may do: everything but the operators' pages. */
const DEFAULT_SCOPES: readonly Scope[] = ['images', 'reports', 'emails'];

/** One entry of API_KEYS: the caller's name, the secret, and the scopes it was given. */
export interface ApiKey {
  name: string;
  key: string;
  scopes: string[];
}

const apiKeys = z.string().transform((value, context) => {
  const keys: ApiKey[] = [];
  for (const entry of value.split(/[\n,]/).map((part) => part.trim())) {
    const [name = '', key, scopes] = entry.split(':');
    // `a:secret:images,reports` reads as one key with two scopes: a part without a colon goes on with the list.
    if (key === undefined) keys.at(-1)?.scopes.push(...name.split(/[+\s]+/).filter(Boolean));
    else keys.push({ name, key, scopes: scopes?.split(/[+\s]+/) ?? [] });
  }
  if (keys.length === 0) context.addIssue('names no key; write name:key or name:key:scopes');
  for (const { name, key, scopes } of keys) {
    if (scopes.length === 0) scopes.push(...DEFAULT_SCOPES);
    const unknown = scopes.filter((scope) => !SCOPES.includes(scope as Scope));
    if (unknown.length > 0) context.addIssue(`the key of "${name}" has the unknown scope "${unknown.join('", "')}"`);
    if (!/^[\w.-]{1,64}$/.test(name)) context.addIssue(`the key name "${name}" must be 1-64 of letters, digits, . _ -`);
    if (key.length < 8) context.addIssue(`the key of "${name}" must have at least 8 characters`);
  }
  if (new Set(keys.map(({ name }) => name)).size < keys.length) context.addIssue('each key needs a name of its own');
  return keys;
});

const commaList = z.string().transform((value) =>
  value
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean),
);
/** Hosts and ranges that may be reached although they are not public. */
const allowList = commaList.superRefine((entries, context) => {
  for (const entry of entries) {
    const fault = findAllowFault(entry);
    if (fault) context.addIssue(fault);
  }
});
/** One mail address, with or without a name. */
const mailbox = z.string().superRefine((text, context) => {
  try {
    parseMailbox(text);
  } catch (error) {
    if (!(error instanceof AddressError)) throw error;
    context.addIssue(error.message);
  }
});
/** So many in so many seconds. */
export interface Rate {
  count: number;
  seconds: number;
}

const rate = z
  .string()
  .regex(/^[1-9]\d{0,5}\/[1-9]\d{0,4}$/, 'must be a number of mails and seconds, like 20/60')
  .transform((text): Rate => {
    const [count = 0, seconds = 0] = text.split('/').map(Number);
    return { count, seconds };
  });
const domain = z.string().regex(/^(?!-)[a-z0-9-]+(\.[a-z0-9-]+)+$/, 'must be a domain name like example.no');
/** Standard Webhooks secrets: 24 to 64 random bytes each. */
const webhookSecrets = commaList.superRefine((secrets, context) => {
  for (const secret of secrets) {
    const [, text] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
    const { length } = Buffer.from(text ?? '', 'base64');
    // The secret itself is not repeated: this ends up in logs.
    if (length < 24 || length > 64) context.addIssue('each secret must be whsec_ and 24 to 64 bytes in base64');
  }
});

/**
 * Every setting: its schema (from the environment's text) and its default, as it would be written in `.env`.
 * `.env.example` and the README's table are compared with this by a test.
 */
const SETTINGS = {
  HOST: z.string().min(1).default('127.0.0.1'),
  PORT: port.prefault('3000'),
  PUBLIC_URL: url('http:', 'https:').optional(),
  DATA_DIR: z
    .string()
    .min(1)
    .prefault('./var')
    .transform((path) => resolve(path)),
  DEPLOYMENT_SECRET: z.string().min(32, 'must have at least 32 characters').optional(),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_TO: z.enum(['files', 'stdout']).default('files'),

  REDIS_URL: url('redis:', 'rediss:', 'unix:').optional(),
  REDIS_ALLOW_UNSAFE: flag.prefault('0'),

  API_KEYS: apiKeys.optional(),
  API_KEYS_FILE: z.string().min(1).optional(),

  SMTP_URL: url('smtp:', 'smtps:').optional(),
  SMTP_STARTTLS: z
    .enum(['auto', 'required', 'offered', 'off'], 'must be auto, required, offered or off')
    .default('auto'),
  SMTP_CA_FILE: z.string().min(1).optional(),
  SMTP_CONNECTIONS: wholeNumber(1, 64).prefault('5'),
  MAIL_FROM: mailbox.default('Heavylift <heavylift@localhost>'),
  MAIL_RATE: rate.optional(),
  MAIL_RATE_PER_DOMAIN: rate.optional(),
  MAIL_DKIM_DOMAIN: domain.optional(),
  MAIL_DKIM_SELECTOR: z
    .string()
    .regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/i, 'must be letters, digits and hyphens')
    .optional(),
  MAIL_DKIM_KEY_FILE: z.string().min(1).optional(),
  MAIL_CATCHER_SMTP_PORT: port.prefault('1025'),
  MAIL_CATCHER_WEB_PORT: port.prefault('1080'),

  FETCH_ALLOW: allowList.optional(),
  WEBHOOK_ALLOW: allowList.optional(),
  WEBHOOK_SECRETS: webhookSecrets.optional(),

  IMAGES_WORKERS: wholeNumber(0, 64).prefault(String(Math.min(availableParallelism(), 8))),
  IMAGES_CONCURRENCY: wholeNumber(1, 64).prefault('3'),
  REPORTS_WORKERS: wholeNumber(0, 64).prefault('1'),
  REPORTS_CONCURRENCY: wholeNumber(1, 64).prefault('1'),
  EMAILS_WORKERS: wholeNumber(0, 64).prefault('1'),
  EMAILS_CONCURRENCY: wholeNumber(1, 256).prefault('40'),
  WEBHOOKS_WORKERS: wholeNumber(0, 64).prefault('1'),
  WEBHOOKS_CONCURRENCY: wholeNumber(1, 64).prefault('10'),
  DRAIN_SECONDS: wholeNumber(1, 3600).prefault('20'),

  RESULT_TTL: duration.prefault('24h'),
  MAX_RECORDS: wholeNumber(1, 10_000_000).prefault('100000'),

  MAX_QUEUE_DEPTH: wholeNumber(1, 10_000_000).prefault('100000'),
  JSON_MAX_BYTES: wholeNumber(1024, 100_000_000).prefault('10000000'),
  IMAGE_MAX_BYTES: wholeNumber(1024, 2_000_000_000).prefault('50000000'),
  IMAGE_MAX_PIXELS: wholeNumber(1, 1_000_000_000).prefault('50000000'),
  IMAGE_MAX_FRAMES: wholeNumber(1, 10_000).prefault('300'),
  IMAGE_PRESETS: z
    .string()
    .min(1)
    .transform((path) => resolve(path))
    .optional(),
  IMAGE_TIMEOUT_SECONDS: wholeNumber(1, 3600).prefault('60'),
  REPORT_TIMEOUT_SECONDS: wholeNumber(1, 86_400).prefault('300'),
  REPORT_FONTS: commaList.optional(),
  REPORT_MAX_FILE_BYTES: wholeNumber(1024, 10_000_000_000).prefault('200000000'),
  REPORT_MAX_ROWS: wholeNumber(1, 100_000_000).prefault('1000000'),
  REPORT_MAX_PAGES: wholeNumber(1, 1_000_000).prefault('50000'),
  REPORT_FETCH_SECONDS: wholeNumber(1, 3600).prefault('120'),
  EMAIL_TIMEOUT_SECONDS: wholeNumber(1, 3600).prefault('120'),
  WEBHOOK_TIMEOUT_SECONDS: wholeNumber(1, 300).prefault('20'),
} as const satisfies Record<string, z.ZodType>;

const DKIM = ['MAIL_DKIM_DOMAIN', 'MAIL_DKIM_SELECTOR', 'MAIL_DKIM_KEY_FILE'] as const;

const schema = z
  .object(SETTINGS)
  .refine((settings) => !(settings.API_KEYS && settings.API_KEYS_FILE), {
    path: ['API_KEYS_FILE'],
    message: 'set either API_KEYS or API_KEYS_FILE, not both',
  })
  .superRefine((settings, context) => {
    const missing = DKIM.filter((name) => settings[name] === undefined);
    if (missing.length === DKIM.length) return;
    for (const name of missing) {
      context.addIssue({
        code: 'custom',
        path: [name],
        message: `is missing; mails are signed with all of ${DKIM.join(', ')}`,
      });
    }
  });

export type Config = z.infer<typeof schema>;

/** Names of all settings, as they stand in `.env`. */
export const SETTING_NAMES = Object.keys(SETTINGS);

/** The settings as the environment would give them if nothing were set. */
export const defaultConfig = (): Config => schema.parse({});

/** Thrown by parseConfig and loadConfig: `faults` has one line for each bad setting. */
export class ConfigError extends Error {
  readonly faults: string[];

  constructor(faults: string[]) {
    super(`The settings are not usable:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
    this.faults = faults;
  }
}

/**
 * Settings from an environment and the text of a `.env` file; the environment wins, an empty value counts as unset.
 * Throws ConfigError with every fault at once: bad values, and names in the file that are no setting.
 */
export function parseConfig(environment: Record<string, string | undefined>, envFile = ''): Config {
  const file = parseEnv(envFile);
  const faults = Object.keys(file)
    .filter((name) => !SETTING_NAMES.includes(name))
    .map((name) => `${name} (in .env): there is no such setting`);
  const given = SETTING_NAMES.flatMap((name) => {
    const value = environment[name] || file[name];
    return value ? [[name, value] as const] : [];
  });
  const parsed = schema.safeParse(Object.fromEntries(given));
  for (const { path, message } of parsed.error?.issues ?? []) faults.push(`${path.join('.')}: ${message}`);
  if (!parsed.success || faults.length > 0) throw new ConfigError(faults);
  return parsed.data;
}

/** The process's settings: its environment over `.env` in the working directory. Throws ConfigError. */
export function loadConfig(): Config {
  const config = parseConfig(process.env, existsSync('.env') ? readFileSync('.env', 'utf8') : '');
  checkMailFiles(config);
  if (!config.API_KEYS_FILE) return config;
  try {
    return { ...config, API_KEYS: apiKeys.parse(readFileSync(config.API_KEYS_FILE, 'utf8')) };
  } catch (cause) {
    throw new ConfigError([`API_KEYS_FILE: ${cause instanceof z.ZodError ? cause.issues[0]?.message : cause}`]);
  }
}

/** DKIM knows RSA everywhere, and other keys hardly anywhere. */
function assertRsaKey(text: string): void {
  if (createPrivateKey(text).asymmetricKeyType !== 'rsa') throw new Error('no RSA key');
}

/** The files that mail settings name must be there and be what they should; throws ConfigError. */
export function checkMailFiles({ MAIL_DKIM_KEY_FILE, SMTP_CA_FILE }: Config): void {
  const faults: string[] = [];
  const check = (name: string, path: string | undefined, what: string, read: (text: string) => unknown) => {
    try {
      if (path) read(readFileSync(path, 'utf8'));
    } catch (cause) {
      const missing = (cause as NodeJS.ErrnoException).syscall !== undefined;
      faults.push(`${name}: ${missing ? `can not be read: ${(cause as Error).message}` : `must hold ${what} (PEM)`}`);
    }
  };
  check('MAIL_DKIM_KEY_FILE', MAIL_DKIM_KEY_FILE, 'a private RSA key', assertRsaKey);
  check('SMTP_CA_FILE', SMTP_CA_FILE, 'a certificate', (text) => new X509Certificate(text));
  if (faults.length > 0) throw new ConfigError(faults);
}

/** `loadConfig` for a process's entry: prints the faults and exits 1 when there are any. */
export const loadConfigOrExit = (): Config => exitOnConfigError(loadConfig);

/** Loads what the settings say; where they are not usable, prints the faults and exits 1. */
export function exitOnConfigError<Loaded>(load: () => Loaded): Loaded {
  try {
    return load();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
}

/** Where the web process answers on this machine: HOST and PORT, and loopback where HOST means every address. */
export function localUrl(config: Config): string {
  const host = { '0.0.0.0': '127.0.0.1', '::': '::1' }[config.HOST] ?? config.HOST;
  return `http://${host.includes(':') ? `[${host}]` : host}:${config.PORT}`;
}

/** The base of every absolute link, without a slash at its end. */
export function publicUrl(config: Config): string {
  return (config.PUBLIC_URL ?? localUrl(config)).replace(/\/+$/, '');
}
