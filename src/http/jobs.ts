import { type Request, Router } from 'express';
import { AppError } from '../errors.ts';
import type { JobContract } from '../jobs/define.ts';
import type { Producer } from '../queue/producer.ts';
import type { StoredJob } from '../queue/stored-job.ts';
import type { Storage } from '../storage/index.ts';
import { maySee } from './accept.ts';
import { callerOf } from './auth.ts';
import { sendFile } from './files.ts';
import { hasEnded, type JobView, viewJob } from './job-view.ts';

const RETRY_AFTER_SECONDS = '1';

export interface JobsDeps {
  contracts: readonly JobContract[];
  producer: Producer;
  storage: Storage;
}

/** Finds jobs on behalf of a request's caller. */
export interface JobFinder {
  /** The job of the request's `:id`; throws not_found when there is none or it is another caller's. */
  find(req: Request): Promise<StoredJob>;
  view(job: StoredJob): JobView;
}

/** Made once; routes and pages share it. */
export function createJobFinder({ contracts, producer }: Pick<JobsDeps, 'contracts' | 'producer'>): JobFinder {
  const contractOf = new Map(contracts.map((contract) => [contract.kind, contract]));
  return {
    async find(req) {
      callerOf(req);
      const id = String(req.params['id']);
      const job = await producer.find(id);
      if (job && maySee(req, job.envelope)) return job;
      throw new AppError('not_found', `There is no job ${id.slice(0, 64)}.`);
    },
    view: (job) => viewJob(job, contractOf.get(job.kind) as JobContract),
  };
}

/** The routes below `/v1/jobs/{id}`. */
export function createJobsRouter({ contracts, producer, storage }: JobsDeps): Router {
  const router = Router();
  const finder = createJobFinder({ contracts, producer });

  router.get('/v1/jobs/:id', async (req, res) => {
    const job = await finder.find(req);
    if (!hasEnded(job.state)) res.set('Retry-After', RETRY_AFTER_SECONDS);
    res.set('Cache-Control', 'no-store').json(finder.view(job));
  });

  router.get('/v1/jobs/:id/result', async (req, res) => {
    const job = await finder.find(req);
    if (job.error) {
      res.status(job.error.status).type('application/problem+json').send(JSON.stringify(job.error));
    } else if (!job.outcome) {
      res.status(202).set({ 'Retry-After': RETRY_AFTER_SECONDS, 'Cache-Control': 'no-store' }).json(finder.view(job));
    } else if (job.outcome.files.length === 1 && job.outcome.files[0]) {
      await sendFile(req, res, storage, job.outcome.files[0]);
    } else {
      res.json(finder.view(job).result?.files);
    }
  });

  router.get('/v1/jobs/:id/files/:name', async (req, res) => {
    const job = await finder.find(req);
    const name = String(req.params['name']);
    const file = job.outcome?.files.find((one) => one.name === name);
    if (!file) throw new AppError('not_found', `The job has no file "${name.slice(0, 100)}".`);
    await sendFile(req, res, storage, file);
  });

  router.post('/v1/jobs/:id/retry', async (req, res) => {
    const job = await finder.find(req);
    const retried = (job.state === 'failed' || job.state === 'cancelled') && (await producer.retry(job));
    if (!retried)
      throw new AppError('conflict', `Only a failed or cancelled job can run again; this one is ${job.state}.`);
    const now = (await producer.find(job.id)) ?? job;
    res
      .status(202)
      .set({ Location: `/v1/jobs/${job.id}`, 'Retry-After': RETRY_AFTER_SECONDS })
      .json(finder.view(now));
  });

  return router;
}
