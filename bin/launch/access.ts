import type { Config } from '../../src/config/platform.ts';
import type { DataPaths } from '../../src/data-dir.ts';
import { openKeyring } from '../../src/keys/keyring.ts';
import { SCOPES } from '../../workers/index.ts';

/** How to get in: the file with the first key (null when API_KEYS names the keys), and a sign-in link for browsers. */
export interface Access {
  keyFile: string | null;
  signInLink: string;
}

/** Makes the first key where there is none yet, and a link that signs in once, within a day. */
export async function openAccess(config: Config, paths: DataPaths): Promise<Access> {
  const keyring = openKeyring(config, SCOPES);
  return { keyFile: config.API_KEYS ? null : paths.apiKeyFile, signInLink: await keyring.signInLink() };
}
