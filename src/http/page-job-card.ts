import type { Problem } from '../errors.ts';
import type { JobState, StoredJob } from '../queue/stored-job.ts';
import { type FileView, hasEnded, type JobView } from './job-view.ts';
import { formatBytes, formatDuration, formatLabel, formatNumber, formatOrdinal, formatTime } from './page-formats.ts';

/** What every browser can show as a picture. */
const SHOWN_AS_PICTURE = /^image\/(jpeg|png|webp|avif|gif)$/;
const KIND_NAMES: Record<string, string> = { images: 'Image', reports: 'Report', emails: 'Mail', webhooks: 'Webhook' };
const STATE_NAMES: Record<JobState, string> = {
  waiting: 'Waiting',
  delayed: 'Scheduled',
  active: 'Working',
  completed: 'Done',
  failed: 'Failed',
  cancelled: 'Cancelled',
};

/** One line of a job's table of facts; with `time` (RFC 3339) it is a moment. */
interface Fact {
  label: string;
  text: string;
  time?: string;
}

interface CardFile {
  name: string;
  url: string;
  /** "WEBP · 800 × 533 · 48.2 kB" */
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
  /** Where the job stands, in one sentence. */
  sentence: string;
  isPending: boolean;
  hasBar: boolean;
  /** 0-100 for the bar; null while nothing is known of a running job. */
  percent: number | null;
  facts: Fact[];
  files: CardFile[];
  accepted: Recipient[];
  rejected: Recipient[];
  warnings: string[];
  error: Problem | null;
  canRetry: boolean;
}

/** Words for a job of any kind: a new kind needs nothing here. */
export function describeJob(job: StoredJob, view: JobView): JobCard {
  const { state, result } = view;
  return {
    id: view.id,
    kindName: KIND_NAMES[view.kind] ?? formatLabel(view.kind),
    title: titleOf(job),
    state,
    stateName: state === 'delayed' && view.attempts.made > 0 ? 'Will try again' : STATE_NAMES[state],
    sentence: sentenceOf(view),
    isPending: !hasEnded(state),
    hasBar: state === 'waiting' || state === 'active',
    percent: state === 'active' && view.progress.percent === 0 ? null : view.progress.percent,
    facts: [...timesOf(view), ...resultFacts(result)],
    files: (result?.files ?? []).map((file) => describeFile(file, result)),
    accepted: listOf<Recipient>(result, 'accepted'),
    rejected: listOf<Recipient>(result, 'rejected'),
    warnings: listOf<{ message: string }>(result, 'warnings').map(({ message }) => message),
    error: view.error,
    canRetry: state === 'failed' || state === 'cancelled',
  };
}

/** What its owner knows the job by: the uploaded file's name, the mail's subject, the report's title; else the id. */
function titleOf({ id, envelope }: StoredJob): string {
  const [upload] = Object.values(envelope.uploads ?? {});
  const input = (envelope.input ?? {}) as { subject?: unknown; data?: { title?: unknown; month?: unknown } };
  const titles = [upload?.name, input.subject, input.data?.title, input.data?.month, envelope.options?.subject];
  return titles.find((title): title is string => typeof title === 'string' && title !== '') ?? id;
}

function sentenceOf({ state, position, attempts, progress, startedAt, finishedAt, error }: JobView): string {
  if (error) return error.detail;
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

function timesOf({ attempts, createdAt, startedAt, finishedAt }: JobView): Fact[] {
  const times = { Accepted: createdAt, Started: startedAt, Ended: finishedAt };
  const moments = Object.entries(times).flatMap(([label, time]) =>
    time ? [{ label, text: formatTime(time), time }] : [],
  );
  return [{ label: 'Attempts', text: `${attempts.made} of ${attempts.max}` }, ...moments];
}

/** The plain values of a result: pages, size, message id. */
function resultFacts(result: JobView['result']): Fact[] {
  const plain = Object.entries(result ?? {}).filter(
    ([, value]) => typeof value === 'number' || typeof value === 'string',
  );
  return plain.map(([name, value]) => {
    if (typeof value === 'string') return { label: formatLabel(name), text: value };
    if (name === 'bytes') return { label: 'Size', text: formatBytes(value as number) };
    return { label: formatLabel(name), text: formatNumber(value as number) };
  });
}

function describeFile({ name, type, bytes, url }: FileView, result: JobView['result']): CardFile {
  const stem = name.replace(/\.[^.]*$/, '');
  const size = listOf<{ name: string; width: number; height: number }>(result, 'renditions').find(
    (rendition) => rendition.name === stem,
  );
  const format = type.split('/').at(-1)?.toUpperCase() ?? type;
  const pixels = size ? [`${formatNumber(size.width)} × ${formatNumber(size.height)}`] : [];
  return {
    name,
    url,
    summary: [format, ...pixels, formatBytes(bytes)].join(' · '),
    picture: SHOWN_AS_PICTURE.test(type) ? { width: size?.width, height: size?.height } : null,
  };
}

const listOf = <Item>(result: JobView['result'], name: string): Item[] =>
  Array.isArray(result?.[name]) ? (result[name] as Item[]) : [];
