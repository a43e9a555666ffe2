import { type Request, Router } from 'express';
import { AppError } from '../../../errors.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import { createSealedFields } from '../../../signing/sealed-fields.ts';
import { uploadKey } from '../../../storage/keys.ts';
import { readInput } from '../../../storage/read-input.ts';
import { readAction } from '../../actions/act-once.ts';
import { createFormToken, FORM_TOKEN, readFormToken } from '../../actions/form-token.ts';
import { type ChosenId, chooseFormId } from '../../api/accept/choose-id.ts';
import { enqueueJob, removeUpload } from '../../api/accept/enqueue-job.ts';
import type { JobRequest } from '../../api/accept/job-request.ts';
import type { QueueDeps } from '../../api/accept/queue-deps.ts';
import type { JobFinder } from '../../api/job-finder.ts';
import { assertScope } from '../../auth/identify.ts';
import { sendOn } from '../../public-path.ts';

export interface SendAgainDeps extends QueueDeps {
  contracts: readonly JobContract[];
  finder: Pick<JobFinder, 'find'>;
}

/** `POST /jobs/{id}/again`: another job that asks for the same, with copies of the files. */
export function createSendAgainRouter(deps: SendAgainDeps): Router {
  const router = Router();
  router.post('/jobs/:id/again', readAction, async (req, res) => {
    const job = await deps.finder.find(req);
    const contract = deps.contracts.find(({ kind }) => kind === job.kind);
    if (!contract || contract.accepts === 'none') throw new AppError('not_found', `Nobody posts ${job.kind}.`);
    assertScope(req, contract.kind);
    const asked = await readRequest(job, contract, deps);
    const given = (req.body as Record<string, unknown> | undefined)?.[FORM_TOKEN];
    const token = readFormToken(req, given) ?? createFormToken();
    const chosen = await chooseFormId(req, contract, deps, { token, job: asked });
    await queueCopy(req, contract, deps, { chosen, job: asked });
    sendOn(res, `/jobs/${chosen.id}`);
  });
  return router;
}

/** What a job was asked for, wherever it lies. */
async function readRequest(
  { envelope }: StoredJob,
  { secretFields }: JobContract,
  { storage, secrets }: SendAgainDeps,
): Promise<JobRequest> {
  const { inputDropped, options, uploads } = envelope;
  if (inputDropped) throw new AppError('conflict', 'What this job asked for is not kept any more. Fill in a new form.');
  const input = await readInput(envelope, storage);
  return { input: createSealedFields(secrets).open(input, secretFields), options, uploads };
}

async function queueCopy(
  req: Request,
  contract: JobContract,
  deps: SendAgainDeps,
  { chosen, job }: { chosen: ChosenId; job: JobRequest },
): Promise<void> {
  const { storage } = deps;
  const copies = Object.entries(job.uploads).map(async ([field, file]) => {
    const key = uploadKey(chosen.id, chosen.nonce, field);
    await storage.link(file.key, key);
    return [field, { ...file, key }] as const;
  });
  const done = await Promise.allSettled(copies);
  const failed = done.find((one) => one.status === 'rejected');
  if (failed) {
    await removeUpload(chosen, deps);
    throw failed.reason;
  }
  const uploads = Object.fromEntries(done.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : [])));
  await enqueueJob(req, contract, deps, { chosen, job: { ...job, uploads } });
}
