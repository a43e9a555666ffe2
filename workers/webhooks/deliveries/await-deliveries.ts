import { now } from '../../../src/clock.ts';
import { BATCH_BODY_FIELD } from '../../../src/endpoints/batch.ts';
import { AppError } from '../../../src/errors.ts';
import type { JobFields } from '../../../src/jobs/job-fields.ts';
import type { DeliveredView } from '../../../src/jobs/job-view.ts';
import type { RunningJob } from '../../../src/jobs/processor.ts';
import { hasEnded, type StoredJob } from '../../../src/jobs/stored-job.ts';
import type { WorkerDeps } from '../../../src/kinds/worker-deps.ts';
import type { WebhookInput, WebhookResult } from '../job.ts';

/** A webhook waits for the files of its job to be delivered, and no longer than this. */
const LONGEST_WAIT_MS = 600_000;
const LOOK_AGAIN_SECONDS = 15;

/**
 * Passes once the files of the webhook's job have been delivered, or will not be, or it has waited for long enough; answers
 * what is sent, the same in every attempt: it says how each stands. Throws waiting_for_job (no attempt is used) before.
 */
export async function awaitDeliveries(
  { id, input, createdAt }: RunningJob<WebhookInput>,
  body: string,
  { findJob, jobFields }: Pick<WorkerDeps, 'findJob'> & { jobFields: JobFields },
): Promise<string> {
  const ids = input.after ?? [];
  if (ids.length === 0) return body;
  const [made] = await jobFields.read(id, [BATCH_BODY_FIELD]);
  if (made) return made;
  const found = await Promise.all(ids.map(findJob));
  const pending = ids.find((_id, index) => found[index] && !hasEnded(found[index].state));
  const leftMs = createdAt.getTime() + LONGEST_WAIT_MS - now();
  if (pending !== undefined && leftMs > 0) {
    throw new AppError('waiting_for_job', 'Files of the job are on their way to where they are to be.', {
      retryAfterSeconds: Math.min(LOOK_AGAIN_SECONDS, Math.ceil(leftMs / 1000)),
      waitingFor: [pending],
    });
  }
  const whole = JSON.parse(body) as { data: { delivered: DeliveredView[] } };
  whole.data.delivered = whole.data.delivered.map((view) =>
    tell(
      view,
      found.find((job) => job?.id === view.id),
    ),
  );
  const told = JSON.stringify(whole);
  await jobFields.change(id, { set: { [BATCH_BODY_FIELD]: told } });
  return told;
}

/** How a delivery stands now, as far as its own record says it. */
function tell(view: DeliveredView, job: StoredJob | null | undefined): DeliveredView {
  if (!job) return view;
  const { state, attemptsMade, outcome, error, lastError, finishedAt } = job;
  const at = finishedAt === null ? (lastError?.at ?? null) : new Date(finishedAt).toISOString();
  return {
    ...view,
    ...{ state, attempts: attemptsMade, at },
    status: (outcome?.result as WebhookResult | undefined)?.status ?? error?.answer?.status ?? null,
    nextAttemptAt: job.dueAt === null ? null : new Date(job.dueAt).toISOString(),
    error: error?.detail ?? lastError?.detail ?? null,
  };
}
