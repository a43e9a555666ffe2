import { HeadBucketCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import { NoAnswer, withinOwnTime } from '../../processes/own-time.ts';
import type { S3Sender } from './client.ts';
import { unavailable } from './errors.ts';
import type { WriteTarget } from './write.ts';

/** What is written to try it: one content, again and again. */
const KEY = 'tmp/check';
/** What was seen holds for so long. */
const HOLDS_MS = 2000;
/** Whether something can be written is tried so often while all is well, and each time while it is not. */
const WRITE_HOLDS_MS = 30_000;
/** A look that takes longer, at a server that answered just now, keeps nobody waiting. */
const WITHIN_MS = 1500;
/** And so long what the server answered last counts for it. */
const JUST_NOW_MS = 10_000;
const LOOK_MS = 5000;

/** Whether the server takes a content now. */
export interface S3Check {
  /** Rejects with storage_full and storage_unavailable when nothing can be written. */
  check(): Promise<void>;
  /** Says that a write has failed: the next look tries one. */
  noteFailure(): void;
}

/** Makes the check of a place; `target` makes the place of a key. */
export function createS3Check(sender: S3Sender, target: (key: string) => WriteTarget): S3Check {
  let look: Promise<void> | null = null;
  let [wellAt, wroteAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
  const since = (at: number) => performance.now() - at;

  const lookNow = async () => {
    const { encryption, ...at } = target(KEY);
    const limit = { limitMs: LOOK_MS };
    if (since(wroteAt) < WRITE_HOLDS_MS) await sender.send(new HeadBucketCommand({ Bucket: at.Bucket }), limit);
    else {
      await sender.send(new PutObjectCommand({ ...at, ...encryption, Body: '.' }), limit);
      wroteAt = performance.now();
    }
    wellAt = performance.now();
  };
  const start = () => {
    look = lookNow()
      .catch((error: unknown) => {
        [wellAt, wroteAt] = [Number.NEGATIVE_INFINITY, Number.NEGATIVE_INFINITY];
        // The bucket is what was not found.
        throw error instanceof AppError && error.code === 'not_found' ? unavailable(error.cause) : error;
      })
      .finally(() => {
        look = null;
      });
    return look;
  };

  return {
    async check() {
      if (since(wellAt) < HOLDS_MS) return;
      await withinOwnTime(look ?? start(), WITHIN_MS).catch((error: unknown) => {
        if (!(error instanceof NoAnswer)) throw error;
        if (since(wellAt) > JUST_NOW_MS) throw unavailable(error);
      });
    },
    noteFailure() {
      wellAt = Number.NEGATIVE_INFINITY;
      wroteAt = Number.NEGATIVE_INFINITY;
    },
  };
}
