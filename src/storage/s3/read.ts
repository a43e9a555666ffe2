import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { AppError } from '../../errors.ts';
import type { S3Sender } from './client.ts';
import { unavailable, wordOf } from './errors.ts';
import { SHA256_NAME } from './metadata.ts';

/** A server that sends nothing for so long, while we want more, has stopped. */
const STALL_MS = 10_000;
const READ_BYTES = 1 << 19;
/** A content that came broken is asked for again: so often in all, where it is read in one piece. */
const TRIES = 3;

/** An inclusive part of a content. */
export interface ByteRange {
  start: number;
  end: number;
}

interface Place {
  Bucket: string;
  Key: string;
}

/**
 * Opens a content, or a range of it, as far as there is so much. It ends with storage_unavailable where the server sends less than
 * it said, with internal where a whole content has other bytes than were written.
 */
export async function openContent(sender: S3Sender, place: Place, range?: ByteRange): Promise<Readable> {
  const { body, chunks } = await ask(sender, place, range);
  const content = Readable.from(chunks, { objectMode: false, highWaterMark: READ_BYTES });
  const end = content._destroy;
  // Who goes away before reading, or while the server is silent, gives the connection back at once.
  content._destroy = (...args) => {
    body.destroy();
    end.apply(content, args);
  };
  return content;
}

/** Reads a content into one piece of memory. Rejects as `openContent` and what it gives do. */
export async function readContent(sender: S3Sender, place: Place): Promise<Buffer> {
  for (let tried = 1; ; tried += 1) {
    const { chunks, bytes } = await ask(sender, place);
    try {
      const content = Buffer.allocUnsafeSlow(bytes);
      let end = 0;
      for await (const chunk of chunks) {
        content.set(chunk, end);
        end += chunk.length;
      }
      return content;
    } catch (error) {
      if (tried === TRIES) throw error;
    }
  }
}

/** Asks for a content: the answer's body, how many bytes come in it, and these, watched. */
async function ask(sender: S3Sender, place: Place, range?: ByteRange) {
  const Range = range && `bytes=${range.start}-${range.end}`;
  const command = new GetObjectCommand({ ...place, ...(Range ? { Range } : {}) });
  const answer = await sender.send(command).catch((error: unknown) => {
    // Nothing is there any more: the range begins behind the end.
    if (wordOf(error) === 'InvalidRange') return null;
    throw error;
  });
  const { Body: body = Readable.from([]), ContentLength: bytes, Metadata } = answer ?? { ContentLength: 0 };
  if (!(body instanceof Readable) || bytes === undefined) throw unavailable(new Error('an answer without a length'));
  if (range && bytes > range.end - range.start + 1) {
    body.destroy();
    throw unavailable(new Error('more bytes than the range that was asked for'));
  }
  return { body, chunks: watch(body, bytes, range ? undefined : Metadata?.[SHA256_NAME]), bytes };
}

/** Passes the bytes on, and ends with an error unless they come, are as many as was said, and are the right ones. */
async function* watch(body: Readable, bytes: number, sha256?: string): AsyncGenerator<Buffer, void, undefined> {
  let isAwaited = true;
  const timer = setTimeout(() => {
    if (isAwaited) body.destroy(new Error('the server has stopped in the middle of a content'));
    else timer.refresh();
  }, STALL_MS);
  const hash = sha256 === undefined ? null : createHash('sha256');
  let got = 0;
  try {
    for await (const chunk of body as AsyncIterable<Buffer>) {
      got += chunk.length;
      if (got > bytes) throw new Error(`more than the ${bytes} bytes that the server spoke of`);
      hash?.update(chunk);
      isAwaited = false;
      yield chunk;
      isAwaited = true;
      timer.refresh();
    }
    if (got < bytes) throw new Error(`${got} bytes of the ${bytes} that the server spoke of`);
    // An attempt of the job that needs it: it may never be otherwise.
    if (hash && hash.digest('hex') !== sha256) throw new AppError('internal', 'A file in storage is damaged.');
  } catch (error) {
    throw error instanceof AppError ? error : unavailable(error);
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
}
