import { Readable } from 'node:stream';
import { AppError } from '../../../errors.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { uploadKey } from '../../../storage/keys.ts';
import { tooLarge, type UploadTarget } from './upload-target.ts';

/** Thrown for a file without content. */
export class EmptyFile extends AppError {
  constructor(field: string) {
    super('invalid_request', `${field} is empty.`, { errors: [{ pointer: `/${field}`, detail: 'is empty' }] });
  }
}

/** Streams one file to storage under the job's key. */
export async function saveFile(
  source: Readable,
  { config, storage, rules, jobId, nonce }: UploadTarget,
  field: string,
  filename: string,
): Promise<StoredFile> {
  const key = uploadKey(jobId, nonce, field);
  let type = '';
  const judged = judgeHead(limitBytes(source, field, rules.maxBytes(config)), rules.headBytes, (head) => {
    if (head.length === 0) throw new EmptyFile(field);
    type = rules.inspect(head, config, field).type;
  });
  const written = await storage.put(key, judged);
  return { key, name: plainName(filename), type, ...written };
}

/** Puts a text into storage as if it had come as a file of that name. */
export const saveText = (text: string, deps: UploadTarget, field: string, filename: string): Promise<StoredFile> =>
  saveFile(Readable.from([Buffer.from(text)]), deps, field, filename);

/** Passes chunks on; throws payload_too_large at the limit. */
export async function* limitBytes(
  source: Readable,
  field: string,
  maxBytes: number,
): AsyncGenerator<Buffer, void, undefined> {
  let bytes = 0;
  // A source that is left early must stay open: it is the request, and the answer goes the same way.
  for await (const chunk of source.iterator({ destroyOnReturn: false })) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw tooLarge(field, maxBytes);
    yield chunk;
  }
}

/** Passes the chunks on, but not one of them before `judge` has seen the first bytes and let them pass. */
async function* judgeHead(
  chunks: AsyncIterable<Buffer>,
  headBytes: number,
  judge: (head: Buffer) => void,
): AsyncGenerator<Buffer, void, undefined> {
  let head: Buffer[] | null = [];
  let length = 0;
  for await (const chunk of chunks) {
    if (!head) {
      yield chunk;
      continue;
    }
    head.push(chunk);
    length += chunk.length;
    if (length < headBytes) continue;
    const seen = Buffer.concat(head);
    head = null;
    judge(seen);
    yield seen;
  }
  if (!head) return;
  const seen = Buffer.concat(head);
  judge(seen);
  yield seen;
}

/** The client's file name without folders and control characters; it is shown, never used as a path. */
export function plainName(filename: string): string {
  const base = filename.split(/[\\/]/).at(-1) ?? '';
  return base.replaceAll(/\p{Cc}/gu, '').slice(0, 200) || 'upload';
}
