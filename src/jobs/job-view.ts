import { addressProblem, type Problem, type WaitingOn } from '../errors.ts';
import type { JobContract } from './contract.ts';
import type { JobFacts } from './facts.ts';
import type { StoredFile } from './files/stored-file.ts';
import type { FlowPlace, StepView } from './options/flow.ts';
import { attemptsOf, type Envelope, type JobOptions } from './options/options.ts';
import type { SchedulePlace } from './options/schedule-place.ts';
import type { Progress } from './progress.ts';
import { expiryOf } from './retention/expiry.ts';
import { heldBy, keptUntil } from './retention/retention.ts';
import {
  type CallbackState,
  type DeliveryState,
  hasEnded,
  type JobState,
  type LastError,
  type SentAttempt,
  type StoredJob,
} from './stored-job.ts';

/** A result file as the caller sees it. */
export interface FileView {
  name: string;
  type: string;
  bytes: number;
  sha256: string;
  url: string;
}

/** The webhook that tells how a job ended; `id`, `event`, `state` and `attempts` are null as long as there is none. */
export interface WebhookView {
  id: string | null;
  url: string;
  event: string | null;
  job: string | null;
  endpoint: string | null;
  state: JobState | null;
  attempts: { made: number; max: number } | null;
  nextAttemptAt: string | null;
  lastError: CallbackState['lastError'];
  sends: SentAttempt[];
}

/** What has become of the sending of a file to where its job said (`deliverTo`). */
export interface DeliveredView {
  /** The file's name as it was asked for; null for the job's one file. */
  file: string | null;
  /** The job that sends it, and its state; null before the end of the job whose file it is. */
  id: string | null;
  state: JobState | null;
  /** The answer to the last attempt; null where there was none. */
  status: number | null;
  attempts: number;
  /** When the last attempt was made. */
  at: string | null;
  nextAttemptAt: string | null;
  /** Why it was not taken last, or has ended without being taken. */
  error: string | null;
}

/** A job as every route and page shows it. Times are RFC 3339. */
export interface JobView {
  id: string;
  kind: string;
  state: JobState;
  progress: Progress;
  attempts: { made: number; max: number };
  position: number | null;
  etaSeconds: number | null;
  priority: NonNullable<JobOptions['priority']>;
  /** The name of the key that posted it; null where an operator does not ask. */
  caller: string | null;
  requestId: string | null;
  /** The batch that it came with. */
  batch: string | null;
  facts: JobFacts | null;
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  runAt: string | null;
  startedAt: string | null;
  finishedAt: string | null;
  nextAttemptAt: string | null;
  expiresAt: string | null;
  retainedUntil: string | null;
  /** Until when the addresses of its files hold, where these need no key; null where they need one. */
  signedUntil: string | null;
  heldBy: string[];
  waitingOn: WaitingOn | null;
  waitingFor: string[] | null;
  webhook: WebhookView | null;
  /** Its files that are sent elsewhere; null where none are. */
  delivered: DeliveredView[] | null;
  pausedSince: string | null;
  lastError: LastError | null;
  /** The flow that asked for it, and for what. */
  flow: FlowPlace | null;
  /** The schedule that asked for it, and for which of its times. */
  schedule: SchedulePlace | null;
  /** Of a flow: its steps, and how many of their jobs stand where. */
  steps: StepView[] | null;
  result: (Record<string, unknown> & { files: FileView[] }) | null;
  error: Problem | null;
  links: { self: string; events: string; result: string; cancel: string };
}

export interface ViewOptions {
  /** Seconds until the job will probably have ended; null when that is not known. */
  etaSeconds?: number | null;
  /** How long ended jobs are kept. */
  resultTtlMs: number;
  /** What its addresses begin with: the path that the API is below, or a whole address for who is elsewhere. */
  base?: string;
  /** The beginning of addresses that are used elsewhere. */
  publicUrl?: string | undefined;
  /** The beginning of the addresses where errors are explained; those are relative unless it is given. */
  errorsBase?: string;
  /** Has the addresses of its files need no key. */
  signed?: SignedAddresses | undefined;
  /** Whether it is told who posted the job: operators see everybody's. */
  showsCaller?: boolean;
}

/** How the addresses of files are made that need no key, and until when these hold (ms), however long the files are kept. */
export interface SignedAddresses {
  untilMs: number;
  fileUrl(linked: { job: string; file: StoredFile }, untilMs: number): string;
}

/** The public face of a stored job. */
export function viewJob(job: StoredJob, contract: JobContract, options: ViewOptions): JobView {
  const { etaSeconds = null, resultTtlMs, base = '', publicUrl = base, errorsBase = '', signed } = options;
  const { id, kind, state, envelope, outcome } = job;
  const signedUrls = signed && signFiles(job, signed);
  const urlOf = signedUrls?.urlOf ?? ((file: string) => `${base}${fileUrl(id, file)}`);
  const expiresAt = expiryOf(envelope.options, contract, job.retriedAt ?? job.createdAt);
  const self = `${base}/v1/${envelope.plan ? 'flows' : 'jobs'}/${id}`;
  const shown = envelope.plan && contract.conducts?.present(envelope.plan, job.later);
  return {
    id,
    kind,
    state,
    progress: progressOf(job, shown?.progress),
    attempts: { made: job.attemptsMade, max: attemptsOf(envelope, contract) },
    position: job.position,
    etaSeconds,
    priority: envelope.options.priority ?? 'normal',
    caller: options.showsCaller ? envelope.caller : null,
    requestId: envelope.requestId ?? null,
    batch: envelope.batch ?? null,
    facts: envelope.facts ?? null,
    subject: envelope.options.subject ?? null,
    tags: envelope.options.tags ?? [],
    metadata: envelope.options.metadata ?? {},
    createdAt: new Date(job.createdAt).toISOString(),
    runAt: envelope.options.runAt ?? null,
    startedAt: moment(job.startedAt),
    finishedAt: hasEnded(state) ? moment(job.finishedAt) : null,
    webhook: viewWebhook(job),
    delivered: viewDeliveries(job),
    nextAttemptAt: moment(job.dueAt),
    expiresAt: envelope.options.expiresAt ?? expiresAt?.toISOString() ?? null,
    retainedUntil: hasEnded(state) && job.finishedAt ? moment(keptUntil(job, resultTtlMs)) : null,
    signedUntil: moment(signedUrls?.untilMs ?? null),
    heldBy: heldBy(job),
    waitingOn: job.waitingOn,
    waitingFor: job.waits ? job.waitingFor.map((other) => other.id) : null,
    pausedSince: moment(job.pausedSince),
    lastError: job.lastError,
    ...viewAskers(envelope),
    steps: shown?.steps ?? null,
    result: outcome
      ? viewResult(
          {
            ...(outcome.result as object),
            ...presentResult(job, contract, signedUrls?.urlOf ?? ((file) => `${publicUrl}${fileUrl(id, file)}`)),
          },
          outcome.files.map(({ name, type, bytes, sha256 }) => ({ name, type, bytes, sha256, url: urlOf(name) })),
          urlOf,
        )
      : null,
    error: job.error && addressProblem({ ...job.error, ...presentError(job, contract) }, errorsBase),
    links: { self, events: `${self}/events`, result: `${base}/v1/jobs/${id}/result`, cancel: `${self}/cancel` },
  };
}

/** What has asked for the job on behalf of its caller. */
const viewAskers = ({ flow, schedule }: Envelope): Pick<JobView, 'flow' | 'schedule'> => ({
  flow: flow ?? null,
  schedule: schedule ?? null,
});

/** How far a job is; of a flow as its runs have noted it. */
const progressOf = ({ state, progress }: StoredJob, noted: Progress | undefined): Progress => ({
  ...(progress ?? { percent: 0 }),
  ...noted,
  ...(state === 'completed' ? { percent: 100 } : {}),
});

function viewWebhook({ id, envelope, callback }: StoredJob): WebhookView | null {
  const url = callback?.url ?? envelope.options.callbackUrl;
  if (url === undefined) return null;
  return {
    id: callback?.id ?? null,
    url,
    event: callback?.event ?? null,
    job: callback ? callback.job : id,
    endpoint: callback?.endpoint ?? null,
    state: callback?.state ?? null,
    attempts: callback ? { made: callback.attemptsMade, max: callback.attemptsMax } : null,
    nextAttemptAt: moment(callback?.nextAttemptAt ?? null),
    lastError: callback?.lastError ?? null,
    sends: callback?.sends ?? [],
  };
}

function viewDeliveries({ state, envelope, deliveries = [] }: StoredJob): DeliveredView[] | null {
  if (!envelope.deliverTo) return null;
  // Of a job without files none are sent.
  if (hasEnded(state) && state !== 'completed') return [];
  return envelope.deliverTo.files.map(({ file }) =>
    viewDelivery(
      file,
      deliveries.find((one) => one.file === file),
    ),
  );
}

/** How the sending of a file stands, as its job shows it; undefined where it has not begun, or is not kept any more. */
export function viewDelivery(file: string | null, delivery: DeliveryState | undefined): DeliveredView {
  const last = delivery?.sends.at(-1);
  return {
    file,
    id: delivery?.id ?? null,
    state: delivery?.state ?? null,
    status: last?.status ?? null,
    attempts: delivery?.attemptsMade ?? 0,
    at: last?.at ?? null,
    nextAttemptAt: moment(delivery?.nextAttemptAt ?? null),
    error: delivery?.lastError?.detail ?? null,
  };
}

/** The kind's result and its files; a part of the result that names a file in `file` gets that file's address too. */
function viewResult(result: object, files: FileView[], urlOf: (file: string) => string): JobView['result'] {
  const addUrl = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(addUrl);
    const name = (part as { file?: unknown } | null)?.file;
    return typeof name === 'string' ? { ...(part as object), url: urlOf(name) } : part;
  };
  return { ...Object.fromEntries(Object.entries(result).map(([key, part]) => [key, addUrl(part)])), files };
}

function presentResult({ outcome, later }: StoredJob, { present }: JobContract, urlOf: (file: string) => string) {
  return present?.(outcome?.result, urlOf, later);
}

/** Makes the addresses of a job's files that need no key; undefined where it has none. */
function signFiles({ id, outcome }: StoredJob, { untilMs, fileUrl: sign }: SignedAddresses) {
  const urls = new Map((outcome?.files ?? []).map((file) => [file.name, sign({ job: id, file }, untilMs)]));
  return urls.size === 0 ? undefined : { untilMs, urlOf: (file: string) => urls.get(file) ?? fileUrl(id, file) };
}

const presentError = ({ error, later }: StoredJob, { presentError: present }: JobContract) =>
  error && later !== undefined ? present?.(error, later) : undefined;

const fileUrl = (id: string, name: string): string => `/v1/jobs/${id}/files/${encodeURIComponent(name)}`;

const moment = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
