import { createHash, randomUUID } from 'node:crypto';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { PutOptions, Written } from '../storage.ts';
import { untilAborted } from '../until-aborted.ts';
import type { S3Sender } from './client.ts';
import { SHA256_NAME, WRITE_NAME } from './metadata.ts';

/** The least that servers take for a part. One is held in memory at a time. */
export const PART_BYTES = 5 << 20;
/** Cleaning up after a failed write may take so long: whoever waits for the failure waits for it too. */
const CLEAN_UP_MS = 2000;
/** And only so long at a server that did not answer in time: what stays there has no job, and goes later. */
const CLEAN_UP_SUSPECT_MS = 500;
/** To bring parts together takes a server longer than other requests, and longer for each. */
const COMPLETE_MS = 10_000;
const COMPLETE_PART_MS = 200;

/** How long a server may take to bring so many parts together. */
export const completeMs = (parts: number): number => COMPLETE_MS + COMPLETE_PART_MS * parts;

const cleanUpLimit = (sender: S3Sender) => ({ limitMs: sender.isSuspect() ? CLEAN_UP_SUSPECT_MS : CLEAN_UP_MS });

/** Where a content goes, and how. */
export interface WriteTarget {
  Bucket: string;
  Key: string;
  /** What the server is to encrypt with. */
  encryption: { ServerSideEncryption?: 'AES256' | 'aws:kms'; SSEKMSKeyId?: string };
}

/**
 * Writes a content whole, or not at all: a small one in one request, a larger one in parts that are nothing before the last
 * request. Errors of the content's iterator and the signal's reason pass through.
 */
export async function writeContent(
  sender: S3Sender,
  target: WriteTarget,
  content: AsyncIterable<Uint8Array>,
  { signal }: PutOptions,
): Promise<Written> {
  const hash = createHash('sha256');
  const written: Written = { bytes: 0, sha256: '' };
  const measured = measure(signal ? untilAborted(content, signal) : content, (chunk) => {
    hash.update(chunk);
    written.bytes += chunk.length;
  });
  const parts = inParts(measured);
  const writing: Writing = { sender, target, write: randomUUID(), signal };
  try {
    const first = await parts.next();
    const head = first.value ?? Buffer.alloc(0);
    const second = first.done || head.length < PART_BYTES ? null : await parts.next();
    signal?.throwIfAborted();
    if (!second || second.done) {
      written.sha256 = hash.digest('hex');
      await writeAtOnce(writing, head, written.sha256);
    } else {
      await writeInParts(writing, [head, second.value], parts);
      written.sha256 = hash.digest('hex');
    }
    return written;
  } finally {
    // Not waited for: a content that stands still would never answer.
    parts.return(undefined).catch(() => {});
  }
}

interface Writing {
  sender: S3Sender;
  target: WriteTarget;
  /** Tells what this write has left from what others have. */
  write: string;
  signal: AbortSignal | undefined;
}

async function writeAtOnce({ sender, target, write, signal }: Writing, body: Buffer, sha256: string): Promise<void> {
  const { encryption, ...at } = target;
  const Metadata = { [WRITE_NAME]: write, [SHA256_NAME]: sha256 };
  try {
    const command = new PutObjectCommand({ ...at, ...encryption, Body: body, ContentLength: body.length, Metadata });
    await sender.send(command, { bytes: body.length, signal });
    signal?.throwIfAborted();
  } catch (error) {
    await removeOwn(sender, target, write);
    throw error;
  }
}

async function writeInParts(
  { sender, target, write, signal }: Writing,
  begun: readonly Buffer[],
  others: AsyncGenerator<Buffer, undefined>,
): Promise<void> {
  const { encryption, ...at } = target;
  const create = new CreateMultipartUploadCommand({ ...at, ...encryption, Metadata: { [WRITE_NAME]: write } });
  const { UploadId } = await sender.send(create, { signal });
  const upload = { ...at, UploadId };
  const Parts: { PartNumber: number; ETag: string | undefined }[] = [];
  const send = async (body: Buffer) => {
    const PartNumber = Parts.length + 1;
    const command = new UploadPartCommand({ ...upload, PartNumber, Body: body, ContentLength: body.length });
    const { ETag } = await sender.send(command, { bytes: body.length, signal });
    Parts.push({ PartNumber, ETag });
  };
  try {
    for (const part of begun) await send(part);
    for await (const part of others) await send(part);
    signal?.throwIfAborted();
    const complete = new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } });
    await sender.send(complete, { limitMs: completeMs(Parts.length), signal }).catch(async (error: unknown) => {
      // The answer may have been lost, and the request been tried again.
      if (signal?.aborted || !(await isOwn(sender, target, write))) throw error;
    });
    signal?.throwIfAborted();
  } catch (error) {
    const abort = new AbortMultipartUploadCommand(upload);
    // What is left is found among the drafts, and removed later.
    const aborted = sender.send(abort, cleanUpLimit(sender)).then(
      () => true,
      () => false,
    );
    if (!(await aborted)) await removeOwn(sender, target, write);
    throw error;
  }
}

/** Whether what lies there is what this write has written. */
async function isOwn(sender: S3Sender, { Bucket, Key }: WriteTarget, write: string): Promise<boolean> {
  const command = new HeadObjectCommand({ Bucket, Key });
  const { Metadata } = await sender.send(command, cleanUpLimit(sender)).catch(() => ({ Metadata: undefined }));
  return Metadata?.[WRITE_NAME] === write;
}

/** Removes what a write whose answer was lost may have left; another's stays. Never rejects. */
async function removeOwn(sender: S3Sender, target: WriteTarget, write: string): Promise<void> {
  if (!(await isOwn(sender, target, write))) return;
  const { Bucket, Key } = target;
  await sender.send(new DeleteObjectCommand({ Bucket, Key }), cleanUpLimit(sender)).catch(() => {});
}

async function* measure(
  chunks: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    look(chunk);
    yield chunk;
  }
}

/** Brings chunks together into parts of that size; the last one is what is left. */
async function* inParts(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer, undefined> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const piece = chunk.subarray(at, at + PART_BYTES - bytes);
      // Whoever gives the chunks may write into them anew.
      held.push(Buffer.from(piece));
      bytes += piece.length;
      at += piece.length;
      if (bytes < PART_BYTES) continue;
      const part = Buffer.concat(held, bytes);
      held = [];
      bytes = 0;
      yield part;
    }
  }
  if (bytes > 0) yield Buffer.concat(held, bytes);
  return undefined;
}
