import { type Request, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { textField } from '../../fields/fields.ts';
import { invalidFields, invalidRequest } from '../../fields/invalid-request.ts';
import type { JobContract, UploadRules } from '../../jobs/contract.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import { UPLOAD_FIELD, UPLOADS, uploadedFile } from '../../jobs/files/upload-record.ts';
import { OPTION_FIELDS } from '../../jobs/options.ts';
import { heldBy, keptUntil } from '../../jobs/retention.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { Enqueued } from '../../queue/producer/enqueue.ts';
import { audits } from '../access/audit.ts';
import { assertScope, callerOf } from '../auth/identify.ts';
import { tokenOf } from '../auth/token.ts';
import type { Receiving } from '../connections/receiving.ts';
import { linkTo } from '../public-path.ts';
import { type ChosenId, chooseId } from './accept/choose-id.ts';
import { enqueueJob } from './accept/enqueue-job.ts';
import { holdRoom } from './accept/hold-room.ts';
import type { QueueDeps } from './accept/queue-deps.ts';
import { withTokenOptions } from './accept/token-fields.ts';
import { sendFile } from './files.ts';
import { maySee } from './job-finder.ts';
import { saveFile } from './upload/save-file.ts';
import { assertType, mostBytesOf } from './upload/token-rules.ts';
import { tooLarge } from './upload/upload-target.ts';
import { createTypeFinder } from './upload/upload-types.ts';

export interface UploadsDeps extends QueueDeps {
  contracts: readonly JobContract[];
  receiving: Receiving;
}

/** An upload as the API shows it. Times are RFC 3339. */
export interface UploadView {
  id: string;
  name: string;
  type: string;
  bytes: number;
  sha256: string;
  subject: string | null;
  createdAt: string;
  retainedUntil: string;
  /** The first jobs that hold it. */
  heldBy: string[];
  links: { self: string; file: string };
}

/** An upload as its request asks for it. */
type AskedUpload = z.infer<typeof query> & { maxBytes: number; bytes: number };

const query = z.strictObject({
  name: textField(255).optional(),
  subject: OPTION_FIELDS.subject.optional(),
});

/** `/v1/uploads`: files that are sent once, and named by jobs. */
export function createUploadsRouter(deps: UploadsDeps): Router {
  const { config, producer, storage } = deps;
  const router = Router();
  const take = createTaker(deps);

  const view = (req: Request, { id, envelope, ...upload }: StoredJob): UploadView => {
    const base = linkTo(req, '/v1/uploads');
    const token = tokenOf(req);
    const { name, type, bytes, sha256 } = fileOf({ id, envelope });
    return {
      ...{ id, name, type, bytes, sha256 },
      subject: token && !token.open.includes('subject') ? null : (envelope.options.subject ?? null),
      createdAt: new Date(upload.createdAt).toISOString(),
      retainedUntil: new Date(keptUntil({ id, envelope, ...upload }, config.RESULT_TTL)).toISOString(),
      heldBy: token ? [] : heldBy({ id, envelope, ...upload }),
      links: { self: `${base}/${id}`, file: `${base}/${id}/file` },
    };
  };
  const find = async (req: Request): Promise<StoredJob> => {
    callerOf(req);
    const id = String(req.params['id']);
    const found = await producer.find(id);
    if (found?.kind === UPLOADS.kind && maySee(req, found.envelope)) return found;
    if (!found && id.startsWith(`${UPLOADS.idPrefix}_`) && (await producer.hasTombstone(id))) {
      throw new AppError('result_expired', `The upload ${id} is not kept any more.`);
    }
    throw new AppError('not_found', `There is no upload ${id.slice(0, 64)}.`);
  };

  router.post('/v1/uploads', async (req, res) => {
    const maxBytes = mostBytes(req, deps);
    const asked = readQuery(req);
    assertOneFile(req, maxBytes);
    const chosen = await chooseId(req, UPLOADS, deps);
    const bytes = Number(req.get('content-length') ?? 0);
    const upload = await deps.tokenPlaces.during(req, chosen, { files: 1, jobs: 0, bytes }, () =>
      take(req, chosen, { ...asked, maxBytes, bytes }),
    );
    if (upload.replayed) res.set('Idempotency-Replayed', 'true');
    res
      .status(201)
      .set({ Location: linkTo(res, `/v1/uploads/${upload.job.id}`), 'Cache-Control': 'no-store' })
      .json(view(req, upload.job));
  });

  router.get('/v1/uploads/:id', async (req, res) => {
    res.set('Cache-Control', 'no-store').json(view(req, await find(req)));
  });

  router.get('/v1/uploads/:id/file', async (req, res) => sendFile(req, res, storage, fileOf(await find(req))));

  router.delete('/v1/uploads/:id', audits('upload.erase'), async (req, res) => {
    const upload = await find(req);
    if (upload.isKept) throw isOfBrand(upload);
    await producer.erase(upload);
    res.status(204).end();
  });

  return router;
}

/** Makes the function that receives an upload and makes its record. */
function createTaker(deps: UploadsDeps) {
  const receive = createReceiver(deps);
  return async (req: Request, chosen: ChosenId, asked: AskedUpload): Promise<Enqueued> => {
    const { name = 'upload', subject, maxBytes, bytes } = asked;
    const letGo = await holdRoom(req, UPLOADS, deps, { chosen, storedBytes: bytes });
    try {
      const file = await receive(req, chosen, { maxBytes, name });
      await deps.tokenPlaces.change(req, { files: 1, jobs: 0, bytes: file.bytes });
      const options = withTokenOptions(req, { options: subject === undefined ? {} : { subject } });
      return await enqueueJob(req, UPLOADS, deps, {
        chosen,
        job: { input: null, ...options, uploads: { [UPLOAD_FIELD]: file } },
      });
    } finally {
      letGo();
    }
  };
}

const isOfBrand = ({ id, heldBy: holders = [] }: StoredJob): AppError => {
  const brand = holders.find((holder) => holder.startsWith('brand:'))?.slice('brand:'.length);
  const detail = 'give the brand another one, or remove the brand, first';
  return new AppError('conflict', `The upload ${id} is a file of the brand "${brand}": ${detail}.`);
};

/** The file of an upload; throws not_found where its record does not tell. */
function fileOf({ id, envelope }: Pick<StoredJob, 'id' | 'envelope'>): StoredFile {
  const file = uploadedFile(envelope);
  if (!file) throw new AppError('not_found', `The record of the upload ${id} is damaged.`);
  return file;
}

function readQuery(req: Request): z.infer<typeof query> {
  const asked = query.safeParse(req.query);
  if (!asked.success) throw invalidFields(asked.error.issues, () => Object.keys(query.shape));
  const token = tokenOf(req);
  if (token && asked.data.subject !== undefined && !token.open.includes('subject')) {
    throw invalidRequest([{ pointer: '/subject', detail: 'must not be given: the upload token does not open it' }]);
  }
  return asked.data;
}

/** How large a file may be: as large as the kind takes it that takes the largest, of those that the caller may post. */
function mostBytes(req: Request, { contracts, config }: UploadsDeps): number {
  const taking = contracts.filter(({ upload, attachedBytes }) => upload ?? attachedBytes);
  const [first = '', ...others] = taking.map(({ kind }) => kind);
  assertScope(req, first, ...others);
  const { scopes } = callerOf(req);
  const posted = taking.filter(({ kind }) => scopes.has(kind));
  const most = posted.map(({ upload, attachedBytes = 0 }) => upload?.maxBytes(config) ?? attachedBytes);
  return mostBytesOf(req, Math.max(...most));
}

/** Throws unsupported_media_type for a form and for what is compressed, and payload_too_large by the length. */
function assertOneFile(req: Request, maxBytes: number): void {
  if (req.is('multipart/form-data')) {
    const way = 'curl --data-binary @FILE -H "Content-Type: ..."';
    throw new AppError('unsupported_media_type', `The body must be the file itself, not a form: ${way}.`);
  }
  const encoding = req.get('content-encoding') ?? 'identity';
  if (encoding.toLowerCase() !== 'identity') {
    throw new AppError('unsupported_media_type', 'The body must be the file itself, without a Content-Encoding.');
  }
  if (Number(req.get('content-length') ?? 0) > maxBytes) throw tooLarge(UPLOAD_FIELD, maxBytes);
}

/** Makes the function that streams a request's body to storage, when it is its turn. */
function createReceiver({ config, contracts, storage, receiving }: UploadsDeps) {
  const findType = createTypeFinder(contracts, config);
  const headBytes = Math.max(0, ...contracts.map(({ upload }) => upload?.headBytes ?? 0));
  return async (
    req: Request,
    { id: jobId, nonce }: ChosenId,
    { maxBytes, name }: { maxBytes: number; name: string },
  ): Promise<StoredFile> => {
    const inspect = (head: Uint8Array) => {
      const type = findType(head, req.get('content-type'));
      assertType(req, type, UPLOAD_FIELD);
      return { type };
    };
    const rules: UploadRules = { maxBytes: () => maxBytes, rawTypes: [], headBytes, inspect };
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
  };
}
