import type { Request, Response, Router } from 'express';
import { now } from '../../../../clock.ts';
import { AppError } from '../../../../errors.ts';
import { UPLOAD_FIELD, UPLOADS } from '../../../../jobs/files/upload-record.ts';
import { keptUntil } from '../../../../jobs/retention/retention.ts';
import type { StoredJob } from '../../../../jobs/stored-job.ts';
import { OutcomeUnknown } from '../../../../redis/errors.ts';
import { uploadKey } from '../../../../storage/keys.ts';
import { leaveUnread } from '../../../linger.ts';
import { linkTo } from '../../../public-path.ts';
import { type ChosenId, chooseId } from '../../accept/choose-id.ts';
import { queueRequest } from '../../accept/enqueue-job.ts';
import { holdRoom } from '../../accept/files/hold-room.ts';
import { fingerprintOf } from '../../accept/idempotency.ts';
import { withTokenOptions } from '../../accept/tokens/token-fields.ts';
import { tooLarge } from '../../upload/upload-target.ts';
import { findUpload } from '../find-upload.ts';
import { assertSubject, policyOf } from '../upload-policy.ts';
import { fileOf, shownTo, viewComing, viewUpload } from '../upload-view.ts';
import type { UploadsDeps } from '../uploads-deps.ts';
import { type Creation, readCreation } from './creation.ts';
import { assertPart, badHeader, isTus, PART_TYPE, readBytes, readChecksum } from './protocol.ts';
import { OtherOffset, type Progress, readProgress, receivePart, type TusDeps } from './receive-part.ts';
import { createRunningHashes } from './running-hashes.ts';

/** Routes that stand at addresses which others have too. */
export interface TusRoutes {
  /** `POST /v1/uploads` of who speaks the protocol: begins an upload. */
  create(req: Request, res: Response): Promise<void>;
}

/** Adds the routes of resumable uploads (tus 1.0.0) that no others have. */
export function addTusRoutes(router: Router, given: UploadsDeps): TusRoutes {
  const deps: TusDeps = { ...given, hashes: createRunningHashes() };
  const { config } = deps;

  router.head('/v1/uploads/:id', async (req, res, next) => {
    if (!isTus(req)) return next();
    const upload = await findUpload(req, deps);
    const progress = (await readProgress(req, deps, upload)) ?? (await progressOfWhole(req, deps));
    const { metadata } = upload.envelope.receiving ?? {};
    const total = upload.envelope.receiving?.bytes ?? progress.received;
    setProgress(res, deps, progress);
    res.set('Upload-Length', String(total));
    if (metadata !== undefined) res.set('Upload-Metadata', metadata);
    res.status(200).end();
  });

  router.patch('/v1/uploads/:id', async (req, res) => {
    const upload = await findUpload(req, deps);
    if (!isTus(req)) throw new AppError('precondition_failed', 'Tus-Resumable must say the version of tus: 1.0.0.');
    assertPart(req);
    const from = readBytes(req, 'Upload-Offset');
    if (from === undefined) throw badHeader('Upload-Offset', 'must say where the bytes go');
    const checksum = readChecksum(req);
    const append = async () =>
      (await receivePart(req, deps, upload, { from, checksum })) ?? (await assertAtEnd(req, deps, from));
    setProgress(res, deps, await appendOr(req, res, append()));
    res.status(204).end();
  });

  return {
    async create(req, res) {
      const asked = readCreation(req);
      const { maxBytes } = policyOf(req, deps, asked.kind);
      assertSubject(req, asked);
      if (asked.bytes > maxBytes) throw tooLarge('Upload-Length', maxBytes);
      const withBody = hasBody(req);
      if (withBody) assertPart(req);
      const checksum = withBody ? readChecksum(req) : undefined;
      const chosen = await chooseId(req, UPLOADS, deps);
      const { job, replayed } = await beginCounted(req, deps, { chosen, asked });
      res.set({ Location: linkTo(res, `/v1/uploads/${job.id}`) });
      if (replayed) res.set('Idempotency-Replayed', 'true');
      const isNew = withBody && !replayed;
      const received = isNew
        ? await receivePart(req, deps, job, { from: 0, checksum })
        : await readProgress(req, deps, job);
      const progress = received ?? (await progressOfWhole(req, deps, job));
      setProgress(res, deps, progress);
      const shown = shownTo(req, config);
      const { whole } = progress;
      res.status(201).json(whole ? viewUpload(whole, shown) : viewComing(job, shown, progress));
    },
  };
}

/** Whether bytes come with the request. */
const hasBody = (req: Request): boolean =>
  req.get('transfer-encoding') !== undefined ||
  Number(req.get('content-length') ?? 0) > 0 ||
  req.get('content-type') === PART_TYPE;

/**
 * Says where the end is, where bytes came for another place. Those, and what comes of a request that another one has taken over
 * from, are not read: browsers send a request again by themselves when its connection broke.
 */
function appendOr(req: Request, res: Response, appending: Promise<Progress>): Promise<Progress> {
  return appending.catch((error: unknown) => {
    if (error instanceof OtherOffset) res.set('Upload-Offset', String(error.offset));
    if (error instanceof OtherOffset || (error instanceof AppError && error.code === 'upload_taken_over')) {
      leaveUnread(req);
    }
    throw error;
  });
}

/** Begins an upload that counts in its upload token, if it came with one, until it is erased or expires. */
async function beginCounted(req: Request, deps: TusDeps, upload: { chosen: ChosenId; asked: Creation }) {
  const { tokenPlaces, config } = deps;
  const { id } = upload.chosen;
  await tokenPlaces.take(req, id, { files: 1, jobs: 0, bytes: upload.asked.bytes }, now() + config.UPLOADS_EXPIRE);
  try {
    return await tokenPlaces.charge(req, () => begin(req, deps, upload));
  } catch (error) {
    // What was accepted before under this id, or may have been now, holds its places.
    const isThere = error instanceof OutcomeUnknown || (await deps.producer.find(id).catch(() => true));
    if (!isThere) await tokenPlaces.giveBack(req, id).catch(() => {});
    throw error;
  }
}

/** Adds the record of an upload whose bytes are still to come, with room for them. Rejects as `POST /v1/uploads` does. */
async function begin(req: Request, deps: TusDeps, { chosen, asked }: { chosen: ChosenId; asked: Creation }) {
  const { bytes, name, said, kind, metadata, subject } = asked;
  const letGo = await holdRoom(req, UPLOADS, deps, { chosen, storedBytes: bytes });
  try {
    await assertStorage(deps, chosen, bytes);
    const key = uploadKey(chosen.id, chosen.nonce, UPLOAD_FIELD);
    const optional = {
      ...(said === undefined ? {} : { said }),
      ...(kind === undefined ? {} : { kind }),
      ...(metadata === undefined ? {} : { metadata }),
    };
    const { options } = withTokenOptions(req, { options: subject === undefined ? {} : { subject } });
    const fingerprint = fingerprintOf({ input: { tus: { bytes, metadata } }, options, uploads: {} });
    const job = { input: null, options, uploads: {}, receiving: { key, name, bytes, ...optional }, fingerprint };
    const unfinished = { most: deps.config.MAX_UNFINISHED_UPLOADS, expiresMs: deps.config.UPLOADS_EXPIRE };
    const queued = { chosen, job, sealedInput: null, inputText: 'null', needs: [], unfinished };
    return await queueRequest(req, UPLOADS, deps, queued);
  } finally {
    letGo();
  }
}

/** Rejects with storage_full where there is no room beside what all are still to send; what was accepted before is there. */
async function assertStorage({ storage, producer }: TusDeps, chosen: ChosenId, bytes: number): Promise<void> {
  await storage.assertRoom();
  try {
    await storage.growing.assertRoom(bytes + (await producer.unfinished.pendingBytes()));
  } catch (error) {
    if (!chosen.repeatable || !(await producer.find(chosen.id))) throw error;
  }
}

/** How far an upload is that is whole. */
async function progressOfWhole(req: Request, deps: TusDeps, job?: StoredJob): Promise<Progress> {
  const upload = job ? ((await deps.producer.find(job.id)) ?? job) : await findUpload(req, deps);
  return { received: fileOf(upload).bytes, expiresAt: 0, whole: upload };
}

/** Throws OtherOffset unless no more was to be appended to an upload that is whole. */
async function assertAtEnd(req: Request, deps: TusDeps, from: number): Promise<Progress> {
  const progress = await progressOfWhole(req, deps);
  if (from === progress.received && !hasBytes(req)) return progress;
  throw new OtherOffset(from, progress.received);
}

const hasBytes = (req: Request): boolean => Number(req.get('content-length') ?? 0) > 0;

/** Says how far an upload is, and until when it is kept. */
function setProgress(res: Response, { config }: TusDeps, { received, expiresAt, whole }: Progress): void {
  const until = whole ? keptUntil(whole, config.RESULT_TTL) : expiresAt;
  res.set({
    'Upload-Offset': String(received),
    'Upload-Expires': new Date(until).toUTCString(),
    'Cache-Control': 'no-store',
  });
}
