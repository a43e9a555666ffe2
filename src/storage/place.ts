import type { Config } from '../config/platform.ts';
import type { StoragePlace } from '../config/storage-url.ts';
import { dataPaths } from '../data-dir.ts';

/** The settings that say where files lie. */
export type PlaceSettings = Pick<Config, 'DATA_DIR' | 'STORAGE_URL'>;

/** Where uploads and results lie by the settings. */
export const placeOf = ({ DATA_DIR, STORAGE_URL }: PlaceSettings): StoragePlace =>
  STORAGE_URL ?? { on: 'disk', folder: dataPaths(DATA_DIR).storage };

/** The folder that files lie in; null where they lie in none of this machine. */
export function folderOf(config: PlaceSettings): string | null {
  const place = placeOf(config);
  return place.on === 'disk' ? place.folder : null;
}

/** A place in words that people know it by. */
export const nameOf = (place: StoragePlace): string => (place.on === 'disk' ? place.folder : place.name);
