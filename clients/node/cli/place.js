// @ts-check
/** @import { Io, Place } from './io.js' */
import { chmod, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Heavylift } from '../src/index.js';
import { readSetting } from '../src/settings.js';
import { CommandError, EXIT } from './exit.js';

/**
 * The file that `heavylift login` writes.
 * @param {Io} io
 */
export const configPath = ({ home }) => join(home, 'heavylift', 'config.json');

/**
 * Finds out where Heavylift is, and opens it: by HEAVYLIFT_URL and HEAVYLIFT_KEY, on a server by its own settings, or by the file
 * that `login` wrote. Rejects with CommandError where none says it.
 * @param {Io} io
 * @returns {Promise<Heavylift>}
 */
export async function openHeavylift(io) {
  const [url, key] = [readSetting('HEAVYLIFT_URL'), readSetting('HEAVYLIFT_KEY')];
  const found = url && key ? { url, key } : (io.findLocal?.() ?? (await readConfig(io)));
  // A key is for the address that it was written down with, and goes to no other.
  const isThere = !url || (found && originOf(url) === originOf(found.url));
  const place = { url: url ?? found?.url, key: key ?? (isThere ? found?.key : undefined) };
  if (!place.url) {
    throw new CommandError(
      'where Heavylift is must be said: heavylift login URL, or HEAVYLIFT_URL and HEAVYLIFT_KEY',
      EXIT.notReached,
    );
  }
  if (!place.key)
    throw new CommandError(`there is no key for ${place.url}: heavylift login, or HEAVYLIFT_KEY`, EXIT.notReached);
  try {
    return new Heavylift({ url: place.url, key: place.key });
  } catch (error) {
    throw new CommandError(/** @type {Error} */ (error).message, EXIT.notReached);
  }
}

/** @param {string} url */
const originOf = (url) => (URL.canParse(url) ? new URL(url).origin : url);

/**
 * Reads the user's file; null where there is none. Rejects with CommandError where others can read it, or it is none of ours.
 * @param {Io} io
 * @returns {Promise<Place | null>}
 */
async function readConfig(io) {
  const path = configPath(io);
  const text = await readFile(path, 'utf8').catch((/** @type {NodeJS.ErrnoException} */ error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  if (process.platform !== 'win32' && ((await stat(path)).mode & 0o077) !== 0) {
    throw new CommandError(`${path} has a key and must be for you alone: chmod 600 ${path}`);
  }
  try {
    const { url, key } = JSON.parse(text);
    if (typeof url === 'string' && typeof key === 'string') return { url, key };
  } catch {
    // Said below.
  }
  throw new CommandError(`${path} must have url and key: heavylift login writes it`);
}

/**
 * Writes the user's file, for him alone; it is whole or not there.
 * @param {Io} io
 * @param {Place} place
 * @returns {Promise<string>}
 */
export async function writeConfig(io, place) {
  const path = configPath(io);
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.${process.pid}.part`;
  await writeFile(part, `${JSON.stringify(place, null, 2)}\n`, { mode: 0o600 });
  await chmod(part, 0o600);
  await rename(part, path);
  return path;
}
