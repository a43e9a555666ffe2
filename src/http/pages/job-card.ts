import { now } from '../../clock.ts';
import type { Problem } from '../../errors.ts';
import type { FileView, JobView } from '../../jobs/job-view.ts';
import { findRetryFault } from '../../jobs/retry-fault.ts';
import type { JobState, StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import type { StoredTimeline } from '../../jobs/timeline.ts';
import { formatBytes, formatDuration, formatLabel, formatNumber, formatTime, isPicture } from '../../kinds/formats.ts';
import type { CardParts, Fact, FileNotes, KindPage } from '../../kinds/page.ts';
import { type CallbackCard, describeSendLog, nextAttemptOf, type SentAttempt } from './callback.ts';
import { sentenceOf, stateNameOf, titleOf } from './job-words.ts';
import { describeTimeline, type TimelineStep } from './timeline.ts';

interface CardFile {
  /** What it is saved by. */
  name: string;
  url: string;
  /** "WEBP · 800 × 533 · 48.2 kB · quality 80 · 96 % smaller" */
  summary: string;
  /** Set when the browser can show it: width and height in pixels where they are known. */
  picture: { width: number | undefined; height: number | undefined } | null;
}

/** A job as the job page and the upload page show it, every text ready. */
export interface JobCard {
  id: string;
  kindName: string;
  title: string;
  state: JobState;
  stateName: string;
  /** Where the job stands, in one sentence or two. */
  sentence: string;
  isPending: boolean;
  /** The job whose events change this card: itself, then its callback; null when nothing changes any more. */
  follows: string | null;
  hasBar: boolean;
  /** 0-100 for the bar; null while nothing is known of a running job. */
  percent: number | null;
  facts: Fact[];
  files: CardFile[];
  /** A part in a template of the kind's own. */
  part: NonNullable<CardParts['part']> | null;
  lists: NonNullable<CardParts['lists']>;
  warnings: string[];
  error: Problem | null;
  callback: CallbackCard | null;
  /** The attempts of a webhook. */
  sendLog: SentAttempt[];
  /** What has happened to it, the oldest first; empty where that is not shown. */
  timeline: TimelineStep[];
  /** Of a webhook that waits: when it is sent again. */
  next: CallbackCard['next'];
  /** The token of the forms that cancel it and run it again. */
  formToken: string;
  canCancel: boolean;
  canRetry: boolean;
  /** Where a form is filled in with what it was asked for, of a job that has ended. */
  refillUrl: string | null;
}

/** What belongs to a job and does not stand in its own record. */
export interface Related {
  /** The entries of the job's own log. */
  entries: unknown[];
  callback: CallbackCard | null;
  /** What is kept of its runs; absent where that is not shown. */
  timeline?: StoredTimeline;
  /** Whether its kind may run again after it was done. */
  retryCompleted: boolean;
  /** Whether an operator reads the page. */
  isOperator: boolean;
  /** Whether who reads it posted the job: schedules are shown to nobody else. */
  isOwn?: boolean;
  /** Where its form is, filled in with what was asked for. */
  refillUrl?: string | null;
}

const NOTHING_RELATED: Related = { entries: [], callback: null, retryCompleted: false, isOperator: false };

/** Describes a job of any kind; what is the kind's own in it comes from the kind's `page`. */
export function describeJob(
  job: StoredJob,
  view: JobView,
  page: KindPage,
  related: Related = NOTHING_RELATED,
): JobCard {
  const { id, state, result } = view;
  const parts = page.describe?.(job, view) ?? {};
  const { callback, entries, timeline, retryCompleted, isOperator, isOwn = false, refillUrl = null } = related;
  const isPending = !hasEnded(state);
  const title = titleOf(job);
  const sentence = sentenceOf(job, view);
  return {
    id,
    kindName: page.name,
    title,
    state,
    stateName: stateNameOf(job),
    sentence,
    isPending,
    follows: isPending ? id : (onTheWay(view) ?? (callback?.isPending ? callback.jobId : null)),
    hasBar: state === 'waiting' || state === 'active',
    percent: state === 'active' && view.progress.percent === 0 ? null : view.progress.percent,
    facts: [
      ...timesOf(view),
      ...troubleOf(view, sentence),
      ...labelsOf(view, title),
      ...scheduleOf(view, isOwn),
      ...(parts.facts ?? []),
      ...resultFacts(result, parts.shown ?? []),
    ],
    files: (result?.files ?? []).map((file) => describeFile(file, parts.files?.[file.name] ?? {})),
    part: parts.part ?? null,
    lists: [...(parts.lists ?? []), deliveriesOf(view)].filter(({ entries: listed }) => listed.length > 0),
    warnings: listOf<{ message: string }>(result, 'warnings').map(({ message }) => message),
    // Being cancelled is no trouble: the sentence says it.
    error: state === 'failed' ? view.error : null,
    callback,
    sendLog: describeSendLog(entries, isOperator),
    timeline: timeline ? describeTimeline(job, view, timeline, now()) : [],
    next: nextAttemptOf(job),
    canCancel: isPending && !job.stopping,
    formToken: tokenOf(job),
    canRetry: mayRunAgain(job, retryCompleted),
    refillUrl,
  };
}

/**
 * The token of the forms that act on a job: one for each of its lives, so that a page which is read anew shows the same
 * one.
 */
export const tokenOf = ({ createdAt, retries }: StoredJob): string => `${createdAt}-${retries}`;

/** Whether another run of a job that has ended may help. */
export function mayRunAgain(job: StoredJob, retryCompleted: boolean): boolean {
  const { state, error } = job;
  if (state === 'completed') return retryCompleted;
  const mayHelp = state === 'cancelled' || (state === 'failed' && (error?.retryable ?? true));
  return mayHelp && findRetryFault(job) === null;
}

/** The job that sends a file of this one and has not ended; null where none does. */
const onTheWay = ({ delivered }: JobView): string | null =>
  delivered?.find(({ state }) => state !== null && !hasEnded(state))?.id ?? null;

/** What has become of the files that are sent elsewhere. */
function deliveriesOf({ delivered }: JobView): JobCard['lists'][number] {
  const entries = (delivered ?? []).map(({ file, state, status, attempts, error, nextAttemptAt }) => {
    const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
    if (state === 'completed') return { name: file ?? 'The file', text: `Taken: answered ${status}, ${tries}` };
    const next = nextAttemptAt === null ? '' : ` Sent again ${formatTime(nextAttemptAt)}.`;
    const why = error ?? (state === null ? 'Sent when this job has completed.' : 'On its way.');
    return { name: file ?? 'The file', text: `${why}${next}` };
  });
  return { title: 'Sent on', entries };
}

function timesOf({ state, attempts, ...view }: JobView): Fact[] {
  const isScheduled = attempts.made === 0 && view.runAt !== null && view.lastError === null && view.waitingOn === null;
  const times = {
    Accepted: view.createdAt,
    [isScheduled ? 'Runs at' : 'Next attempt']: view.nextAttemptAt,
    'Paused since': view.pausedSince,
    'Useless after': hasEnded(state) ? null : view.expiresAt,
    Started: view.startedAt,
    Ended: view.finishedAt,
    'Kept until': view.retainedUntil,
  };
  const moments = Object.entries(times).flatMap(([label, time]) =>
    time ? [{ label, text: formatTime(time), time }] : [],
  );
  return [{ label: 'Attempts', text: `${attempts.made} of ${attempts.max}` }, ...moments];
}

/** What went wrong in its last attempt, where the sentence does not say it. */
function troubleOf({ lastError }: JobView, sentence: string): Fact[] {
  if (!lastError || sentence.includes(lastError.detail)) return [];
  return [{ label: 'Last error', text: lastError.detail, isWide: true }];
}

/** Whose the job is, what it is about, and what its caller said about it. */
const labelsOf = ({ caller, priority, facts, requestId, subject, tags }: JobView, title: string): Fact[] => [
  ...(caller === null ? [] : [{ label: 'Posted by', text: caller }]),
  ...Object.entries(facts ?? {})
    .map(([name, fact]) => ({ label: formatLabel(name), text: [fact].flat().join(', ') }))
    .filter(({ text }) => !title.startsWith(text.replace(/…$/, ''))),
  ...(priority === 'normal' ? [] : [{ label: 'Priority', text: formatLabel(priority) }]),
  ...(requestId === null ? [] : [{ label: 'Request', text: requestId }]),
  ...(subject === null ? [] : [{ label: 'Subject', text: subject }]),
  ...(tags.length === 0 ? [] : [{ label: 'Tags', text: tags.join(', ') }]),
];

/** The schedule that made it. */
const scheduleOf = ({ schedule }: JobView, isOwn: boolean): Fact[] =>
  schedule
    ? [{ label: 'Schedule', text: schedule.name, ...(isOwn ? { href: `/schedules/${schedule.name}` } : {}) }]
    : [];

/** The plain values of a result that the kind does not show itself: pages, size, message id. */
function resultFacts(result: JobView['result'], shown: readonly string[]): Fact[] {
  // Attempts stand among the times already.
  const plain = Object.entries(result ?? {}).filter(
    ([name, value]) =>
      name !== 'attempts' && !shown.includes(name) && (typeof value === 'number' || typeof value === 'string'),
  );
  return plain.map(([name, value]) => {
    if (typeof value === 'string') return { label: formatLabel(name), text: value };
    if (name === 'bytes') return { label: 'Size', text: formatBytes(value as number) };
    if (name === 'ms') return { label: 'Took', text: formatDuration(value as number) };
    return { label: formatLabel(name), text: formatNumber(value as number) };
  });
}

function describeFile({ name, type, bytes, url }: FileView, notes: FileNotes): CardFile {
  const { savedAs, width, height, beforeSize = [], afterSize = [] } = notes;
  const format = type.split('/').at(-1)?.toUpperCase() ?? type;
  return {
    name: savedAs ?? name,
    url,
    summary: [format, ...beforeSize, formatBytes(bytes), ...afterSize].join(' · '),
    picture: isPicture(type) ? { width, height } : null,
  };
}

const listOf = <Item>(result: JobView['result'], name: string): Item[] =>
  Array.isArray(result?.[name]) ? (result[name] as Item[]) : [];
