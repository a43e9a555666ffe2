import { Router } from 'express';
import { AppError } from '../../errors.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { audits } from '../access/audit.ts';
import { linkTo } from '../public-path.ts';
import type { JobFinder } from './job-finder.ts';

const RETRY_AFTER_SECONDS = '1';

export interface SendNowDeps {
  producer: Producer;
  finder: JobFinder;
}

/** `POST /v1/jobs/{id}/send-now`: a webhook that waits for its next attempt has it now. */
export function createSendNowRouter({ producer, finder }: SendNowDeps): Router {
  const router = Router();
  router.post('/v1/jobs/:id/send-now', audits('job.send-now'), async (req, res) => {
    const job = await finder.find(req);
    assertPendingWebhook(job);
    await producer.sendNow(job);
    const now = (await producer.find(job.id)) ?? job;
    res
      .status(202)
      .set({ Location: linkTo(res, `/v1/jobs/${job.id}`), 'Retry-After': RETRY_AFTER_SECONDS })
      .json(finder.view(now));
  });
  return router;
}

/** Throws conflict unless the job is a webhook that is pending; one that is on its way needs nothing more. */
export function assertPendingWebhook({ id, state, callback }: StoredJob): void {
  if (callback?.id !== id) {
    throw new AppError('conflict', 'Only a webhook can be sent now; its id begins with whk_.');
  }
  if (hasEnded(state)) {
    throw new AppError(
      'conflict',
      `Only a pending webhook can be sent now; this one is ${state}: POST /v1/jobs/${id}/retry sends it again.`,
    );
  }
}
