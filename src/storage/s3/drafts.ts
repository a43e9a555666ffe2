import { AbortMultipartUploadCommand, ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import type { Listed } from '../storage.ts';
import type { S3Sender } from './client.ts';
import { wordOf } from './errors.ts';

// What is not whole yet: uploads in parts that have not been completed. Each has a name below `tmp`, as a draft on disk has.

/** A name's beginning, before the key and the id of the upload. */
const BEGINNING = 'parts-';

/** Whose drafts these are: a bucket, and what all its keys begin with. */
interface Whose {
  Bucket: string;
  Prefix: string;
}

/** The drafts there are, by name, with when each was begun (ms), and which key it is for. Ends with the errors of storage. */
export async function* listDrafts(sender: S3Sender, { Bucket, Prefix }: Whose): AsyncGenerator<Listed> {
  let next: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | null = {};
  while (next) {
    const command: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({ Bucket, Prefix, ...next });
    const page = await sender.send(command);
    for (const { Key = '', UploadId = '', Initiated } of page.Uploads ?? []) {
      const key = Key.slice(Prefix.length);
      yield { name: nameOf(Key, UploadId), modifiedAt: Initiated?.getTime() ?? 0, key };
    }
    next = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : null;
  }
}

const nameOf = (key: string, uploadId: string): string =>
  BEGINNING + Buffer.from(JSON.stringify([key, uploadId])).toString('base64url');

/** Which draft a name stands for; null for the name of something else. */
export function readDraftName(name: string): { Key: string; UploadId: string } | null {
  if (!name.startsWith(BEGINNING)) return null;
  try {
    const [Key, UploadId] = JSON.parse(Buffer.from(name.slice(BEGINNING.length), 'base64url').toString());
    return typeof Key === 'string' && typeof UploadId === 'string' ? { Key, UploadId } : null;
  } catch {
    return null;
  }
}

/** Removes a draft; one that is gone is fine. Rejects with the errors of storage. */
export async function removeDraft(
  sender: S3Sender,
  { Bucket, Prefix }: Whose,
  draft: { Key: string; UploadId: string },
): Promise<void> {
  if (!draft.Key.startsWith(Prefix)) return;
  await sender.send(new AbortMultipartUploadCommand({ Bucket, ...draft })).catch((error: unknown) => {
    if (wordOf(error) !== 'NoSuchUpload') throw error;
  });
}
