import {
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  ListPartsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { growingKey } from '../keys.ts';
import type { S3Sender } from './client.ts';
import { removeDraft } from './drafts.ts';
import type { S3Objects } from './objects.ts';
import { PART_BYTES } from './write.ts';

/** Where contents grow: a bucket, and what all its keys begin with. */
export interface GrowingPlace {
  Bucket: string;
  Prefix: string;
  objects: S3Objects;
}

interface Part {
  PartNumber: number;
  ETag: string | undefined;
}

/** A content of its own that has some bytes of the tail: from `start` up to, but without, `end`. */
export interface Piece {
  key: string;
  start: number;
  end: number;
}

/** What there is of a content that grows. */
export interface Grown {
  /** The upload in parts; null where none was begun. */
  uploadId: string | null;
  /** Its parts from the first one on, all of one size. */
  parts: Part[];
  /** What the tail is made of, and what it was made of before. */
  pieces: Piece[];
  size: number;
}

/** The name of a piece. */
export const pieceName = (start: number, length: number): string => `${start}-${length}`;

/** Finds what there is of a content. Rejects with the errors of storage. */
export async function findGrown(sender: S3Sender, place: GrowingPlace, key: string): Promise<Grown> {
  const [uploadId = null] = await findUploads(sender, place, key);
  const parts = uploadId === null ? [] : await listParts(sender, { ...place.objects.at(key), UploadId: uploadId });
  const pieces = (await place.objects.find(`${growingKey(key)}/`)).flatMap(readPiece);
  const base = parts.length * PART_BYTES;
  return { uploadId, parts, pieces, size: cover(pieces, base).at(-1)?.end ?? base };
}

/** The pieces that have all bytes from a place on, as far as there are any, in their order and as few as will do. */
export function cover(pieces: readonly Piece[], from: number): Piece[] {
  const chosen: Piece[] = [];
  for (let at = from; ; ) {
    const [longest] = pieces.filter(({ start, end }) => start <= at && end > at).sort((a, b) => b.end - a.end);
    if (!longest) return chosen;
    chosen.push(longest);
    at = longest.end;
  }
}

function readPiece({ key }: { key: string }): Piece[] {
  const [, start, length] = /\/(\d+)-(\d+)$/.exec(key) ?? [];
  return start && length ? [{ key, start: Number(start), end: Number(start) + Number(length) }] : [];
}

/** The uploads in parts of a key, the oldest first: two may have been begun at once. */
async function findUploads(sender: S3Sender, { Bucket, objects }: GrowingPlace, key: string): Promise<string[]> {
  const { Key } = objects.at(key);
  const { Uploads = [] } = await sender.send(new ListMultipartUploadsCommand({ Bucket, Prefix: Key }));
  return Uploads.filter((upload) => upload.Key === Key)
    .sort((a, b) => (a.Initiated?.getTime() ?? 0) - (b.Initiated?.getTime() ?? 0))
    .flatMap(({ UploadId }) => UploadId ?? []);
}

/** The parts from the first one on that are whole, without a gap. */
async function listParts(sender: S3Sender, upload: { Bucket: string; Key: string; UploadId: string }): Promise<Part[]> {
  const parts: Part[] = [];
  let next: string | undefined;
  do {
    const command: ListPartsCommand = new ListPartsCommand({ ...upload, PartNumberMarker: next });
    const page = await sender.send(command);
    for (const { PartNumber = 0, ETag, Size } of page.Parts ?? []) {
      if (PartNumber !== parts.length + 1 || Size !== PART_BYTES) return parts;
      parts.push({ PartNumber, ETag });
    }
    next = page.IsTruncated ? page.NextPartNumberMarker : undefined;
  } while (next !== undefined);
  return parts;
}

/** The steps of an upload in parts. All reject with the errors of storage. */
export function openGrown(sender: S3Sender, place: GrowingPlace) {
  const { Bucket, Prefix, objects } = place;
  return {
    async begin(key: string): Promise<string> {
      const { encryption, ...at } = objects.target(key);
      const { UploadId = '' } = await sender.send(new CreateMultipartUploadCommand({ ...at, ...encryption }));
      return UploadId;
    },
    async sendPart(
      { key, uploadId, number }: { key: string; uploadId: string; number: number },
      body: Buffer,
    ): Promise<string | undefined> {
      const at = { ...objects.at(key), UploadId: uploadId, PartNumber: number };
      const command = new UploadPartCommand({ ...at, Body: body, ContentLength: body.length });
      return (await sender.send(command, { bytes: body.length })).ETag;
    },
    async abort(key: string): Promise<void> {
      const { Key } = objects.at(key);
      const uploads = await findUploads(sender, place, key);
      await Promise.all(uploads.map((UploadId) => removeDraft(sender, { Bucket, Prefix }, { Key, UploadId })));
    },
  };
}
