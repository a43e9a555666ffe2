import type { Problem } from '../../errors.ts';
import type { FileView, JobView } from '../../jobs/job-view.ts';
import type { JobState, StoredJob } from '../../jobs/stored-job.ts';
import { hasEnded } from '../../jobs/stored-job.ts';
import { type CallbackCard, describeSendLog, type SentAttempt } from './callback.ts';
import { formatBytes, formatDuration, formatLabel, formatNumber, formatTime } from './formats.ts';
import { describeChange, describeImages, type ImageResult, SHOWN_AS_PICTURE } from './image-result.ts';
import { kindNameOf, sentenceOf, stateNameOf, titleOf } from './job-words.ts';

/** Parts of a result that the page shows in a place of their own. */
const SHOWN_ELSEWHERE = ['attempts', 'placeholder', 'dominant', 'picture'];
/** One line of a job's table of facts; with `time` (RFC 3339) it is a moment, with `href` a link. */
interface Fact {
  label: string;
  text: string;
  time?: string;
  href?: string;
}

interface CardFile {
  name: string;
  url: string;
  /** "WEBP · 800 × 533 · 48.2 kB · quality 80 · 96 % smaller" */
  summary: string;
  /** Set when the browser can show it: width and height in pixels where they are known. */
  picture: { width: number | undefined; height: number | undefined } | null;
}

interface Recipient {
  address: string;
  response: string;
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
  /** What an image job made of its source. */
  images: ImageResult | null;
  accepted: Recipient[];
  rejected: Recipient[];
  warnings: string[];
  error: Problem | null;
  callback: CallbackCard | null;
  /** The attempts of a webhook. */
  sendLog: SentAttempt[];
  canCancel: boolean;
  canRetry: boolean;
}

/** What belongs to a job and does not stand in its own record. */
export interface Related {
  /** The entries of the job's own log. */
  entries: unknown[];
  callback: CallbackCard | null;
  /** Whether its kind may run again after it was done. */
  retryCompleted: boolean;
}

const NOTHING_RELATED: Related = { entries: [], callback: null, retryCompleted: false };

/** Words for a job of any kind: a new kind needs nothing here. */
export function describeJob(job: StoredJob, view: JobView, related: Related = NOTHING_RELATED): JobCard {
  const { id, state, result } = view;
  const { callback, entries, retryCompleted } = related;
  const isPending = !hasEnded(state);
  return {
    id,
    kindName: kindNameOf(view.kind),
    title: titleOf(job),
    state,
    stateName: stateNameOf(job),
    sentence: sentenceOf(job, view),
    isPending,
    follows: isPending ? id : callback?.isPending ? callback.jobId : null,
    hasBar: state === 'waiting' || state === 'active',
    percent: state === 'active' && view.progress.percent === 0 ? null : view.progress.percent,
    facts: [...timesOf(job, view), ...labelsOf(job, view), ...resultFacts(result)],
    files: (result?.files ?? []).map((file) => describeFile(file, result)),
    images: describeImages(job, view),
    accepted: listOf<Recipient>(result, 'accepted'),
    rejected: [...listOf<Recipient>(result, 'rejected'), ...leftOut(result)],
    warnings: listOf<{ message: string }>(result, 'warnings').map(({ message }) => message),
    // Being cancelled is no trouble: the sentence says it.
    error: state === 'failed' ? view.error : null,
    callback,
    sendLog: describeSendLog(entries),
    canCancel: isPending && !job.stopping,
    canRetry: state === 'failed' || state === 'cancelled' || (retryCompleted && state === 'completed'),
  };
}

function timesOf({ envelope }: StoredJob, { state, attempts, ...view }: JobView): Fact[] {
  const times = {
    Accepted: view.createdAt,
    'Runs at': state === 'delayed' && attempts.made === 0 ? envelope.options.runAt : null,
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

/** What its caller said about the job, and the job that a webhook tells of. */
function labelsOf({ envelope }: StoredJob, { subject, tags }: JobView): Fact[] {
  const { job } = (envelope.input ?? {}) as { job?: unknown };
  return [
    ...(subject === null ? [] : [{ label: 'Subject', text: subject }]),
    ...(tags.length === 0 ? [] : [{ label: 'Tags', text: tags.join(', ') }]),
    ...(typeof job === 'string' ? [{ label: 'Tells of', text: job, href: `/jobs/${job}` }] : []),
  ];
}

/** The plain values of a result: pages, size, message id. */
function resultFacts(result: JobView['result']): Fact[] {
  const plain = Object.entries(result ?? {}).filter(
    ([name, value]) => !SHOWN_ELSEWHERE.includes(name) && (typeof value === 'number' || typeof value === 'string'),
  );
  return plain.map(([name, value]) => {
    if (typeof value === 'string') return { label: formatLabel(name), text: value };
    if (name === 'bytes') return { label: 'Size', text: formatBytes(value as number) };
    if (name === 'ms') return { label: 'Took', text: formatDuration(value as number) };
    return { label: formatLabel(name), text: formatNumber(value as number) };
  });
}

interface RenditionFacts {
  name: string;
  width: number;
  height: number;
  quality?: number | null;
  colours?: number;
}

function describeFile({ name, type, bytes, url }: FileView, result: JobView['result']): CardFile {
  const stem = name.replace(/\.[^.]*$/, '');
  const size = listOf<RenditionFacts>(result, 'renditions').find((rendition) => rendition.name === stem);
  const { bytes: sourceBytes } = (result?.['source'] ?? {}) as { bytes?: number };
  const format = type.split('/').at(-1)?.toUpperCase() ?? type;
  const pixels = size ? [`${formatNumber(size.width)} × ${formatNumber(size.height)}`] : [];
  return {
    name,
    url,
    summary: [
      format,
      ...pixels,
      formatBytes(bytes),
      ...(typeof size?.quality === 'number' ? [`quality ${size.quality}`] : []),
      ...(size?.colours ? [`${size.colours} colours`] : []),
      ...(sourceBytes ? [describeChange(sourceBytes, bytes)] : []),
    ].join(' · '),
    picture: SHOWN_AS_PICTURE.test(type) ? { width: size?.width, height: size?.height } : null,
  };
}

/** Recipients of a mail that are on the suppression list. */
const leftOut = (result: JobView['result']): Recipient[] =>
  listOf<{ address: string; reason: string }>(result, 'suppressed').map(({ address, reason }) => ({
    address,
    response: `Left out: it is on the suppression list (${reason}).`,
  }));

const listOf = <Item>(result: JobView['result'], name: string): Item[] =>
  Array.isArray(result?.[name]) ? (result[name] as Item[]) : [];
