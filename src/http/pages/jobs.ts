import { type Request, Router } from 'express';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { uploadedFile } from '../../jobs/files/upload-record.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import type { StoredTimeline } from '../../jobs/timeline.ts';
import type { Caller } from '../../keys/keyring.ts';
import type { Quotas } from '../../keys/quotas.ts';
import { isPicture } from '../../kinds/formats.ts';
import type { KindPages } from '../../kinds/page.ts';
import type { Cancellation } from '../../queue/producer/control.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { findCallback, findCallbackContract } from '../../queue/upkeep/callbacks/callbacks.ts';
import type { Secrets } from '../../signing/secret.ts';
import { readInput } from '../../storage/read-input.ts';
import type { Storage } from '../../storage/storage.ts';
import { audits, dropAudit } from '../access/audit.ts';
import { type ActOnce, readAction } from '../actions/act-once.ts';
import { createFormToken } from '../actions/form-token.ts';
import { assertRetryRoom } from '../api/accept/files/hold-room.ts';
import { sendFile } from '../api/files.ts';
import type { JobFinder } from '../api/job-finder.ts';
import { callerOf } from '../auth/identify.ts';
import { describeCallback } from './callback.ts';
import { describeJob, type JobCard, mayRunAgain, type Related, tokenOf } from './job-card.ts';
import { titleOf } from './job-words.ts';
import type { KindForms } from './kind-forms.ts';
import type { Views } from './views.ts';

const REFRESH_SECONDS = 2;

export interface JobData {
  card: JobCard;
  /** Set where the job was there already when it was sent: the form that sends it once more. */
  again: { id: string; formToken: string; isKept: boolean } | null;
}

export interface EraseData {
  id: string;
  title: string;
  isRunning: boolean;
  formToken: string;
}

export interface JobPagesDeps {
  actOnce: ActOnce;
  pages: KindPages;
  contracts: readonly JobContract[];
  finder: JobFinder;
  forms: Pick<KindForms, 'refillUrl'>;
  producer: Producer;
  quotas: Pick<Quotas, 'hold'>;
  storage: Storage;
  /** The deployment's secrets: a callback's id is made with one of them. */
  secrets: Secrets;
  views: Views;
}

/** `/jobs/{id}`: a job of any kind, and the buttons that cancel it, run it again and erase it. */
export function createJobPagesRouter(deps: JobPagesDeps): Router {
  const { actOnce, finder, pages, producer, storage, views } = deps;
  const router = Router();
  const showJob = views.page<JobData>('job');
  const showErase = views.page<EraseData>('erase');

  router.get('/jobs/:id', async (req, res) => {
    const job = await finder.find(req);
    const card = describeJob(
      job,
      finder.view(job, req),
      pages.get(job.kind) ?? { name: job.kind },
      await readRelated(job, deps, callerOf(req)),
    );
    const frame = {
      title: `${card.title}: ${card.stateName}`,
      ...(card.follows ? { refreshSeconds: REFRESH_SECONDS } : {}),
    };
    const again = req.query.sent === 'again' ? describeAgain(job) : null;
    showJob(req, res, frame, { card, again });
  });

  // To be compared with what was made of it. Its type is what was found in it, never what it was said to be.
  router.get('/jobs/:id/source', async (req, res) => {
    const job = await finder.find(req);
    const upload = await findSource(job, deps);
    if (!upload || !isPicture(upload.type))
      throw new AppError('not_found', `The job ${job.id} has no upload that a browser can show.`);
    await sendFile(req, res, storage, upload);
  });

  addButtons(router, deps);
  router.get('/jobs/:id/erase', async (req, res) => {
    const job = await finder.find(req);
    const title = titleOf(job);
    const data = { id: job.id, title, isRunning: job.state === 'active', formToken: tokenOf(job) };
    showErase(req, res, { title: `Erase ${title}` }, data);
  });

  router.post('/jobs/:id/erase', audits('job.erase'), readAction, async (req, res) => {
    await actOnce(req, res, async () => {
      const job = await finder.find(req);
      const isGone = await producer.erase(job);
      const notice = isGone ? `Erased: ${titleOf(job)}.` : `Being stopped, then erased: ${titleOf(job)}.`;
      return { location: '/jobs', notice };
    });
  });

  return router;
}

/** The buttons that ask nothing: each says what it did. */
function addButtons(router: Router, deps: JobPagesDeps): void {
  const { actOnce, finder, producer } = deps;
  // A job that is further on by now needs nothing more: its page says where it stands.
  router.post('/jobs/:id/cancel', audits('job.cancel'), readAction, async (req, res) => {
    await actOnce(req, res, async () => {
      const job = await finder.find(req);
      const outcome = hasEnded(job.state) ? 'ended' : await producer.cancel(job);
      if (outcome === 'ended') dropAudit(req);
      return { location: `/jobs/${job.id}`, notice: CANCEL_NOTICES[outcome] };
    });
  });

  router.post('/jobs/:id/retry', audits('job.retry'), readAction, async (req, res) => {
    await actOnce(req, res, async () => {
      const job = await finder.findToRun(req);
      const runs = await runAgain(req, job, deps);
      if (!runs) dropAudit(req);
      return { location: `/jobs/${job.id}`, notice: runs ? 'It runs again.' : NOT_AGAIN };
    });
  });

  router.post('/jobs/:id/send-now', audits('job.send-now'), readAction, async (req, res) => {
    await actOnce(req, res, async () => {
      const job = await finder.find(req);
      const isSent = job.callback?.id === job.id && (await producer.sendNow(job));
      if (!isSent) dropAudit(req);
      return { location: `/jobs/${job.id}`, notice: isSent ? 'It is sent now.' : NOT_WAITING };
    });
  });
}

const CANCEL_NOTICES: Readonly<Record<Cancellation, string>> = {
  cancelled: 'It is cancelled.',
  stopping: 'It is being stopped.',
  ended: 'It had ended already, so nothing was done.',
};
const NOT_AGAIN = 'It can not run again as it stands, so nothing was done.';
const NOT_WAITING = 'It does not wait any more, so nothing was done.';

/** What is offered where a form was sent twice. */
const describeAgain = ({ id, envelope }: StoredJob) => ({
  id,
  formToken: createFormToken(),
  isKept: !envelope.inputDropped,
});

/** What can't help is not offered; it would only take the reason away. */
async function runAgain(req: Request, job: StoredJob, { contracts, producer, quotas }: JobPagesDeps): Promise<boolean> {
  if (!mayRunAgain(job, retriesCompleted(job, contracts))) return false;
  await assertRetryRoom(req, quotas, job);
  return producer.retry(job);
}

const retriesCompleted = ({ kind }: StoredJob, contracts: readonly JobContract[]): boolean =>
  contracts.find((contract) => contract.kind === kind)?.retryCompleted ?? false;

/** The file that a job was made from: the one that it came with, or the upload that it names. */
async function findSource(job: StoredJob, { contracts, producer, storage }: JobPagesDeps) {
  const { envelope, kind } = job;
  const { references, upload } = contracts.find((contract) => contract.kind === kind) ?? {};
  const field = upload?.field;
  if (field === undefined) return undefined;
  if (envelope.uploads[field]) return envelope.uploads[field];
  const input = envelope.inputDropped ? null : await readInput(envelope, storage).catch(() => null);
  const named = input ? references?.(input).find((reference) => reference.field === field) : undefined;
  const record = named ? await producer.find(named.id) : null;
  return record?.envelope.caller === envelope.caller ? uploadedFile(record.envelope) : undefined;
}

/** Reads what belongs to a job and does not stand in its record. */
async function readRelated(job: StoredJob, deps: JobPagesDeps, { name, scopes }: Caller): Promise<Related> {
  const { contracts, producer } = deps;
  const isOperator = scopes.has('admin');
  const [entries, timeline, webhook, refillUrl] = await Promise.all([
    producer.readLog(job),
    producer.readTimeline(job),
    findWebhook(job, deps),
    hasEnded(job.state) ? deps.forms.refillUrl(job) : null,
  ]);
  return {
    refillUrl,
    entries,
    timeline: isOperator ? timeline : withoutWorkers(timeline),
    callback: describeCallback(job, webhook, webhook ? await producer.readLog(webhook) : [], isOperator),
    isOperator,
    isOwn: job.envelope.caller === name,
    retryCompleted: retriesCompleted(job, contracts),
  };
}

/** Which machine a run was on is operators' alone. */
const withoutWorkers = ({ entries }: StoredTimeline): StoredTimeline => ({
  entries: entries.map(({ by: _by, ...entry }) => entry),
  by: null,
});

/** The webhook that tells of the job's end. */
async function findWebhook(job: StoredJob, { contracts, producer, secrets }: JobPagesDeps): Promise<StoredJob | null> {
  const webhooks = findCallbackContract(contracts);
  if (!webhooks || !job.envelope.options.callbackUrl || !hasEnded(job.state)) return null;
  return findCallback(secrets, webhooks.idPrefix, job, producer.find);
}
