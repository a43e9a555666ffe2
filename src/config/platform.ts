import { resolve } from 'node:path';
import { z } from 'zod';
import { choiceField, wholeNumberText } from '../fields/fields.ts';
import { apiKeys } from './api-keys.ts';
import { profile, readMemory } from './machine.ts';
import { publicAddress } from './public-address.ts';
import { checkTlsFiles } from './redis-address.ts';
import { defineSettings, type SettingsOf } from './settings.ts';
import { findStorageFaults, STORAGE_FIELDS } from './storage-fields.ts';
import {
  addressList,
  allowList,
  byteSize,
  duration,
  flag,
  mailboxes,
  port,
  proxies,
  redisUrl,
  secrets,
  webUrl,
} from './values.ts';

/** A worker may take half of the memory, or of what its container has, within these bounds. */
const WORKER_MEMORY = { small: 250_000_000, large: 800_000_000, most: 2_000_000_000 };

const halfOfMemory = (least: number): string =>
  String(Math.min(Math.max(Math.floor(readMemory() / 2), least), WORKER_MEMORY.most));

/** From so much memory on there are two web processes: a machine sold as one of 4 GB shows a little less. */
const TWO_WEB_FROM_BYTES = 3_600_000_000;

const defaultWebWorkers = (): string => (readMemory() >= TWO_WEB_FROM_BYTES ? '2' : '1');

/** Where the queue is, and how. */
const REDIS_FIELDS = {
  REDIS_URL: redisUrl.optional(),
  REDIS_ALLOW_UNSAFE: flag.prefault('0'),
  REDIS_MAXMEMORY: byteSize.optional(),
  REDIS_WAIT: wholeNumberText(0, 10).prefault('0'),
  KEY_PREFIX: z
    .string()
    .regex(/^[a-z0-9._-]{1,32}$/i, 'must be 1 to 32 letters, digits, dots, dashes or underscores')
    .default('heavylift'),
} as const;

const VERDICT_FIELDS = {
  VERDICT_WAITING: duration.prefault('10m'),
  VERDICT_FAILED_PERCENT: wholeNumberText(1, 100).prefault('5'),
  ALERTS_URL: webUrl.optional(),
  ALERTS_EMAIL: mailboxes.optional(),
  ALERTS_LEVEL: choiceField('amber', 'red').default('red'),
} as const;

/** The settings of the web process and of what all kinds stand on; `scopes` are those that keys may be given. */
export const platformSettings = (scopes: readonly string[]) =>
  defineSettings({
    fields: {
      HOST: z.string().min(1).default('127.0.0.1'),
      PORT: port.prefault('3000'),
      WEB_WORKERS: wholeNumberText(1, 16).prefault(defaultWebWorkers()),
      PUBLIC_URL: publicAddress.optional(),
      TRUST_PROXY: proxies.prefault('0'),
      PROFILE: profile,
      DATA_DIR: z
        .string()
        .min(1)
        .prefault('./var')
        .transform((path) => resolve(path)),
      DEPLOYMENT_SECRET: secrets.optional(),
      LOG_LEVEL: choiceField('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent').default('info'),
      LOG_TO: choiceField('files', 'stdout').default('files'),
      LOG_FILE_BYTES: wholeNumberText(10_000, 10_000_000_000).prefault('10000000'),
      LOG_OLD_FILES: wholeNumberText(1, 100).prefault('3'),

      ...STORAGE_FIELDS,

      ...REDIS_FIELDS,

      API_KEYS: apiKeys(scopes).optional(),
      API_KEYS_FILE: z.string().min(1).optional(),

      FETCH_ALLOW: allowList.optional(),
      DELIVER_ALLOW: allowList.optional(),
      OWN_ADDRESSES: addressList.optional(),

      WORKER_MEMORY_BYTES: wholeNumberText(50_000_000, 1_000_000_000_000).prefault(halfOfMemory(WORKER_MEMORY.large)),
      DRAIN_SECONDS: wholeNumberText(1, 3600).prefault('20'),
      RESULT_TTL: duration.prefault('24h'),
      DERIVED_MAX_BYTES: byteSize.prefault('1GB'),
      MAX_RECORDS: wholeNumberText(1, 10_000_000).prefault('100000'),
      EVICT_PERCENT: wholeNumberText(10, 79).prefault('70'),
      MAX_QUEUE_DEPTH: wholeNumberText(1, 10_000_000).prefault('100000'),
      JSON_MAX_BYTES: wholeNumberText(1024, 100_000_000).prefault('10000000'),
      DISK_RESERVE: byteSize.optional(),
      DISK_BALLAST: byteSize.prefault('16MB'),
      MAX_CONNECTIONS: wholeNumberText(10, 100_000).prefault('2000'),
      MAX_CONNECTIONS_PER_ADDRESS: wholeNumberText(1, 100_000).prefault('200'),
      MAX_UPLOADS_PER_CALLER: wholeNumberText(1, 1000).prefault('10'),
      MAX_UPLOADS_PER_ADDRESS: wholeNumberText(1, 1000).prefault('20'),
      MAX_BATCH_BYTES: byteSize.prefault('1GB'),
      MAX_UNFINISHED_UPLOADS: wholeNumberText(1, 100_000).prefault('1000'),
      UPLOADS_EXPIRE: duration.prefault('24h'),
      MAX_ENDPOINTS_PER_CALLER: wholeNumberText(1, 1000).prefault('20'),
      MAX_SCHEDULES_PER_CALLER: wholeNumberText(1, 1000).prefault('100'),
      MIN_BODY_RATE: wholeNumberText(1, 1_000_000).prefault('1000'),

      ...VERDICT_FIELDS,
    },
    small: { WEB_WORKERS: '1', WORKER_MEMORY_BYTES: halfOfMemory(WORKER_MEMORY.small) },
    checkFiles: ({ REDIS_URL }) => checkTlsFiles(REDIS_URL),
    check: ({ API_KEYS, API_KEYS_FILE, ...others }) => [
      ...(API_KEYS && API_KEYS_FILE ? ['API_KEYS_FILE: set either API_KEYS or API_KEYS_FILE, not both'] : []),
      ...findStorageFaults(others),
    ],
  });

/**
 * What the web process and the workers of every kind know of the settings. A kind's own are beside them, under its
 * type.
 */
export interface Config extends SettingsOf<ReturnType<typeof platformSettings>> {}
