import { formatAge, formatBytes, formatVersion } from '../../../kinds/formats.ts';
import type { WorkerFacts } from '../../../queue/counts.ts';
import { type Moment, momentOf } from './describe-verdict.ts';

/** A worker process of a kind, every text ready. */
export interface WorkerRow {
  name: string;
  host: string;
  since: Moment;
  /** What there is to say of it, in short texts. */
  facts: string[];
  /** What it runs now, the longest first. */
  jobs: { id: string; text: string }[];
}

/** Describes a worker for the page. */
export function describeWorker(worker: WorkerFacts): WorkerRow {
  const { host, pid, process, version, concurrency, running, rssBytes, startedAt, jobs = [], signMs = 0 } = worker;
  return {
    name: process ?? `pid ${pid}`,
    host,
    since: momentOf(startedAt),
    facts: [
      `${running} of ${concurrency} places busy`,
      ...(rssBytes === undefined ? [] : [formatBytes(rssBytes)]),
      ...(version === undefined ? [] : [`version ${formatVersion(version)}`]),
      `last sign ${formatAge(signMs)} ago`,
    ],
    jobs: jobs.map(({ id, runsMs }) => ({ id, text: `for ${formatAge(runsMs)}` })),
  };
}
