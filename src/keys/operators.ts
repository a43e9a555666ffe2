import { ADMIN_SCOPE } from '../config/api-keys.ts';
import type { Config } from '../config/platform.ts';
import type { Redis } from '../redis/connect.ts';
import { FIRST_KEY_NAME } from './keyring.ts';
import { createKeyStore } from './store.ts';

/**
 * Makes what tells whether the key of a name is an operator's, for processes that ask now and then and keep no keyring. The
 * key that was made at the first start is one; where two keys have one name, that of the settings counts.
 */
export function createOperators(
  { API_KEYS }: Pick<Config, 'API_KEYS'>,
  redis: Redis,
): (name: string) => Promise<boolean> {
  const store = createKeyStore(redis);
  return async (name) => {
    const fixed = API_KEYS?.find((one) => one.name === name);
    if (fixed) return fixed.scopes.includes(ADMIN_SCOPE);
    if (!API_KEYS && name === FIRST_KEY_NAME) return true;
    return (await store.list()).find((one) => one.name === name)?.scopes.includes(ADMIN_SCOPE) ?? false;
  };
}
