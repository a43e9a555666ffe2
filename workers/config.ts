import { exitOnConfigError } from '../src/config/config-error.ts';
import { createSettingsReader, type Environment } from '../src/config/load.ts';
import { type AllConfig, KINDS, SCOPES } from './index.ts';

// The settings of this product: the platform's and those of every kind there is.

const reader = createSettingsReader(
  KINDS.map(({ contract, scope, settings }) => ({ kind: contract.kind, scope, settings })),
  SCOPES,
);

/** Names of all settings, as they stand in `.env`. */
export const SETTING_NAMES = reader.names;

/** Reads settings from an environment and the text of a `.env` file. Throws ConfigError with every issue. */
export const parseConfig = (environment: Environment, envFile?: string): AllConfig =>
  reader.parse(environment, envFile) as AllConfig;

/** The settings as they are when nothing is set. */
export const defaultConfig = (): AllConfig => parseConfig({});

/** Reads this process's settings. Throws ConfigError. */
export const loadConfig = (): AllConfig => reader.load() as AllConfig;

/** Reads this process's settings. Where some are bad those that are good by themselves count, and of the others the defaults. */
export const loadGoodConfig = (): AllConfig => reader.loadGood() as AllConfig;

/** Reads this process's settings; prints every issue and exits 1 when there are any. */
export const loadConfigOrExit = (): AllConfig => exitOnConfigError(loadConfig);
