import type { JobView } from '../../jobs/job-view.ts';
import type { JobState, StoredJob } from '../../jobs/stored-job.ts';
import { formatDuration, formatNumber, formatOrdinal } from '../../kinds/formats.ts';

/** What each state is called on the pages: as the API has it. */
export const STATE_NAMES: Record<JobState, string> = {
  waiting: 'Waiting',
  delayed: 'Delayed',
  active: 'Active',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** The job's state as a word. */
export const stateNameOf = ({ state }: StoredJob): string => STATE_NAMES[state];

/**
 * What its owner knows the job by: what the kind made of the input at accept, else the upload's name, the subject, the
 * id.
 */
export function titleOf({ id, envelope }: StoredJob): string {
  const [upload] = Object.values(envelope.uploads ?? {});
  return [envelope.title, upload?.name, envelope.options?.subject].find(Boolean) ?? id;
}

/** Where the job stands, in one sentence or two. */
export function sentenceOf({ stopping }: StoredJob, view: JobView): string {
  if (stopping) return 'It was cancelled; its worker is stopping it.';
  return `${placeOf(view)}${timeLeft(view)}`;
}

function placeOf(view: JobView): string {
  const { state, position, attempts, progress, startedAt, finishedAt, waitingFor, error } = view;
  if (error) return error.detail;
  if (waitingFor) return `Runs when ${waitingFor.join(' and ')} has ended.`;
  if (state === 'waiting') {
    return position && position > 1 ? `${formatOrdinal(position)} in line for a worker.` : 'Next in line for a worker.';
  }
  if (state === 'delayed' && attempts.made > 0) {
    return `Attempt ${attempts.made} of ${attempts.max} did not succeed; the next one comes by itself.`;
  }
  if (state === 'delayed') return 'Runs at the time it was asked for.';
  if (state === 'active') {
    if (progress.total === undefined) return 'A worker is on it.';
    const unit = progress.unit ? ` ${progress.unit}` : '';
    return `${formatNumber(progress.done ?? 0)} of ${formatNumber(progress.total)}${unit}.`;
  }
  if (!startedAt || !finishedAt) return 'Done.';
  return `Done in ${formatDuration(Date.parse(finishedAt) - Date.parse(startedAt))}.`;
}

/** An estimate of nothing left is none: a job that takes longer than the others would stand at zero. */
const timeLeft = ({ etaSeconds }: JobView): string =>
  etaSeconds ? ` About ${formatDuration(etaSeconds * 1000)} left.` : '';
