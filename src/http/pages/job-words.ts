import type { WaitingOn } from '../../errors.ts';
import type { JobView } from '../../jobs/job-view.ts';
import type { JobState, StoredJob } from '../../jobs/stored-job.ts';
import { formatDuration, formatLabel, formatNumber, formatOrdinal } from '../../kinds/formats.ts';

/** What each state is called on the pages: as in the API. */
export const STATE_NAMES: Record<JobState, string> = {
  waiting: 'Waiting',
  delayed: 'Delayed',
  active: 'Active',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** What a delayed job waits on, as a sentence. */
const WAIT_SENTENCES = {
  job: 'It waits for another job.',
  rate: 'It waits for its turn: it is sent at a limited rate.',
  relay: 'The mail relay does not take mails at the moment; it is tried again by itself.',
  slot: 'It waits for its turn: others have the places that there are for such jobs.',
  quota: 'It waits for its turn: its caller has as many jobs running as it may.',
  pause: null,
} as const satisfies Record<WaitingOn, string | null>;

/** What is said of jobs that wait for their queue to go on. */
export const pausedSentence = (kind: string): string => `${formatLabel(kind)} are paused at the moment.`;

/** The job's state as a word. */
export const stateNameOf = ({ state }: Pick<StoredJob, 'state'>): string => STATE_NAMES[state];

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
  const { kind, state, position, attempts, progress, startedAt, finishedAt, waitingFor, waitingOn, error } = view;
  if (error) return error.detail;
  if (waitingFor) return waitOnJobs(view, waitingFor);
  if (state === 'waiting' && waitingOn === 'quota') return WAIT_SENTENCES.quota;
  if (state === 'waiting') {
    const pause = waitingOn === 'pause' ? `${pausedSentence(kind)} ` : '';
    return `${pause}${position && position > 1 ? formatOrdinal(position) : 'Next'} in line for a worker.`;
  }
  const wait = waitOf(view);
  if (wait) return wait;
  if (state === 'delayed' && attempts.made > 0) {
    const failed = `Attempt ${attempts.made} of ${attempts.max} did not succeed`;
    const { lastError } = view;
    return lastError
      ? `${failed}: ${lastError.detail} The next one comes by itself.`
      : `${failed}; the next one comes by itself.`;
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

/** More jobs than these are counted. */
const MOST_NAMED = 3;
const inWords = new Intl.ListFormat('en-GB', { type: 'conjunction' });

function waitOnJobs({ steps }: JobView, ids: readonly string[]): string {
  if (steps) return 'Its jobs are under way.';
  const which = ids.length > MOST_NAMED ? `${formatNumber(ids.length)} other jobs` : inWords.format(ids);
  return `Runs when ${which} ${ids.length > 1 ? 'have' : 'has'} ended.`;
}

/** What it waits on; what a mail was refused with says more. */
const waitOf = ({ waitingOn, lastError }: JobView): string | null =>
  waitingOn === 'relay' && lastError ? lastError.detail : waitingOn && WAIT_SENTENCES[waitingOn];

/** An estimate of nothing left is none: a job that takes longer than the others would stand at zero. */
const timeLeft = ({ etaSeconds }: JobView): string =>
  etaSeconds ? ` About ${formatDuration(etaSeconds * 1000)} left.` : '';
