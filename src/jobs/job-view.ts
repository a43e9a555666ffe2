import { addressProblem, type Problem } from '../errors.ts';
import type { JobContract } from './contract.ts';
import type { Progress } from './processor.ts';
import { hasEnded, type JobState, type StoredJob } from './stored-job.ts';

/** A result file as the caller sees it. */
export interface FileView {
  name: string;
  type: string;
  bytes: number;
  sha256: string;
  url: string;
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
  subject: string | null;
  tags: string[];
  metadata: Record<string, unknown>;
  createdAt: string;
  startedAt: string | null;
  finishedAt: string | null;
  expiresAt: string | null;
  retainedUntil: string | null;
  waitingFor: string[] | null;
  result: (Record<string, unknown> & { files: FileView[] }) | null;
  error: Problem | null;
  links: { self: string; events: string; result: string; cancel: string };
}

export interface ViewOptions {
  /** Seconds until the job will probably have ended; null when that is not known. */
  etaSeconds?: number | null;
  /** How long ended jobs are kept. */
  resultTtlMs: number;
  /** The beginning of addresses that are used elsewhere. */
  publicUrl?: string | undefined;
  /** The beginning of the addresses where errors are explained; those are relative unless it is given. */
  errorsBase?: string;
  /** The address of a result file; leads to the API unless given. */
  urlOf?: (file: string) => string;
}

/** The public face of a stored job. */
export function viewJob(job: StoredJob, contract: JobContract, options: ViewOptions): JobView {
  const {
    etaSeconds = null,
    resultTtlMs,
    publicUrl = '',
    errorsBase = '',
    urlOf = (file: string) => fileUrl(job.id, file),
  } = options;
  const { id, kind, state, envelope, outcome } = job;
  const self = `/v1/jobs/${id}`;
  return {
    id,
    kind,
    state,
    progress: state === 'completed' ? { ...job.progress, percent: 100 } : (job.progress ?? { percent: 0 }),
    attempts: { made: job.attemptsMade, max: contract.attempts },
    position: job.position,
    etaSeconds,
    subject: envelope.options.subject ?? null,
    tags: envelope.options.tags ?? [],
    metadata: envelope.options.metadata ?? {},
    createdAt: new Date(job.createdAt).toISOString(),
    startedAt: moment(job.startedAt),
    finishedAt: hasEnded(state) ? moment(job.finishedAt) : null,
    expiresAt: envelope.options.expiresAt ?? null,
    retainedUntil: hasEnded(state) && job.finishedAt ? moment(job.finishedAt + resultTtlMs) : null,
    waitingFor: job.waits ? job.waitingFor.map((other) => other.id) : null,
    result: outcome
      ? viewResult(
          { ...(outcome.result as object), ...presentResult(id, outcome.result, contract, publicUrl) },
          outcome.files.map(({ name, type, bytes, sha256 }) => ({ name, type, bytes, sha256, url: urlOf(name) })),
          urlOf,
        )
      : null,
    error: job.error && addressProblem(job.error, errorsBase),
    links: { self, events: `${self}/events`, result: `${self}/result`, cancel: `${self}/cancel` },
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

function presentResult(id: string, result: unknown, { present }: JobContract, publicUrl: string) {
  return present?.(result, (name) => `${publicUrl.replace(/\/+$/, '')}${fileUrl(id, name)}`);
}

const fileUrl = (id: string, name: string): string => `/v1/jobs/${id}/files/${encodeURIComponent(name)}`;

const moment = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
