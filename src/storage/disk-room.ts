import { stat, statfs } from 'node:fs/promises';

/**
 * Which part of the reserve stays free for others: uploads end first, then every job is refused, then results wait. The
 * rest is for the queue, whose Redis ends rather than accept what it can't write.
 */
const KEPT_FREE = { upload: 1, job: 1 / 2, result: 1 / 4 } as const;

/** What room is asked for. */
export type RoomFor = keyof typeof KEPT_FREE;

const SMALL_VOLUME_BYTES = 2.5e9;
const LEAST_RESERVE_BYTES = 256e6;
/** What was seen of the volume holds for so long. */
const SEEN_FOR_MS = 1000;

/** How many bytes of a volume stay free, unless a setting says it: 2 %, at least 256 MB; of a small one a tenth. */
export const reserveOf = (volumeBytes: number): number =>
  volumeBytes < SMALL_VOLUME_BYTES ? volumeBytes / 10 : Math.max(volumeBytes / 50, LEAST_RESERVE_BYTES);

/** A volume's room in bytes. */
export interface Room {
  freeBytes: number;
  /** What is to stay free. */
  reserveBytes: number;
  totalBytes: number;
  /** Tells the volume from others of this machine. */
  volume: string;
}

/** Reads the room of the volume that a folder is on. Rejects with the error of the disk. */
export async function readRoom(folder: string, reserveBytes?: number): Promise<Room> {
  const [{ bavail, blocks, bsize }, { dev }] = await Promise.all([statfs(folder), stat(folder)]);
  const totalBytes = blocks * bsize;
  const reserve = reserveBytes ?? reserveOf(totalBytes);
  return { freeBytes: bavail * bsize, reserveBytes: reserve, totalBytes, volume: String(dev) };
}

/** Tells whether a volume has room. */
export interface DiskRoom {
  /** Rejects with ENOSPC where too little is free, also when so many bytes more are taken. */
  assert(use: RoomFor, bytes?: number): Promise<void>;
  /** The same; where there was room a moment ago there still is. */
  assertSeen(use: RoomFor): Promise<void>;
}

/** Makes the room of the volume that a folder is on. */
export function createDiskRoom(folder: string, reserveBytes?: number): DiskRoom {
  let seen = { free: Number.POSITIVE_INFINITY, reserve: 0 };
  let seenAt = Number.NEGATIVE_INFINITY;

  const look = async () => {
    seenAt = performance.now();
    const { bavail, blocks, bsize } = await statfs(folder);
    seen = { free: bavail * bsize, reserve: reserveBytes ?? reserveOf(blocks * bsize) };
  };
  const hasRoom = (use: RoomFor, bytes = 0) => seen.free - bytes >= seen.reserve * KEPT_FREE[use];
  const assert = async (use: RoomFor, bytes = 0) => {
    await look();
    if (!hasRoom(use, bytes)) throw Object.assign(new Error('no room'), { code: 'ENOSPC' });
  };
  return {
    assert,
    async assertSeen(use) {
      const isOld = performance.now() - seenAt > SEEN_FOR_MS;
      if (!hasRoom(use)) await assert(use);
      else if (isOld) look().catch(() => {});
    },
  };
}
