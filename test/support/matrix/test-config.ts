import { parseConfig } from '../../../workers/config.ts';
import type { AllConfig } from '../../../workers/index.ts';
import { storageSettings } from './switch.ts';

/** The default settings, of what has that Redis and that data folder, with the storage of the run. */
export function testConfig(redisUrl: string, dir: string): AllConfig {
  const place = { REDIS_URL: redisUrl, DATA_DIR: dir };
  return { ...parseConfig(storageSettings(place)), ...place };
}
