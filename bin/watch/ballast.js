// @ts-check
import { closeSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Redis ends when it can't write: it gets the ballast's room when less than this part of it is free. */
const GIVEN_UP_BELOW = 1 / 4;
/** The ballast is made again when there is so many times its size free. */
const MADE_ABOVE = 3;
const PIECE = Buffer.alloc(1 << 20, 'ballast ');

/**
 * Keeps the ballast: a file that is removed when the disk is full, so that Redis can go on and the janitor make room.
 * @param {import('./plan.js').Ballast} ballast
 * @param {(facts: object, message: string) => void} log
 */
export function createBallast({ path, bytes }, log) {
  const make = () => {
    const file = openSync(path, 'w', 0o600);
    try {
      for (let left = bytes; left > 0; left -= PIECE.length) writeSync(file, PIECE, 0, Math.min(left, PIECE.length));
    } finally {
      closeSync(file);
    }
  };
  const remove = () => rmSync(path, { force: true });
  const lookNow = () => {
    const { bavail, bsize } = statfsSync(dirname(path));
    const free = bavail * bsize;
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    if (size > 0 && (free < bytes * GIVEN_UP_BELOW || bytes === 0)) {
      remove();
      log({ free, ballast: size }, 'the disk is full: the ballast is removed, so that Redis can go on. Make room');
    } else if (size < bytes && free > bytes * MADE_ABOVE) make();
  };
  return {
    /** Gives the ballast up, or makes it again, where that is due. */
    look() {
      try {
        lookNow();
      } catch {
        // No disk to look at, or it was filled meanwhile: a half ballast goes with the next look.
      }
    },
  };
}
