import { type Request, Router } from 'express';
import { AppError } from '../../../errors.ts';
import { hasEnded, JOB_STATES, type JobState, type StoredJob } from '../../../jobs/stored-job.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { callerOf } from '../../auth/identify.ts';
import { linkTo } from '../../public-path.ts';
import { callerAskedFor } from '../listing.ts';

/** No batch has more jobs. */
const MOST_JOBS = 1000;

/** A batch as the API shows it: what is kept of its jobs. */
export interface BatchView {
  id: string;
  kind: string;
  total: number;
  /** How many of them are in each state. */
  counts: Record<JobState, number>;
  createdAt: string;
  /** When the last of them ended; null while one has not. */
  finishedAt: string | null;
  links: { self: string; jobs: string; results: string };
}

export interface BatchesDeps {
  producer: Pick<Producer, 'list'>;
}

/** `GET /v1/batches/{id}`: how far a batch is. */
export function createBatchesRouter({ producer }: BatchesDeps): Router {
  const router = Router();
  router.get('/v1/batches/:id', async (req, res) => {
    callerOf(req);
    const id = String(req.params['id']);
    const jobs = await readBatchJobs(req, producer, id);
    const link = (path: string) => linkTo(res, path);
    const links = {
      self: link(`/v1/batches/${id}`),
      jobs: link(`/v1/jobs?batch=${id}`),
      results: link(`/v1/results.zip?batch=${id}`),
    };
    res.set('Cache-Control', 'no-store').json({ ...viewBatch(id, jobs), links });
  });
  return router;
}

/**
 * Reads the jobs of a batch of the request's caller (an operator: of anybody), oldest first. Throws not_found where none is
 * kept.
 */
export async function readBatchJobs(
  req: Request,
  producer: Pick<Producer, 'list'>,
  id: string,
): Promise<[StoredJob, ...StoredJob[]]> {
  const query = { caller: callerAskedFor(req, undefined), batch: id, after: null, limit: MOST_JOBS };
  const { jobs } = await producer.list(query);
  const [first, ...others] = jobs.toReversed();
  if (first) return [first, ...others];
  throw new AppError('not_found', `There is no batch ${id.slice(0, 64)}, or nothing of it is kept any more.`);
}

function viewBatch(id: string, jobs: [StoredJob, ...StoredJob[]]): Omit<BatchView, 'links'> {
  const counts = Object.fromEntries(JOB_STATES.map((state) => [state, 0])) as Record<JobState, number>;
  for (const { state } of jobs) counts[state] += 1;
  const isOver = jobs.every(({ state }) => hasEnded(state));
  const finishedAt = isOver ? Math.max(...jobs.map((job) => job.finishedAt ?? job.createdAt)) : null;
  return {
    id,
    kind: jobs[0].kind,
    total: jobs.length,
    counts,
    createdAt: new Date(Math.min(...jobs.map(({ createdAt }) => createdAt))).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
  };
}
