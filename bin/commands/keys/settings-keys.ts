import type { Config } from '../../../src/config/platform.ts';
import { FIRST_KEY_NAME } from '../../../src/keys/keyring.ts';
import type { Holdings, Rate } from '../../../src/keys/store.ts';
import { SCOPES } from '../../../workers/index.ts';
import { CommandError } from '../../cli/context.ts';

/** Names the keys of the settings, and where they are written. */
export function settingsKeys(config: Config): { keys: { name: string; scopes: readonly string[] }[]; source: string } {
  if (!config.API_KEYS) return { keys: [{ name: FIRST_KEY_NAME, scopes: SCOPES }], source: 'DATA_DIR/api-key' };
  return { keys: config.API_KEYS, source: config.API_KEYS_FILE ? 'API_KEYS_FILE' : 'API_KEYS' };
}

/** Throws CommandError for a key that is not in Redis, and says where it is. */
export function refuseUnknown(config: Config, name: string): never {
  const { keys, source } = settingsKeys(config);
  throw new CommandError(
    keys.some((one) => one.name === name)
      ? `the key "${name}" is in ${source}: change it or take it out there, and restart the web process`
      : `there is no key named "${name}"; see: bin/heavylift keys list`,
  );
}

/** Formats a rate as it is typed. */
export const formatRate = (rate: Rate | null): string => (rate ? `${rate.requests}/${rate.seconds}` : 'no limit');

/** Formats what a key may hold: a few words for each limit that it was given. */
export function formatHoldings({ maxWaiting, maxWaitingBytes, maxStored, maxRunning, weight }: Holdings): string[] {
  const parts = [
    maxWaiting === undefined ? '' : `${maxWaiting} waiting`,
    maxWaitingBytes === undefined ? '' : `${formatBytes(maxWaitingBytes)} waiting`,
    maxStored === undefined ? '' : `${formatBytes(maxStored)} stored`,
    maxRunning === undefined ? '' : `${maxRunning} running`,
    weight === undefined ? '' : `weight ${weight}`,
  ];
  return parts.filter(Boolean);
}

/** Formats an amount of bytes as people say it, in steps of 1000: `50 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  const step = Math.max(0, Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3)));
  return `${Number((bytes / 1000 ** step).toFixed(step === 0 ? 0 : 1))} ${units[step]}`;
}
