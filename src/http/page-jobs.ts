import { Router } from 'express';
import type { Producer } from '../queue/producer.ts';
import type { JobFinder } from './jobs.ts';
import { describeJob } from './page-job-card.ts';
import type { Views } from './page-views.ts';

const REFRESH_SECONDS = 2;

export interface JobPagesDeps {
  finder: JobFinder;
  producer: Producer;
  views: Views;
}

/** `/jobs/{id}`: a job of any kind, and the button that runs it again. */
export function createJobPagesRouter({ finder, producer, views }: JobPagesDeps): Router {
  const router = Router();

  router.get('/jobs/:id', async (req, res) => {
    const job = await finder.find(req);
    const card = describeJob(job, finder.view(job));
    const frame = {
      title: `${card.title}: ${card.stateName}`,
      ...(card.isPending ? { refreshSeconds: REFRESH_SECONDS } : {}),
    };
    views.render(req, res, 'job', frame, { card });
  });

  router.post('/jobs/:id/retry', async (req, res) => {
    const job = await finder.find(req);
    // A job that runs again by now needs nothing more: its page says so.
    if (job.state === 'failed' || job.state === 'cancelled') await producer.retry(job);
    res.redirect(303, `/jobs/${job.id}`);
  });

  return router;
}
