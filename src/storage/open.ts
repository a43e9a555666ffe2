import type { Config } from '../config/platform.ts';
import { dataPaths } from '../data-dir.ts';
import { openDiskStorage } from './disk.ts';
import { classifyDiskError } from './disk-errors.ts';
import { createDiskRoom } from './disk-room.ts';
import { type PlaceSettings, placeOf } from './place.ts';
import type { S3Keys } from './s3/client.ts';
import type { Storage } from './storage.ts';

/** The settings that storage is opened by. */
export type StorageSettings = PlaceSettings & S3Keys & Pick<Config, 'DISK_RESERVE' | 'REDIS_URL' | 'STORAGE_PRESIGN'>;

/** The storage the settings choose. What S3 takes is loaded only for it. */
export async function openStorage(config: StorageSettings): Promise<Storage> {
  const place = placeOf(config);
  if (place.on === 'disk') return openDiskStorage(place.folder, config.DISK_RESERVE);
  const { openS3Storage } = await import('./s3/s3.ts');
  const assertRoom = config.REDIS_URL ? async () => {} : createQueueRoom(config);
  return openS3Storage(place, config, { assertRoom, presignMs: config.STORAGE_PRESIGN });
}

/** Whether the queue's own disk has room for a job, where files lie elsewhere. */
function createQueueRoom({ DATA_DIR, DISK_RESERVE }: StorageSettings): () => Promise<void> {
  const room = createDiskRoom(dataPaths(DATA_DIR).redis, DISK_RESERVE);
  return async () => {
    try {
      await room.assertSeen('job');
    } catch (error) {
      throw classifyDiskError(error);
    }
  };
}
