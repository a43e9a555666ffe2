import type { JobView } from '../../jobs/job-view.ts';
import type { JobState, StoredJob } from '../../jobs/stored-job.ts';
import { formatDuration, formatLabel, formatNumber, formatOrdinal } from './formats.ts';

const KIND_NAMES: Record<string, string> = { images: 'Image', reports: 'Report', emails: 'Mail', webhooks: 'Webhook' };

/** What each state is called on the pages. */
export const STATE_NAMES: Record<JobState, string> = {
  waiting: 'Waiting',
  delayed: 'Scheduled',
  active: 'Working',
  completed: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** One job's kind as a word: "Image". */
export const kindNameOf = (kind: string): string => KIND_NAMES[kind] ?? formatLabel(kind);

/** The job's state as a word; it knows more than the bare state. */
export function stateNameOf({ state, attemptsMade, stopping, waits }: StoredJob): string {
  if (stopping) return 'Stopping';
  if (waits) return 'Waiting for another job';
  return state === 'delayed' && attemptsMade > 0 ? 'Will try again' : STATE_NAMES[state];
}

/** What its owner knows the job by: the report's title, the uploaded file's name, the mail's subject; else the id. */
export function titleOf({ id, envelope }: StoredJob): string {
  const [upload] = Object.values(envelope.uploads ?? {});
  const input = (envelope.input ?? {}) as {
    subject?: unknown;
    template?: unknown;
    variables?: { title?: unknown };
    data?: { title?: unknown; month?: unknown; number?: unknown };
    url?: unknown;
  };
  const { title, month, number } = input.data ?? {};
  // A mail made of a template has its subject there.
  const made = [input.variables?.title, input.data === undefined ? input.template : undefined];
  const own = [title, upload?.name, input.subject, ...made, month, number, input.url];
  const titles = [...own, envelope.options?.subject];
  return titles.find((title): title is string => typeof title === 'string' && title !== '') ?? id;
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
