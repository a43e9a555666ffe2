import { CopyObjectCommand, DeleteObjectCommand, HeadObjectCommand, ListObjectsV2Command } from '@aws-sdk/client-s3';
import type { S3Place } from '../../config/storage-url.ts';
import { AppError } from '../../errors.ts';
import { assertKey } from '../keys.ts';
import type { Entry } from '../storage.ts';
import type { S3Sender } from './client.ts';
import type { WriteTarget } from './write.ts';

/** A server that copies a content within itself has a time of its own, and more of it: so much at least is done in a second. */
const COPY_MS = 5000;
const COPIED_BYTES_PER_MS = 10_000;
/** So many requests for one action at a time. */
const AT_ONCE = 32;

/** What is there. */
type Content = Pick<Entry, 'key' | 'bytes'>;

/** The contents of a place as the server knows them, by our keys. All rejects with the errors of storage. */
export interface S3Objects {
  /** Where a key lies. Throws for what is no key. */
  at(key: string): Pick<WriteTarget, 'Bucket' | 'Key'>;
  /** The same, and how what is written there is encrypted. */
  target(key: string): WriteTarget;
  /** How long a content is; null where there is none. */
  bytesOf(key: string): Promise<number | null>;
  /** Copies each content to the key that `nameOf` makes of its own, within the server. */
  copy(contents: readonly Content[], nameOf: (key: string) => string): Promise<void>;
  remove(keys: readonly string[]): Promise<void>;
  /** All contents whose keys begin with a text, in the order of their keys. */
  list(beginning: string): AsyncGenerator<Entry>;
  /** Those of them that a test lets pass. */
  find(beginning: string, test?: (key: string) => boolean): Promise<Content[]>;
}

/** Makes the objects of a place. */
export function createObjects(sender: S3Sender, place: S3Place): S3Objects {
  const { bucket: Bucket, prefix: Prefix } = place;
  const encryption = {
    ...(place.encryption ? { ServerSideEncryption: place.encryption } : {}),
    ...(place.kmsKeyId ? { SSEKMSKeyId: place.kmsKeyId } : {}),
  };
  const at = (key: string) => {
    assertKey(key);
    return { Bucket, Key: Prefix + key };
  };
  const sourceOf = (key: string) => `${Bucket}/${at(key).Key.split('/').map(encodeURIComponent).join('/')}`;

  async function* list(beginning: string): AsyncGenerator<Entry> {
    let next: { ContinuationToken?: string | undefined } | null = {};
    while (next) {
      const command: ListObjectsV2Command = new ListObjectsV2Command({ Bucket, Prefix: Prefix + beginning, ...next });
      const { Contents = [], IsTruncated, NextContinuationToken } = await sender.send(command);
      for (const { Key = '', Size = 0, LastModified } of Contents) {
        yield { key: Key.slice(Prefix.length), bytes: Size, modifiedAt: LastModified?.getTime() ?? 0 };
      }
      next = IsTruncated ? { ContinuationToken: NextContinuationToken } : null;
    }
  }

  return {
    at,
    target: (key) => ({ ...at(key), encryption }),
    bytesOf: (key) =>
      sender.send(new HeadObjectCommand(at(key))).then(
        ({ ContentLength = 0 }) => ContentLength,
        (error: unknown) => {
          if (error instanceof AppError && error.code === 'not_found') return null;
          throw error;
        },
      ),
    copy: (contents, nameOf) =>
      forEach(contents, ({ key, bytes }) => {
        const command = new CopyObjectCommand({ ...at(nameOf(key)), ...encryption, CopySource: sourceOf(key) });
        return sender.send(command, { limitMs: COPY_MS + bytes / COPIED_BYTES_PER_MS });
      }),
    // What others have put there may have any name.
    remove: (keys) => forEach(keys, (key) => sender.send(new DeleteObjectCommand({ Bucket, Key: Prefix + key }))),
    list,
    async find(beginning, test = () => true) {
      const found: Content[] = [];
      for await (const content of list(beginning)) if (test(content.key)) found.push(content);
      return found;
    },
  };
}

/** Does something for each, some at a time. Rejects with the first error, when none is under way any more. */
async function forEach<T>(all: readonly T[], act: (one: T) => Promise<unknown>): Promise<void> {
  for (let begun = 0; begun < all.length; begun += AT_ONCE) {
    const ended = await Promise.allSettled(all.slice(begun, begun + AT_ONCE).map(act));
    const failed = ended.find(({ status }) => status === 'rejected');
    if (failed?.status === 'rejected') throw failed.reason;
  }
}
