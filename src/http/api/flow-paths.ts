import { FLOWS_KIND } from '../../jobs/options/flow.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';

/** A flow is a job, and is found below its own address too: the paths of a route of jobs that flows have. */
export const pathsOf = (rest: '' | '/events' | '/retry' | '/cancel'): string[] => [
  `/v1/jobs/:id${rest}`,
  `/v1/${FLOWS_KIND}/:id${rest}`,
];

/** Whether a path is one of flows alone. */
export const isFlowPath = (path: string): boolean => path.startsWith(`/v1/${FLOWS_KIND}/`);

/** The path of a job. */
export const selfOf = ({ id, kind }: Pick<StoredJob, 'id' | 'kind'>): string =>
  `/v1/${kind === FLOWS_KIND ? FLOWS_KIND : 'jobs'}/${id}`;
