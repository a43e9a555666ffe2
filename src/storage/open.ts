import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';
import { openDiskStorage } from './disk.ts';
import type { Storage } from './storage.ts';

/** The storage the settings choose. */
export const openStorage = (config: Config): Promise<Storage> =>
  openDiskStorage(dataPaths(config.DATA_DIR).storage, config.DISK_RESERVE);
