import type { Problem } from '../errors.ts';
import type { JobContract, Progress, StoredFile } from '../jobs/define.ts';
import type { JobState, StoredJob } from '../queue/stored-job.ts';

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
  links: { self: string; result: string };
}

/** Whether the job has come to its end. */
export const hasEnded = (state: JobState): boolean =>
  state === 'completed' || state === 'failed' || state === 'cancelled';

/** The public face of a stored job. */
export function viewJob(job: StoredJob, contract: JobContract): JobView {
  const { id, kind, state, envelope, outcome } = job;
  const { options } = envelope;
  const self = `/v1/jobs/${id}`;
  return {
    id,
    kind,
    state,
    progress: state === 'completed' ? { ...job.progress, percent: 100 } : (job.progress ?? { percent: 0 }),
    attempts: { made: job.attemptsMade, max: contract.attempts },
    position: job.position,
    etaSeconds: null,
    subject: options.subject ?? null,
    tags: options.tags ?? [],
    metadata: options.metadata ?? {},
    createdAt: new Date(job.createdAt).toISOString(),
    startedAt: moment(job.startedAt),
    finishedAt: hasEnded(state) ? moment(job.finishedAt) : null,
    expiresAt: options.expiresAt ?? null,
    retainedUntil: null,
    waitingFor: null,
    result: outcome ? { ...(outcome.result as object), files: outcome.files.map((file) => viewFile(id, file)) } : null,
    error: job.error,
    links: { self, result: `${self}/result` },
  };
}

function viewFile(id: string, { name, type, bytes, sha256 }: StoredFile): FileView {
  return { name, type, bytes, sha256, url: `/v1/jobs/${id}/files/${encodeURIComponent(name)}` };
}

const moment = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
