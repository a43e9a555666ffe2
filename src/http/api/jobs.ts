import { hash } from 'node:crypto';
import { type Request, type Response, Router } from 'express';
import { AppError, type Problem } from '../../errors.ts';
import { hasEnded, type StoredJob } from '../../jobs/stored-job.ts';
import type { Quotas } from '../../keys/quotas.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Storage } from '../../storage/storage.ts';
import { audits, dropAudit } from '../access/audit.ts';
import { tokenOf } from '../auth/token.ts';
import { answerUnchanged } from '../conditional.ts';
import { presentProblem, sendProblem } from '../problem.ts';
import { linkTo } from '../public-path.ts';
import { assertRetryRoom } from './accept/files/hold-room.ts';
import { sendFile } from './files.ts';
import { pathsOf, selfOf } from './flow-paths.ts';
import type { JobFinder } from './job-finder.ts';
import { preferredWait, type Waiter } from './prefer.ts';
import { readSigned } from './signed.ts';

const RETRY_AFTER_SECONDS = '1';

export interface JobsDeps {
  producer: Producer;
  storage: Storage;
  finder: JobFinder;
  waiter: Waiter;
  quotas: Pick<Quotas, 'hold'>;
}

/** The routes below `/v1/jobs/{id}`. */
export function createJobsRouter({ producer, storage, finder, waiter, quotas }: JobsDeps): Router {
  const router = Router();
  const findAsPreferred = createPreferredFinder(finder, waiter);

  router.get(pathsOf(''), async (req, res) => {
    const job = await findAsPreferred(req, res);
    if (!hasEnded(job.state)) res.set('Retry-After', RETRY_AFTER_SECONDS);
    const body = JSON.stringify(finder.view(job, req));
    const etag = etagOf(body);
    res.set({ 'Cache-Control': tokenOf(req) ? 'no-store' : 'private, no-cache', ETag: etag });
    if (!answerUnchanged(req, res, etag)) res.type('json').send(body);
  });

  router.get('/v1/jobs/:id/result', async (req, res) => {
    const job = await findAsPreferred(req, res);
    if (job.error) {
      const problem = asDependencyFault(job.error);
      sendProblem(res.status(problem.status).set('Cache-Control', 'no-store'), presentProblem(req, problem));
    } else if (!job.outcome) {
      res
        .status(202)
        .set({ 'Retry-After': RETRY_AFTER_SECONDS, 'Cache-Control': 'no-store' })
        .json(finder.view(job, req));
    } else if (job.outcome.files.length === 1 && job.outcome.files[0]) {
      await sendFile(req, res, storage, finder.savedAs(job, job.outcome.files[0]));
    } else {
      const { files, ...result } = finder.view(job, req).result ?? { files: [] };
      // A mail leaves no file: what came of it is its result.
      res.set('Cache-Control', 'no-store').json(files.length > 0 ? files : result);
    }
  });

  router.get('/v1/jobs/:id/files/:name', async (req, res) => {
    const job = await finder.find(req);
    const name = String(req.params['name']);
    const file = job.outcome?.files.find((one) => one.name === name);
    if (!file) throw new AppError('not_found', `The job has no file "${name.slice(0, 100)}".`);
    await sendFile(req, res, storage, finder.savedAs(job, file));
  });

  router.post(pathsOf('/retry'), audits('job.retry'), async (req, res) => {
    const job = await finder.findToRun(req);
    await assertRetryRoom(req, quotas, job);
    if (!(await producer.retry(job))) {
      throw new AppError('conflict', `Only a failed or cancelled job can run again; this one is ${job.state}.`);
    }
    const now = (await producer.find(job.id)) ?? job;
    res
      .status(202)
      .set({ Location: linkTo(res, selfOf(now)), 'Retry-After': RETRY_AFTER_SECONDS })
      .json(finder.view(now, req));
  });

  addCancel(router, { producer, finder });
  router.delete(pathsOf(''), audits('job.erase'), async (req, res) => {
    const job = await finder.find(req);
    answerUnchanged(req, res, etagOf(JSON.stringify(finder.view(job, req))));
    if (await producer.erase(job)) res.status(204).end();
    else res.status(202).set('Retry-After', RETRY_AFTER_SECONDS).json(finder.view(job, req));
  });

  return router;
}

/** `POST /v1/jobs/{id}/cancel`. */
function addCancel(router: Router, { producer, finder }: Pick<JobsDeps, 'producer' | 'finder'>): void {
  router.post(pathsOf('/cancel'), audits('job.cancel'), async (req, res) => {
    const job = await finder.find(req);
    const cancellation = hasEnded(job.state) ? 'ended' : await producer.cancel(job);
    const now = (await producer.find(job.id)) ?? job;
    if (cancellation === 'ended' && now.state !== 'cancelled') {
      throw new AppError('conflict', `The job can not be cancelled any more: it is ${now.state}.`);
    }
    // Cancelling twice is no mistake.
    if (cancellation === 'ended') dropAudit(req);
    if (cancellation === 'stopping') res.status(202).set('Retry-After', RETRY_AFTER_SECONDS);
    res.json(finder.view(now, req));
  });
}

/** Makes the function that finds a request's job: as it stands, or as it ended within the wait that was asked for. */
const createPreferredFinder =
  (finder: JobFinder, waiter: Waiter) =>
  async (req: Request, res: Response): Promise<StoredJob> => {
    const found = await finder.find(req);
    readSigned(req);
    const seconds = preferredWait(req);
    res.vary('Prefer');
    if (seconds === 0) return found;
    const job = await waiter.waitForEnd(req, found, seconds);
    if (hasEnded(job.state)) res.set('Preference-Applied', `wait=${seconds}`);
    return job;
  };

/**
 * The problem of a job that failed for good as an answer about its result: a fault of ours or of somebody else's is over
 * and no outage, so that nobody asks again for a result that will not come.
 */
const asDependencyFault = (problem: Problem): Problem =>
  problem.status < 500 ? problem : { ...problem, status: 424, retryable: false };

/** The ETag of a job, made of all that can be seen of it. */
const etagOf = (body: string): string => `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
