import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { createKeyStore } from '../../src/keys/store.ts';
import { formatAge, formatBytes } from '../../src/kinds/formats.ts';
import { folderOf } from '../../src/storage/place.ts';
import { listKeyFiles } from '../../workers/emails/source/dkim-keys.ts';
import { readLastBackup } from '../backup/last-backup.ts';
import { type Check, type Examination, redisOf } from './examination.ts';

const DAY_MS = 86_400_000;
const OLD_SECRET_MS = 365 * DAY_MS;
/** A night may be missed. */
const OLD_BACKUP_MS = 2 * DAY_MS;
/** More names than these are only counted. */
const MOST_NAMES = 5;

/** The files that hold secrets, as far as there are any here. */
function secretFiles({ config, paths }: Examination): string[] {
  const { EMAILS_DKIM_KEY_FILE, EMAILS_DKIM_DIR, API_KEYS_FILE } = config;
  const keys = EMAILS_DKIM_DIR === undefined ? [] : listKeyFiles(EMAILS_DKIM_DIR).map(({ file }) => file);
  const named = [EMAILS_DKIM_KEY_FILE, API_KEYS_FILE].flatMap((path) => path ?? []);
  return [paths.secretFile, paths.apiKeyFile, resolve('.env'), ...named, ...keys].filter((path) => existsSync(path));
}

const modeOf = (path: string): number => statSync(path).mode & 0o777;
const named = (paths: readonly string[]): string =>
  paths
    .slice(0, MOST_NAMES)
    .map((path) => `${path} (${modeOf(path).toString(8)})`)
    .join(', ');
const quoted = (paths: readonly string[]): string => paths.slice(0, MOST_NAMES).join(' ');

const modes: Check = {
  name: 'modes',
  async look(examination) {
    const { config, paths } = examination;
    const files = secretFiles(examination);
    const folders = [paths.root, folderOf(config) ?? paths.root, paths.redis, paths.logs, paths.run].filter((path) =>
      existsSync(path),
    );
    const open = files.filter((path) => (modeOf(path) & 0o007) !== 0);
    const shared = files.filter((path) => (modeOf(path) & 0o077) !== 0 && !open.includes(path));
    // The one around them keeps others out of all.
    const rootIsClosed = existsSync(paths.root) && (modeOf(paths.root) & 0o007) === 0;
    const openFolders = folders.filter((path) => (modeOf(path) & 0o007) !== 0 && !(rootIsClosed && path !== paths.run));
    const findings = [
      ...(open.length > 0
        ? [
            {
              level: 'error' as const,
              text: `everybody on this machine may read secrets: ${named(open)}`,
              fix: `chmod 600 ${quoted(open)}, and think of new ones: who had an account here may have read them.`,
            },
          ]
        : []),
      ...(shared.length > 0
        ? [
            {
              level: 'warning' as const,
              text: `a group may read secrets: ${named(shared)}`,
              fix: `chmod 600 ${quoted(shared)}, unless that group is meant to.`,
            },
          ]
        : []),
      ...(openFolders.length > 0
        ? [
            {
              level: 'warning' as const,
              text: `everybody on this machine may look into ${named(openFolders)}`,
              fix: `chmod 700 ${quoted(openFolders)}`,
            },
          ]
        : []),
    ];
    if (findings.length > 0) return findings;
    return {
      level: 'ok',
      text: `${files.length} files with secrets and the folders of ${paths.root} are their owner's alone`,
    };
  },
};

const secrets: Check = {
  name: 'secrets',
  async look(examination) {
    const { config, paths } = examination;
    const file = existsSync(paths.secretFile) ? statSync(paths.secretFile) : null;
    const secretMs = config.DEPLOYMENT_SECRET || file === null ? null : Date.now() - file.mtimeMs;
    const redis = redisOf(examination);
    const stored = redis ? await createKeyStore(redis).list() : [];
    const old = stored.filter(({ createdAt }) => Date.now() - Date.parse(createdAt) > OLD_SECRET_MS);
    const [oldest] = stored.toSorted((one, other) => one.createdAt.localeCompare(other.createdAt));
    const ofSecret =
      secretMs === null ? 'the secret is given by DEPLOYMENT_SECRET' : `the secret is ${formatAge(secretMs)} old`;
    const age = oldest && formatAge(Date.now() - Date.parse(oldest.createdAt));
    const text = `${file === null && !config.DEPLOYMENT_SECRET ? 'there is no secret yet' : ofSecret}, ${
      oldest ? `the oldest of ${stored.length} keys (${oldest.name}) ${age}` : 'no key is kept in Redis'
    }`;
    if (secretMs !== null && secretMs > OLD_SECRET_MS) {
      const fix = 'Change it as docs/operations.md says (DEPLOYMENT_SECRET=new,old).';
      return { level: 'warning', text, fix };
    }
    if (old.length === 0) return { level: 'ok', text };
    const names = old.slice(0, MOST_NAMES).map(({ name }) => name);
    const fix = `bin/heavylift keys rotate, one after the other: ${names.join(', ')}${old.length > MOST_NAMES ? ' ...' : ''}`;
    return { level: 'warning', text: `${text}; ${old.length} are older than a year`, fix };
  },
};

const backup: Check = {
  name: 'backup',
  async look({ config, paths }) {
    if (config.REDIS_URL) {
      return { level: 'unknown', text: 'with REDIS_URL, Redis is backed up by means of its own' };
    }
    const last = readLastBackup(paths);
    const fix = 'bin/heavylift backup FOLDER, each night: docs/operations.md, Backups, has the line for cron.';
    if (last === null) return { level: 'warning', text: 'none was made of this data directory', fix };
    const ageMs = Date.now() - Date.parse(last.at);
    const text = `the last one is ${formatAge(ageMs)} old: ${last.file} (${formatBytes(last.bytes)})`;
    return ageMs > OLD_BACKUP_MS ? { level: 'warning', text, fix } : { level: 'ok', text };
  },
};

/** The checks of what lies in files: secrets, and backups. */
export const FILE_CHECKS: readonly Check[] = [modes, secrets, backup];
