import { Router } from 'express';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import { isPicture } from '../../kinds/formats.ts';
import type { KindPages } from '../../kinds/page.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { callbackId, findCallbackContract } from '../../queue/upkeep/callbacks.ts';
import type { Storage } from '../../storage/storage.ts';
import { sendFile } from '../api/files.ts';
import type { JobFinder } from '../api/job-finder.ts';
import { callerOf } from '../auth/identify.ts';
import { describeCallback } from './callback.ts';
import { describeJob, type JobCard, type Related } from './job-card.ts';
import { titleOf } from './job-words.ts';
import type { Views } from './views.ts';

const REFRESH_SECONDS = 2;

export interface EraseData {
  id: string;
  title: string;
  isRunning: boolean;
}

export interface JobPagesDeps {
  pages: KindPages;
  contracts: readonly JobContract[];
  finder: JobFinder;
  producer: Producer;
  storage: Storage;
  /** The deployment's secret: a callback's id is made with it. */
  secret: string;
  views: Views;
}

/** `/jobs/{id}`: a job of any kind, and the buttons that cancel it, run it again and erase it. */
export function createJobPagesRouter(deps: JobPagesDeps): Router {
  const { finder, pages, producer, storage, views } = deps;
  const router = Router();
  const showJob = views.page<{ card: JobCard }>('job');
  const showErase = views.page<EraseData>('erase');

  router.get('/jobs/:id', async (req, res) => {
    const job = await finder.find(req);
    const card = describeJob(
      job,
      finder.view(job, req),
      pages.get(job.kind) ?? { name: job.kind },
      await readRelated(job, deps, callerOf(req).scopes.has('admin')),
    );
    const frame = {
      title: `${card.title}: ${card.stateName}`,
      ...(card.follows ? { refreshSeconds: REFRESH_SECONDS } : {}),
    };
    showJob(req, res, frame, { card });
  });

  // To be compared with what was made of it. Its type is what was found in it, never what it was said to be.
  router.get('/jobs/:id/source', async (req, res) => {
    const job = await finder.find(req);
    const upload = Object.values(job.envelope.uploads ?? {}).find(({ type }) => isPicture(type));
    if (!upload) throw new AppError('not_found', `The job ${job.id} has no upload that a browser can show.`);
    await sendFile(req, res, storage, upload);
  });

  // A job that is further on by now needs nothing more: its page says where it stands.
  router.post('/jobs/:id/cancel', async (req, res) => {
    const job = await finder.find(req);
    if (!hasEnded(job.state)) await producer.cancel(job);
    res.redirect(303, `/jobs/${job.id}`);
  });

  router.post('/jobs/:id/retry', async (req, res) => {
    const job = await finder.find(req);
    await producer.retry(job);
    res.redirect(303, `/jobs/${job.id}`);
  });

  router.post('/jobs/:id/send-now', async (req, res) => {
    const job = await finder.find(req);
    if (job.callback?.id === job.id) await producer.sendNow(job);
    res.redirect(303, `/jobs/${job.id}`);
  });

  router.get('/jobs/:id/erase', async (req, res) => {
    const job = await finder.find(req);
    const title = titleOf(job);
    const data = { id: job.id, title, isRunning: job.state === 'active' };
    showErase(req, res, { title: `Erase ${title}` }, data);
  });

  router.post('/jobs/:id/erase', async (req, res) => {
    await producer.erase(await finder.find(req));
    res.redirect(303, '/');
  });

  return router;
}

/** Reads what belongs to a job and does not stand in its record. */
async function readRelated(job: StoredJob, deps: JobPagesDeps, isOperator: boolean): Promise<Related> {
  const { contracts, producer } = deps;
  const [entries, webhook] = await Promise.all([producer.readLog(job), findWebhook(job, deps)]);
  return {
    entries,
    callback: describeCallback(job, webhook, webhook ? await producer.readLog(webhook) : [], isOperator),
    isOperator,
    retryCompleted: contracts.find(({ kind }) => kind === job.kind)?.retryCompleted ?? false,
  };
}

/** The webhook that tells of the job's end. */
async function findWebhook(job: StoredJob, { contracts, producer, secret }: JobPagesDeps): Promise<StoredJob | null> {
  const webhooks = findCallbackContract(contracts);
  if (!webhooks || !job.envelope.options.callbackUrl || !hasEnded(job.state)) return null;
  return producer.find(callbackId(secret, webhooks.idPrefix, job));
}
