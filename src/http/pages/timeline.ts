import type { WaitingOn } from '../../errors.ts';
import type { JobView } from '../../jobs/job-view.ts';
import { hasEnded, type SentAttempt, type StoredJob } from '../../jobs/stored-job.ts';
import type { StoredEntry, StoredTimeline } from '../../jobs/timeline.ts';
import { formatDuration, formatNumber } from '../../kinds/formats.ts';
import { type Moment, momentOf } from './job-list/row.ts';
import { stateNameOf } from './job-words.ts';

/** Of many steps the first and the last are shown. */
const [FIRST, LAST] = [5, 20];
/** A shorter wait is none. */
const SHORT_MS = 1000;

/** Something that happened to a job, every text ready. */
export interface TimelineStep {
  /** Null for what has no moment of its own. */
  at: Moment | null;
  text: string;
  /** Which worker, and how long it took or waited. */
  hint: string | null;
  look: 'good' | 'bad' | 'plain';
}

/** What it waited for until its next run, by the code that its last one ended with. */
const WAITED_FOR: Readonly<Record<string, string>> = {
  mail_relay_unavailable: 'for the mail relay',
  mail_sender_refused: 'for the mail relay to take that sender',
  mail_snoozed: 'for its turn to be sent',
  waiting_for_job: 'for another job',
  slots_full: 'for a slot',
  interrupted: 'since its worker stopped',
  worker_died: 'since its worker died',
  upload_missing: 'for its upload',
};
const WAITS: Readonly<Record<WaitingOn, string>> = {
  job: 'for another job',
  rate: 'for its turn to be sent',
  relay: 'for the mail relay',
  slot: 'for a slot',
  quota: 'for other jobs of its caller',
  pause: 'for its queue, which is paused',
};

/** A step before it has its moment for people. */
interface Step extends Omit<TimelineStep, 'at'> {
  at: number | null;
}

/** Describes what has happened to a job, the oldest first: its runs, what it waited for between them, its end and its webhooks. */
export function describeTimeline(job: StoredJob, view: JobView, timeline: StoredTimeline, at: number): TimelineStep[] {
  const { entries } = timeline;
  const accepted: Step = { at: job.createdAt, text: 'Accepted', hint: null, look: 'plain' };
  const steps = [
    accepted,
    ...describeRuns(job, entries),
    ...describeNow(job, view, timeline),
    ...describeEnd(job, entries.at(-1)),
  ];
  const shown = steps.length > FIRST + LAST + 1 ? leaveOut(steps) : steps;
  return [...shown, ...describeWebhooks(job)].map((step) => ({
    ...step,
    at: step.at === null ? null : momentOf(step.at, at),
  }));
}

function leaveOut(steps: readonly Step[]): Step[] {
  const count = steps.length - FIRST - LAST;
  const gap: Step = { at: null, text: `${formatNumber(count)} more steps`, hint: null, look: 'plain' };
  return [...steps.slice(0, FIRST), gap, ...steps.slice(-LAST)];
}

/** The runs that did not complete it; each began, and ended with an error. */
function describeRuns(job: StoredJob, entries: readonly StoredEntry[]): Step[] {
  return entries.flatMap((entry, index) => {
    const { code, times = 1 } = entry;
    if (code === 'left_out') {
      return [
        {
          at: null,
          text: `${formatNumber(times)} more ${times === 1 ? 'run' : 'runs'}`,
          hint: null,
          look: 'plain' as const,
        },
      ];
    }
    if (code === 'run_again') return [{ at: entry.at, text: 'Run again by hand', hint: null, look: 'plain' as const }];
    return [...describeBegin(job, entry.began, entry.by, entries[index - 1]), describeEnding(entry)];
  });
}

/** A run that began, after which wait; nothing where that is not known. */
function describeBegin(job: StoredJob, began: number | undefined, by?: string | null, before?: StoredEntry): Step[] {
  if (began === undefined) return [];
  const waitedMs = began - (before?.at ?? job.createdAt);
  const why = before ? (WAITED_FOR[before.code] ?? 'for its next attempt') : firstWait(job);
  const waited = waitedMs < SHORT_MS ? null : `waited ${formatDuration(waitedMs)} ${why}`;
  const text = by ? `Run began on ${by}` : 'Run began';
  return [{ at: began, text, hint: waited, look: 'plain' }];
}

const firstWait = ({ envelope }: StoredJob): string =>
  envelope.options?.runAt ? 'for the time that it was asked for' : 'for a worker';

function describeEnding({ at, code, detail = '', run, began, used, times = 1, againMs }: StoredEntry): Step {
  const often = times > 1 ? `${formatNumber(times)} times; ` : '';
  const took = began === undefined || times > 1 ? '' : `after ${formatDuration(at - began)}`;
  const again = againMs === undefined ? '' : againMs === 0 ? 'again at once' : `again in ${formatDuration(againMs)}`;
  const hint = `${often}${[took, again].filter(Boolean).join('; ')}` || null;
  if (code === 'worker_died') return { at, text: 'Its worker died', hint, look: 'bad' };
  if (code === 'cancelled') return { at, text: 'Its run was stopped', hint: took || null, look: 'plain' };
  const what = used ? `Attempt ${run} failed` : 'Put back';
  return { at, text: detail === '' ? what : `${what}: ${detail}`, hint, look: used ? 'bad' : 'plain' };
}

/** The run under way, or what it waits for. */
function describeNow(job: StoredJob, { waitingOn }: JobView, { entries, by }: StoredTimeline): Step[] {
  const before = entries.at(-1);
  const isRunning = job.state === 'active';
  if (isRunning || job.state === 'completed') return describeBegin(job, job.startedAt ?? undefined, by, before);
  if (hasEnded(job.state)) return [];
  const why = waitingOn
    ? WAITS[waitingOn]
    : before && job.state === 'delayed'
      ? 'for its next attempt'
      : firstWait(job);
  return [{ at: null, text: `Waits ${why}`, hint: null, look: 'plain' }];
}

function describeEnd(job: StoredJob, last: StoredEntry | undefined): Step[] {
  if (!hasEnded(job.state) || job.finishedAt === null) return [];
  const took = job.state === 'completed' && job.startedAt !== null ? job.finishedAt - job.startedAt : null;
  // What its last run ended with stands above.
  const isSaid = job.error === null || job.state === 'cancelled' || last?.code === job.error.code;
  const text = isSaid ? stateNameOf(job) : `${stateNameOf(job)}: ${job.error?.detail}`;
  const look = job.state === 'completed' ? 'good' : job.state === 'failed' ? 'bad' : 'plain';
  const hint = took === null ? null : `after ${formatDuration(took)}`;
  return [{ at: job.finishedAt, text, hint, look }];
}

/** The attempts of the webhooks that tell of it, by time. */
function describeWebhooks({ id, callback, told = [] }: StoredJob): Step[] {
  const own = callback && callback.id !== id ? [{ webhook: callback, name: 'Callback' }] : [];
  const others = told.map((webhook) => ({ webhook, name: `Webhook ${webhook.endpoint ?? ''}`.trim() }));
  return [...own, ...others]
    .flatMap(({ webhook, name }) => webhook.sends.map((send) => describeSend(name, send)))
    .toSorted((one, other) => (one.at ?? 0) - (other.at ?? 0))
    .slice(-LAST);
}

function describeSend(name: string, { at, attempt, status, error, ms }: SentAttempt): Step {
  const isTaken = status !== null && status >= 200 && status <= 299;
  const text = `${name}, attempt ${attempt}: ${status === null ? (error ?? 'no answer') : `answered ${status}`}`;
  return { at: Date.parse(at), text, hint: `after ${formatDuration(ms)}`, look: isTaken ? 'good' : 'bad' };
}
