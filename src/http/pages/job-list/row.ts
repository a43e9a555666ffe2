import { hasEnded, type JobState, type StoredJob } from '../../../jobs/stored-job.ts';
import { formatAge, formatBytes, formatDuration, formatTime } from '../../../kinds/formats.ts';
import { stateNameOf, titleOf } from '../job-words.ts';

/** A moment: RFC 3339, for people, and how far it is from now. */
export interface Moment {
  iso: string;
  time: string;
  text: string;
}

/** One job of the list, every text ready. */
export interface JobRow {
  id: string;
  title: string;
  kindName: string;
  state: JobState;
  stateName: string;
  created: Moment;
  /** When it runs, or its next attempt does; null unless it is delayed. */
  next: Moment | null;
  /** "took 2.4 s", "for 12 s"; null where it has not run. */
  duration: string | null;
  /** How large its files were and are: "3.4 MB → 61 kB"; null where it has none. */
  size: string | null;
  /** Why it failed, or its last attempt; null where nothing did. */
  error: { code: string; detail: string } | null;
  /** Who posted it, where several callers' jobs are shown. */
  caller: string | null;
}

/** Describes a job of a list at that moment (ms). */
export function describeRow(job: StoredJob, kindName: string, showsCaller: boolean, now: number): JobRow {
  const { code, detail } = job.error ?? job.lastError ?? {};
  return {
    id: job.id,
    title: titleOf(job),
    kindName,
    state: job.state,
    stateName: stateNameOf(job),
    created: momentOf(job.createdAt, now),
    next: job.state === 'delayed' && job.dueAt !== null ? momentOf(job.dueAt, now) : null,
    duration: durationOf(job, now),
    size: sizeOf(job),
    error: code === undefined || code === 'cancelled' ? null : { code, detail: detail ?? '' },
    caller: showsCaller ? job.envelope.caller : null,
  };
}

/** A moment beside now: "3 min ago", "in 2 h". */
export function momentOf(at: number, now: number): Moment {
  const iso = new Date(at).toISOString();
  const age = formatAge(Math.abs(now - at));
  return { iso, time: formatTime(iso), text: at > now ? `in ${age}` : `${age} ago` };
}

/** The sizes of what it came with and of what it made. */
function sizeOf({ envelope: { uploads }, outcome }: StoredJob): string | null {
  const sizes = [Object.values(uploads ?? {}), outcome?.files ?? []].flatMap((files) =>
    files.length > 0 ? formatBytes(files.reduce((sum, { bytes }) => sum + bytes, 0)) : [],
  );
  return sizes.join(' → ') || null;
}

function durationOf({ state, startedAt, finishedAt }: StoredJob, now: number): string | null {
  if (startedAt === null) return null;
  if (state === 'active') return `for ${formatAge(now - startedAt)}`;
  return hasEnded(state) && finishedAt !== null && finishedAt >= startedAt
    ? `took ${formatDuration(finishedAt - startedAt)}`
    : null;
}
