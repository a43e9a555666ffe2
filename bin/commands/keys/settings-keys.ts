import type { Config } from '../../../src/config/platform.ts';
import { FIRST_KEY_NAME } from '../../../src/keys/keyring.ts';
import type { Rate } from '../../../src/keys/store.ts';
import { SCOPES } from '../../../workers/index.ts';

/** Names the keys of the settings, and where they are written. */
export function settingsKeys(config: Config): { keys: { name: string; scopes: readonly string[] }[]; source: string } {
  if (!config.API_KEYS) return { keys: [{ name: FIRST_KEY_NAME, scopes: SCOPES }], source: 'DATA_DIR/api-key' };
  return { keys: config.API_KEYS, source: config.API_KEYS_FILE ? 'API_KEYS_FILE' : 'API_KEYS' };
}

/** Formats a rate as it is typed. */
export const formatRate = (rate: Rate | null): string => (rate ? `${rate.requests}/${rate.seconds}` : 'no limit');
