import { GetObjectCommand } from '@aws-sdk/client-s3';
import type { S3Place } from '../../config/storage-url.ts';
import { AppError } from '../../errors.ts';
import { assertKey, GROWING, isKey } from '../keys.ts';
import type { Storage } from '../storage.ts';
import { createS3Check } from './check.ts';
import { openClient, type S3Keys } from './client.ts';
import { listDrafts, readDraftName, removeDraft } from './drafts.ts';
import { classifyS3Error } from './errors.ts';
import { createS3Growing } from './growing.ts';
import { createObjects, type S3Objects } from './objects.ts';
import { openContent, readContent } from './read.ts';
import { writeContent } from './write.ts';

/** The folder of what is not whole yet. */
const DRAFTS = 'tmp';

/** What a bucket does not say by itself. */
export interface S3Options {
  /** Whether jobs may be accepted: the queue lies elsewhere. */
  assertRoom: () => Promise<void>;
  /** For how long presigned addresses are good; undefined: none are made. */
  presignMs: number | undefined;
}

/** Files in a bucket: a content appears under its key only when the server has all of it. */
export function openS3Storage(place: S3Place, keys: S3Keys, { assertRoom, presignMs }: S3Options): Storage {
  const sender = openClient(place, keys);
  const objects = createObjects(sender, place);
  const drafts = { Bucket: place.bucket, Prefix: place.prefix };
  const { check, noteFailure } = createS3Check(sender, objects.target);
  // Nobody sends a content to a server that did not answer the one before, while that is asked.
  const assertAnswers = async () => {
    if (sender.isSuspect()) await check();
  };

  return {
    async put(key, content, options = {}) {
      const target = objects.target(key);
      try {
        await assertAnswers();
        return await writeContent(sender, target, content, options);
      } catch (error) {
        if (error instanceof AppError && error.code.startsWith('storage_')) noteFailure();
        throw error;
      }
    },
    open: async (key, range) => openContent(sender, objects.at(key), range),
    read: async (key) => readContent(sender, objects.at(key)),
    move: (from, to) => move(objects, from, to),
    async link(from, to) {
      await assertAnswers();
      const [bytes, taken] = await Promise.all([from, to].map((key) => objects.bytesOf(key)));
      if (taken !== null) throw new Error(`there is a content at ${to}`);
      await objects.copy([{ key: from, bytes: bytes ?? 0 }], () => to);
    },
    async remove(key) {
      assertKey(key);
      const draft = key.startsWith(`${DRAFTS}/`) ? readDraftName(key.slice(DRAFTS.length + 1)) : null;
      if (draft) return removeDraft(sender, drafts, draft);
      const found = await objects.find(key, (name) => name === key || name.startsWith(`${key}/`));
      await objects.remove(found.map((content) => content.key));
    },
    async *list(prefix) {
      if (prefix === DRAFTS) yield* listDrafts(sender, drafts);
      yield* listNames(objects, prefix);
    },
    async *walk() {
      for await (const entry of objects.list('')) {
        if (isKey(entry.key) && ![DRAFTS, GROWING].includes(entry.key.split('/')[0] ?? '')) yield entry;
      }
    },
    growing: createS3Growing(sender, { ...drafts, objects }),
    check,
    assertRoom,
    ...(presignMs === undefined ? {} : { presign: createPresign(place, keys, { objects, presignMs }) }),
  };
}

/** Makes what signs addresses, at the server as callers reach it. */
function createPresign(
  place: S3Place,
  keys: S3Keys,
  { objects, presignMs }: { objects: S3Objects; presignMs: number },
): NonNullable<Storage['presign']> {
  const { client } = openClient(place, keys, place.publicEndpoint ?? place.endpoint);
  return async (key, { type, disposition }) => {
    const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
    const answer = { ResponseContentType: type, ResponseContentDisposition: disposition };
    const command = new GetObjectCommand({ ...objects.at(key), ...answer });
    try {
      return await getSignedUrl(client, command, { expiresIn: Math.floor(presignMs / 1000) });
    } catch (error) {
      throw classifyS3Error(error);
    }
  };
}

/** Copies everything, and then removes it where it was: nobody looks at the new place before all of it is there. */
async function move(objects: S3Objects, from: string, to: string): Promise<void> {
  const found = await objects.find(`${from}/`);
  if (found.length === 0) throw new AppError('not_found', 'The file is no longer there.');
  const keys = found.map(({ key }) => key);
  const nameOf = (key: string) => to + key.slice(from.length);
  try {
    await objects.copy(found, nameOf);
  } catch (error) {
    await objects.remove(keys.map(nameOf)).catch(() => {});
    throw error;
  }
  // They are nobody's by now: what stays has no job, and goes later.
  await objects.remove(keys).catch(() => {});
}

/** The first names below a prefix: the contents of one follow each other. */
async function* listNames(objects: S3Objects, prefix: string): AsyncGenerator<{ name: string; modifiedAt: number }> {
  let last = { name: '', modifiedAt: 0 };
  for await (const { key, modifiedAt } of objects.list(`${prefix}/`)) {
    const [name = ''] = key.slice(prefix.length + 1).split('/');
    if (name !== last.name && last.name !== '') yield last;
    last = { name, modifiedAt: name === last.name ? Math.max(last.modifiedAt, modifiedAt) : modifiedAt };
  }
  if (last.name !== '') yield last;
}
