import type { Config } from '../../src/config/platform.ts';
import { FIRST_KEY_NAME, randomKey, sha256 } from '../../src/keys/keyring.ts';
import { type KeyStore, MAX_KEYS, type Rate, type StoredKey } from '../../src/keys/store.ts';
import { SCOPES } from '../../workers/index.ts';
import { type Command, Refusal } from './arguments.ts';

/** What a command says: `output` is what was asked for, `remark` is said about it. */
export interface Answer {
  output: string;
  remark?: string;
}

/** Makes a key; its text is in the answer and nowhere else. Throws Refusal when the name is taken. */
export async function createKey(
  store: KeyStore,
  config: Config,
  { name, scopes, rate, senders }: Command & { verb: 'create' },
): Promise<Answer> {
  const { keys, source } = settingsKeys(config);
  const taken = `there is a key named "${name}" already`;
  if (keys.some((one) => one.name === name)) throw new Refusal(`${taken}, in ${source}; choose another name`);
  if ((await store.list()).length >= MAX_KEYS)
    throw new Refusal(`there are ${MAX_KEYS} keys already; revoke some first`);
  const key = randomKey();
  const digest = sha256(key);
  const createdAt = new Date().toISOString();
  if (
    !(await store.add({ name, digest, scopes, rate, ...(senders ? { senders } : {}), createdAt, lastUsedAt: null }))
  ) {
    throw new Refusal(`${taken}; choose another name, or revoke it first: npm run keys -- revoke ${name}`);
  }
  const limits = [showRate(rate), ...(senders ? [`mail from ${senders.join(', ')}`] : [])];
  const facts = `The key "${name}" (${[scopes.join(', '), ...limits].join('; ')}).`;
  return { output: key, remark: `${facts} Only its hash is kept: it is shown now and never again.` };
}

/** Takes a key away; throws Refusal when there is none of that name. */
export async function revokeKey(store: KeyStore, config: Config, name: string): Promise<Answer> {
  if (await store.remove(name)) {
    return { output: '', remark: `The key "${name}" is revoked: it and its sessions end within 5 seconds.` };
  }
  const { keys, source } = settingsKeys(config);
  if (!keys.some((one) => one.name === name)) {
    throw new Refusal(`there is no key named "${name}"; see: npm run keys -- list`);
  }
  throw new Refusal(`the key "${name}" is in ${source}: take it out there and restart the web process`);
}

/** The table of all keys, those of the settings first. */
export async function listKeys(store: KeyStore, config: Config): Promise<Answer> {
  const { keys, source } = settingsKeys(config);
  const stored = ({ name, scopes, rate, senders, createdAt, lastUsedAt }: StoredKey) => {
    // Made before the settings took its name.
    const hidden = keys.some((one) => one.name === name);
    const created = hidden ? `hidden by the one in ${source}` : showTime(createdAt);
    return [name, showScopes(scopes, senders), showRate(rate), created, showTime(lastUsedAt)];
  };
  const rows = [
    ['NAME', 'SCOPES', 'RATE', 'CREATED', 'LAST USED'],
    ...keys.map(({ name, scopes }) => [name, scopes.join(','), 'no limit', `in ${source}`, '-']),
    ...(await store.list()).map(stored),
  ];
  return { output: formatTable(rows) };
}

/** The keys that the settings name, and where they are written. */
function settingsKeys(config: Config): { keys: { name: string; scopes: readonly string[] }[]; source: string } {
  if (!config.API_KEYS) return { keys: [{ name: FIRST_KEY_NAME, scopes: SCOPES }], source: 'DATA_DIR/api-key' };
  return { keys: config.API_KEYS, source: config.API_KEYS_FILE ? 'API_KEYS_FILE' : 'API_KEYS' };
}

/** "images,emails (from example.no)" */
const showScopes = (scopes: string[], senders?: string[]): string =>
  `${scopes.join(',')}${senders ? ` (from ${senders.join(', ')})` : ''}`;
const showRate = (rate: Rate | null): string => (rate ? `${rate.requests}/${rate.seconds}` : 'no limit');
const showTime = (time: string | null): string => (time ? `${time.slice(0, 16).replace('T', ' ')}Z` : 'never');

function formatTable(rows: string[][]): string {
  const widthOf = (column: number) => Math.max(...rows.map((row) => row[column]?.length ?? 0));
  const lines = rows.map((row) => row.map((cell, column) => cell.padEnd(widthOf(column))).join('  '));
  return lines.map((line) => line.trimEnd()).join('\n');
}
