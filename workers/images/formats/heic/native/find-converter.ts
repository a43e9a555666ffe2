import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import type { ImagesConfig } from '../../../settings.ts';
import type { Converter } from './convert.ts';

/** What libheif calls its converter: the second is the name that it has had since libheif 1.18. */
const NAMES = ['heif-convert', 'heif-dec'];
const FOLDERS = ['/usr/local/bin', '/usr/bin', '/bin', '/opt/homebrew/bin'];
const OFF = 'off';

/**
 * Finds libheif's converter, which decodes HEIC several times as fast as WebAssembly. Null where it is not installed, or the
 * setting is `off`; the setting may also be its path.
 */
export function findConverter({
  IMAGES_HEIF_CONVERTER: setting,
  DATA_DIR: dataDir,
}: Pick<ImagesConfig, 'IMAGES_HEIF_CONVERTER' | 'DATA_DIR'>): Converter | null {
  if (setting === OFF) return null;
  const paths =
    setting === undefined ? FOLDERS.flatMap((folder) => NAMES.map((name) => join(folder, name))) : [setting];
  const path = paths.find(canRun);
  return path === undefined ? null : { path, dataDir };
}

function canRun(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
