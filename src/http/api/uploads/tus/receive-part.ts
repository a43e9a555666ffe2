import type { Request } from 'express';
import { AppError } from '../../../../errors.ts';
import type { ComingFile } from '../../../../jobs/files/stored-file.ts';
import { UPLOAD_FIELD } from '../../../../jobs/files/upload-record.ts';
import type { Envelope } from '../../../../jobs/options/options.ts';
import type { StoredJob } from '../../../../jobs/stored-job.ts';
import type { UploadWriter } from '../../../../queue/uploads/unfinished.ts';
import { assertHolds } from '../../../auth/identify.ts';
import { policyOf, type UploadPolicy } from '../upload-policy.ts';
import type { UploadsDeps } from '../uploads-deps.ts';
import { brokenOff, type PartBody, readPart, tooMuch } from './part-body.ts';
import { type Checksum, readBytes } from './protocol.ts';
import type { RunningHash, RunningHashes } from './running-hashes.ts';

export interface TusDeps extends UploadsDeps {
  hashes: RunningHashes;
}

/** How far an upload is: how many bytes it has, and until when it is kept (ms), or its record where it is whole now. */
export interface Progress {
  received: number;
  expiresAt: number;
  whole?: StoredJob;
}

/** An upload that is still to come. */
interface Coming {
  upload: StoredJob;
  file: ComingFile;
  policy: UploadPolicy;
}

/** Thrown where bytes are to be appended at another place than the end. */
export class OtherOffset extends AppError {
  /** Where the end is. */
  readonly offset: number;

  constructor(given: number, offset: number) {
    super('conflict', `Upload-Offset is ${given}, and ${offset} bytes are there: go on from there.`);
    this.offset = offset;
  }
}

/**
 * Appends a request's body to an upload, when it is its turn; null where the upload is whole already. Rejects with OtherOffset,
 * upload_taken_over, checksum_mismatch, payload_too_large, what the file is refused with (it is erased then), and the errors of
 * storage and queue. What came of a request that breaks off is kept.
 */
export async function receivePart(
  req: Request,
  deps: TusDeps,
  upload: StoredJob,
  { from, checksum }: { from: number; checksum?: Checksum | undefined },
): Promise<Progress | null> {
  const { receiving: file } = upload.envelope;
  if (!file) return null;
  const policy = policyOf(req, deps, file.kind);
  const leaveTurn = await deps.receiving.enter(req);
  try {
    const writer = await deps.producer.unfinished.take(upload.id, deps.config.UPLOADS_EXPIRE);
    if (!writer) return null;
    return await append(req, deps, { writer, coming: { upload, file, policy }, from, checksum });
  } finally {
    leaveTurn();
  }
}

/** Says how many bytes lie in storage for certain; makes an upload whole that lacks nothing else. Rejects as `receivePart`. */
export async function readProgress(req: Request, deps: TusDeps, upload: StoredJob): Promise<Progress | null> {
  const { receiving: file } = upload.envelope;
  if (!file) return null;
  const writer = await deps.producer.unfinished.take(upload.id, deps.config.UPLOADS_EXPIRE);
  if (!writer) return null;
  return leaving(writer, async () => {
    const received = await sizeOf(deps, file, writer);
    if (received < file.bytes) return { received, expiresAt: await writer.leave() };
    const coming = { upload, file, policy: policyOf(req, deps, file.kind) };
    await deps.storage.growing.append(file.key, nothing(), { from: received, total: file.bytes });
    return finish(req, deps, { ...coming, writer, hash: deps.hashes.open(upload.id, received) });
  });
}

async function* nothing(): AsyncGenerator<Uint8Array> {
  // A content without bytes.
}

/** Does something with the right to write, and gives that back where it failed. */
async function leaving<T>(writer: UploadWriter, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    // Why it failed matters more; a right that is not given back ends by itself.
    await writer.leave().catch(() => {});
    throw error;
  }
}

/** The bytes that count. */
const sizeOf = ({ storage }: TusDeps, { key, bytes }: ComingFile, { unsure }: UploadWriter): Promise<number> =>
  storage.growing.size(key, bytes, unsure ?? bytes);

interface Appending {
  writer: UploadWriter;
  coming: Coming;
  from: number;
  checksum: Checksum | undefined;
}

function append(req: Request, deps: TusDeps, { writer, coming, from, checksum }: Appending): Promise<Progress> {
  const { upload, file, policy } = coming;
  return leaving(writer, async () => {
    const there = await sizeOf(deps, file, writer);
    if (from !== there) throw new OtherOffset(from, there);
    const most = file.bytes - from;
    const length = readBytes(req, 'Content-Length');
    if ((length ?? 0) > most) throw tooMuch(most);
    // Bytes that may turn out not to count, or that lie over such.
    const isChunked = length === undefined && req.get('transfer-encoding') !== undefined;
    if (checksum || isChunked || writer.unsure !== null) await writer.doubt(from);
    const hash = deps.hashes.open(upload.id, from);
    let come = from;
    const body = readPart(req, {
      most,
      checksum,
      signal: writer.signal,
      wanted: writer.wanted,
      look(chunk) {
        hash.update(chunk);
        come += chunk.length;
        writer.progress(come);
      },
      ...(from === 0 ? { head: { bytes: policy.headBytes, judge: (head) => void policy.judge(head, file.said) } } : {}),
    });
    const { accept, content } = body;
    const growth = { from, total: file.bytes, accept, mayCut: () => writer.doubt(from) };
    const received = await deps.storage.growing
      .append(file.key, content(), growth)
      .catch((error: unknown) => giveUp(req, deps, { upload, writer, from, body, error }));
    if (received === file.bytes) {
      await assertHolds(req);
      return finish(req, deps, { ...coming, writer, hash });
    }
    hash.keep(received);
    const expiresAt = await writer.leave(received);
    if (body.isBroken()) throw brokenOff();
    if (writer.signal.aborted) throw writer.signal.reason;
    if (writer.wanted.aborted && !body.isWhole()) throw writer.wanted.reason;
    return { received, expiresAt };
  });
}

interface GivenUp {
  upload: StoredJob;
  writer: UploadWriter;
  from: number;
  body: PartBody;
  error: unknown;
}

/** Erases an upload that is refused. */
async function erase(req: Request, { producer, tokenPlaces }: TusDeps, upload: StoredJob): Promise<void> {
  await producer.erase(upload);
  await tokenPlaces.giveBack(req, upload.id);
}

/** Ends an append of which nothing counts: the file is erased where it was refused. Rejects with why. */
async function giveUp(req: Request, deps: TusDeps, { upload, writer, from, body, error }: GivenUp): Promise<never> {
  if (body.refusal()) await erase(req, deps, upload);
  else if (error instanceof AppError && error.status < 500) writer.progress(from);
  throw error;
}

/** Makes an upload whole whose bytes all lie in storage: what it is, and its hash, are known from now on. */
async function finish(
  req: Request,
  deps: TusDeps,
  { upload, file, policy, writer, hash }: Coming & { writer: UploadWriter; hash: RunningHash },
): Promise<Progress> {
  const { storage, tokenPlaces, log } = deps;
  const { key, name, bytes, said } = file;
  const sha256 = await hash.digest(file, storage);
  const head = Buffer.concat(await (await storage.open(key, { start: 0, end: policy.headBytes - 1 })).toArray());
  let type: string;
  try {
    type = policy.judge(head, said);
  } catch (refusal) {
    await erase(req, deps, upload);
    throw refusal;
  }
  const { receiving: _, ...kept } = upload.envelope;
  const uploads = { [UPLOAD_FIELD]: { key, name, type, bytes, sha256 } };
  const envelope: Envelope = { ...kept, title: name, uploads };
  const { finishedAt } = await writer.finish(envelope);
  // It is whole: that its places are held can not undo that, and is found out when they are wanted.
  await tokenPlaces
    .keep(req, upload.id)
    .catch((err: unknown) => log.warn({ err }, 'places of an upload token not settled'));
  log.debug({ job: upload.id, requestId: envelope.requestId, caller: envelope.caller }, 'upload whole');
  const whole: StoredJob = { ...upload, envelope, state: 'completed', finishedAt };
  return { received: bytes, expiresAt: 0, whole };
}
