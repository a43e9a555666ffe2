import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { z } from 'zod';
import { apiKeys } from './api-keys.ts';
import { ConfigError } from './config-error.ts';
import { profile } from './machine.ts';
import { type Config, platformSettings } from './platform.ts';
import { type SettingsGroup, settingPrefix } from './settings.ts';

/** What a kind brings to the settings. */
export interface KindSettings {
  kind: string;
  /** What a key may be given to post jobs of the kind; null where it takes none. */
  scope: string | null;
  settings: SettingsGroup;
}

/** An environment: names and texts. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** Reads settings of the platform and of these kinds. */
export interface SettingsReader {
  /** Names of all settings, as they stand in `.env`. */
  names: readonly string[];
  /**
   * Reads an environment and the text of a `.env` file; the environment wins, an empty value counts as unset. Throws
   * ConfigError with every issue at once: bad values, names that settings had before or that are gone, and names in the file that are
   * none.
   */
  parse(environment: Environment, envFile?: string): Config;
  /**
   * Reads the process's environment over `.env` in the working directory, and the files they name. Throws ConfigError.
   */
  load(): Config;
  /** The same, but where some are bad those that are good by themselves count, and of the others the defaults. */
  loadGood(): Config;
}

/** Makes the reader. `scopes` are those that a key may be given. */
export function createSettingsReader(kinds: readonly KindSettings[], scopes: readonly string[]): SettingsReader {
  const groups: SettingsGroup[] = [platformSettings(scopes), ...kinds.map(({ settings }) => settings)];
  const schema = z.object(Object.assign({}, ...groups.map(({ fields }) => fields)) as Record<string, z.ZodType>);
  const names = Object.keys(schema.shape);
  const small: Environment = Object.assign({}, ...groups.map((group) => group.small));

  const parse: SettingsReader['parse'] = (environment, envFile = '') => {
    const file = parseEnv(envFile);
    const read = (name: string) => environment[name] || file[name];
    // A bad value has its line below.
    const isSmall = profile.safeParse(read('PROFILE')).data === 'small';
    const given = names.flatMap((name) => {
      const value = read(name) || (isSmall ? small[name] : undefined);
      return value ? [[name, value] as const] : [];
    });
    const parsed = schema.safeParse(Object.fromEntries(given));
    const issues = [
      ...findStrangers(file, environment, kinds, names),
      ...(parsed.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`),
      ...(parsed.success ? groups.flatMap(({ check }) => check?.(parsed.data) ?? []) : []),
    ];
    if (!parsed.success || issues.length > 0) throw new ConfigError(issues);
    return { ...parsed.data, ...readSecrets(groups, [environment, file]) } as Config;
  };

  /** One after the other, since some are bad beside others; and again, since some want others beside them. */
  const findGood = (given: Environment): Environment => {
    const prefixes = groups.flatMap(({ secrets }) => secrets?.prefix ?? []);
    const isSecret = (name: string) => prefixes.some((prefix) => name.startsWith(prefix));
    let good: Environment = Object.fromEntries(Object.entries(given).filter(([name]) => isSecret(name)));
    for (const name of [...names, ...names]) {
      const more = { ...good, [name]: given[name] };
      if (given[name] && isGood(() => parse(more))) good = more;
    }
    return good;
  };
  const load = () => {
    const config = parse(process.env, readEnvFile());
    const issues = groups.flatMap(({ checkFiles }) => checkFiles?.(config) ?? []);
    if (issues.length > 0) throw new ConfigError(issues);
    return config.API_KEYS_FILE ? { ...config, API_KEYS: readKeysFile(config.API_KEYS_FILE, scopes) } : config;
  };
  return {
    names,
    parse,
    load,
    loadGood() {
      try {
        return load();
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        return parse(findGood({ ...parseEnv(readEnvFile()), ...process.env }));
      }
    },
  };
}

const readEnvFile = (): string => (existsSync('.env') ? readFileSync('.env', 'utf8') : '');

function isGood(read: () => Config): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** Reads the secrets that have names of the operator's own; absent where there are none. */
function readSecrets(groups: readonly SettingsGroup[], [environment, file]: [Environment, Environment]) {
  const sets = groups.flatMap(({ secrets }) => {
    if (!secrets) return [];
    const names = Object.keys({ ...file, ...environment }).filter((name) => name.startsWith(secrets.prefix));
    const found = names.flatMap((name) => {
      const value = environment[name] || file[name];
      return value ? [[name, value] as const] : [];
    });
    return found.length > 0 ? [[secrets.into, Object.fromEntries(found)] as const] : [];
  });
  return Object.fromEntries(sets);
}

/** One line for each name that a setting had before, wherever it stands, and for each name in the file that is none. */
function findStrangers(
  file: Environment,
  environment: Environment,
  kinds: readonly KindSettings[],
  names: readonly string[],
): string[] {
  const prefixes = kinds.flatMap(({ settings }) => settings.secrets?.prefix ?? []);
  const inFile = Object.keys(file).flatMap((name) => {
    if (names.includes(name) || prefixes.some((prefix) => name.startsWith(prefix))) return [];
    return [`${name} (in .env): ${describeFormer(name, kinds, names) ?? 'there is no such setting'}`];
  });
  const inEnvironment = Object.keys(environment).flatMap((name) => {
    const former = environment[name] && !names.includes(name) ? describeFormer(name, kinds, names) : undefined;
    return former ? [`${name}: ${former}`] : [];
  });
  return [...inFile, ...inEnvironment];
}

/** What became of the setting that had this name before; undefined for any other name. */
function describeFormer(name: string, kinds: readonly KindSettings[], names: readonly string[]): string | undefined {
  for (const { kind, settings } of kinds) {
    if (settings.removed?.[name] !== undefined) return settings.removed[name];
    for (const former of settings.formerPrefixes ?? []) {
      const now = name.startsWith(former) ? `${settingPrefix(kind)}${name.slice(former.length)}` : '';
      if (names.includes(now)) return `is called ${now} now`;
    }
  }
  return undefined;
}

function readKeysFile(path: string, scopes: readonly string[]): Config['API_KEYS'] {
  try {
    return apiKeys(scopes).parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new ConfigError([`API_KEYS_FILE: ${cause instanceof z.ZodError ? cause.issues[0]?.message : cause}`]);
  }
}
