import { type Request, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../../errors.ts';
import { textField } from '../../../fields/fields.ts';
import { invalidFields, invalidRequest } from '../../../fields/invalid-request.ts';
import type { UploadRules } from '../../../jobs/contract.ts';
import type { StoredFile } from '../../../jobs/files/stored-file.ts';
import { UPLOAD_FIELD, UPLOADS } from '../../../jobs/files/upload-record.ts';
import { OPTION_FIELDS } from '../../../jobs/options/options.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import type { Enqueued } from '../../../queue/producer/enqueue.ts';
import { audits } from '../../access/audit.ts';
import { linkTo } from '../../public-path.ts';
import { type ChosenId, chooseId } from '../accept/choose-id.ts';
import { enqueueJob, removeUpload } from '../accept/enqueue-job.ts';
import { holdRoom } from '../accept/files/hold-room.ts';
import { withTokenOptions } from '../accept/tokens/token-fields.ts';
import { sendFile } from '../files.ts';
import { saveFile } from '../upload/save-file.ts';
import { tooLarge } from '../upload/upload-target.ts';
import { findUpload } from './find-upload.ts';
import { assertPlainBody } from './plain-body.ts';
import { isTus } from './tus/protocol.ts';
import { addTusRoutes } from './tus/tus.ts';
import { assertSubject, policyOf, type UploadPolicy } from './upload-policy.ts';
import { fileOf, shownTo, viewComing, viewUpload } from './upload-view.ts';
import type { UploadsDeps } from './uploads-deps.ts';

const query = z.strictObject({
  name: textField(255).optional(),
  subject: OPTION_FIELDS.subject.optional(),
});

/** `/v1/uploads`: files that are sent once, whole or in pieces, and named by jobs. */
export function createUploadsRouter(deps: UploadsDeps): Router {
  const { config, producer, storage } = deps;
  const router = Router();
  const { create } = addTusRoutes(router, deps);

  router.post('/v1/uploads', async (req, res) => {
    if (isTus(req)) return create(req, res);
    const policy = policyOf(req, deps);
    const asked = readQuery(req);
    assertOneFile(req, policy.maxBytes);
    const chosen = await chooseId(req, UPLOADS, deps);
    const bytes = Number(req.get('content-length') ?? 0);
    const { job, replayed } = await deps.tokenPlaces.during(req, chosen, { files: 1, jobs: 0, bytes }, () =>
      take(req, deps, { chosen, policy, asked, bytes }),
    );
    if (replayed) res.set('Idempotency-Replayed', 'true');
    res
      .status(201)
      .set({ Location: linkTo(res, `/v1/uploads/${job.id}`), 'Cache-Control': 'no-store' })
      .json(viewUpload(job, shownTo(req, config)));
  });

  router.get('/v1/uploads/:id', async (req, res) => {
    const upload = await findUpload(req, deps);
    const shown = shownTo(req, config);
    const { receiving } = upload.envelope;
    const view = receiving
      ? viewComing(upload, shown, await readComing(deps, upload.id, receiving))
      : viewUpload(upload, shown);
    res.set('Cache-Control', 'no-store').json(view);
  });

  router.get('/v1/uploads/:id/file', async (req, res) => {
    await sendFile(req, res, storage, fileOf(await findUpload(req, deps)));
  });

  router.delete('/v1/uploads/:id', audits('upload.erase'), async (req, res) => {
    const upload = await findUpload(req, deps);
    if (upload.isKept) throw isOfBrand(upload);
    await producer.erase(upload);
    if (upload.envelope.receiving) await deps.tokenPlaces.giveBack(req, upload.id);
    res.status(204).end();
  });

  return router;
}

/** Reads how far an upload is, which may be going on meanwhile. */
async function readComing(
  { producer, storage }: Pick<UploadsDeps, 'producer' | 'storage'>,
  id: string,
  { key, bytes }: { key: string; bytes: number },
) {
  const { expiresAt, unsure } = await producer.unfinished.read(id);
  return { expiresAt, received: await storage.growing.size(key, bytes, unsure ?? bytes) };
}

const isOfBrand = ({ id, heldBy: holders = [] }: StoredJob): AppError => {
  const brand = holders.find((holder) => holder.startsWith('brand:'))?.slice('brand:'.length);
  const detail = 'give the brand another one, or remove the brand, first';
  return new AppError('conflict', `The upload ${id} is a file of the brand "${brand}": ${detail}.`);
};

function readQuery(req: Request): z.infer<typeof query> {
  const asked = query.safeParse(req.query);
  if (!asked.success) throw invalidFields(asked.error.issues, () => Object.keys(query.shape));
  assertSubject(req, asked.data);
  return asked.data;
}

/** Throws unsupported_media_type for a form and for what is compressed, and payload_too_large by the length. */
function assertOneFile(req: Request, maxBytes: number): void {
  if (req.is('multipart/form-data')) {
    const way = 'curl --data-binary @FILE -H "Content-Type: ..."';
    throw new AppError('unsupported_media_type', `The body must be the file itself, not a form: ${way}.`);
  }
  assertPlainBody(req, 'the file itself');
  if (Number(req.get('content-length') ?? 0) > maxBytes) throw tooLarge(UPLOAD_FIELD, maxBytes);
}

/** An upload as its request asks for it. */
interface AskedUpload {
  chosen: ChosenId;
  policy: UploadPolicy;
  asked: z.infer<typeof query>;
  bytes: number;
}

/** Receives an upload and makes its record. */
async function take(req: Request, deps: UploadsDeps, upload: AskedUpload): Promise<Enqueued> {
  const { chosen, policy, asked, bytes } = upload;
  const letGo = await holdRoom(req, UPLOADS, deps, { chosen, storedBytes: bytes });
  try {
    const file = await receive(req, deps, { chosen, policy, name: asked.name ?? 'upload' });
    await deps.tokenPlaces.change(req, { files: 1, jobs: 0, bytes: file.bytes }).catch(async (error) => {
      await removeUpload(chosen, deps);
      throw error;
    });
    const { subject } = asked;
    const options = withTokenOptions(req, { options: subject === undefined ? {} : { subject } });
    const job = { input: null, ...options, uploads: { [UPLOAD_FIELD]: file } };
    return await enqueueJob(req, UPLOADS, deps, { chosen, job });
  } finally {
    letGo();
  }
}

/** Streams a request's body to storage, when it is its turn. */
async function receive(
  req: Request,
  { config, storage, receiving }: UploadsDeps,
  { chosen, policy, name }: { chosen: ChosenId; policy: UploadPolicy; name: string },
): Promise<StoredFile> {
  const { maxBytes, headBytes, judge } = policy;
  const inspect = (head: Uint8Array) => ({ type: judge(head, req.get('content-type')) });
  const rules: UploadRules = { maxBytes: () => maxBytes, rawTypes: [], headBytes, inspect };
  const { id: jobId, nonce } = chosen;
  const leave = await receiving.enter(req);
  try {
    return await saveFile(req, { config, storage, receiving, rules, jobId, nonce }, UPLOAD_FIELD, name);
  } catch (cause) {
    if (req.destroyed && !req.complete && !(cause instanceof AppError)) {
      throw invalidRequest([{ pointer: '', detail: 'The upload was broken off' }]);
    }
    throw cause;
  } finally {
    leave();
  }
}
