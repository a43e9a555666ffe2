import type { Request } from 'express';
import { now } from '../../clock.ts';
import { AppError } from '../../errors.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { savedAs } from '../../jobs/files/saved-as.ts';
import type { StoredFile } from '../../jobs/files/stored-file.ts';
import { idPrefixOf } from '../../jobs/id.ts';
import { type JobView, viewJob } from '../../jobs/job-view.ts';
import type { Envelope } from '../../jobs/options/options.ts';
import { keptUntil } from '../../jobs/retention/retention.ts';
import type { StoredJob } from '../../jobs/stored-job.ts';
import type { UploadToken } from '../../keys/upload-tokens/upload-token.ts';
import type { Producer } from '../../queue/producer/producer.ts';

import type { Links } from '../../signing/links.ts';
import { type Asker, assertScope, callerOf, callerOrNull, isSafe } from '../auth/identify.ts';

import { tokenOf } from '../auth/token.ts';

import { createEstimates } from './estimates.ts';
import { isFlowPath } from './flow-paths.ts';
import { readSigned } from './signed.ts';

const MINUTE_MS = 60_000;

/** Finds jobs on behalf of a request's caller. */
export interface JobFinder {
  /** The job of the request's `:id`; throws not_found when there is none or it is another caller's. */
  find(req: Request): Promise<StoredJob>;
  /** The same for a job that is to run again: throws forbidden too, where the caller's key may post no such job now. */
  findToRun(req: Request): Promise<StoredJob>;
  /**
   * The job as the API shows it; to the operator who makes the request, with its caller. Where the request asks for it by
   * `signed`, the addresses of its files need no key.
   */
  view(job: StoredJob, req?: Request): JobView;
  /** One of the job's result files, under the name that people save it by. */
  savedAs(job: StoredJob, file: StoredFile): StoredFile;
}

export interface JobFinderDeps {
  contracts: readonly JobContract[];
  producer: Producer;
  /** Ended jobs are kept this long. */
  resultTtlMs: number;
  /** The path that everything is below. */
  base: string;
  /** Where the web process is reached from outside. */
  publicUrl?: string | undefined;
  /** The beginning of the addresses where errors are explained. */
  errorsBase: string;
  links: Pick<Links, 'fileUrl'>;
}

/** Made once; routes and pages share it. */
export function createJobFinder({ contracts, producer, links, ...shown }: JobFinderDeps): JobFinder {
  const estimates = createEstimates(producer);
  const contractOf = new Map(contracts.map((contract) => [contract.kind, contract]));
  const isJobId = (id: string) => contracts.some(({ idPrefix }) => idPrefix === idPrefixOf(id));
  const find = async (req: Request): Promise<StoredJob> => {
    callerOf(req);
    const id = String(req.params['id']);
    const isOfFlows = isFlowPath(req.path);
    const job = isOfFlows && !id.startsWith('flw_') ? null : await producer.find(id);
    if (job && contractOf.has(job.kind) && maySee(req, job.envelope)) return job;
    if (!job && isJobId(id) && (await producer.hasTombstone(id))) {
      throw new AppError('result_expired', `The job ${id} has ended and is not kept any more.`);
    }
    throw new AppError('not_found', `There is no ${isOfFlows ? 'flow' : 'job'} ${id.slice(0, 64)}.`);
  };
  return {
    find,
    async findToRun(req) {
      const job = await find(req);
      // Nobody posts a webhook: it goes with the job that it tells of.
      if (contractOf.get(job.kind)?.accepts !== 'none') assertScope(req, job.kind, 'admin');
      return job;
    },
    savedAs: (job, file) => savedAs(contractOf.get(job.kind), job.envelope, file),
    view(job, req) {
      const contract = contractOf.get(job.kind) as JobContract;
      const showsCaller = (req && callerOrNull(req)?.scopes.has('admin')) ?? false;
      const untilMs = req && isSafe(req.method) ? signedUntil(job, readSigned(req), shown.resultTtlMs) : null;
      const signed = untilMs === null ? {} : { signed: { untilMs, fileUrl: links.fileUrl } };
      const view = viewJob(job, contract, { ...shown, ...signed, etaSeconds: estimates.etaSeconds(job), showsCaller });
      const token = req && tokenOf(req);
      return token ? { ...view, ...hiddenFrom(token) } : view;
    },
  };
}

/**
 * Until when addresses hold that were asked for so long (ms), never longer than the job is kept; null where none were, or
 * where it has no files. It is a whole minute, so that whoever asks twice gets the same addresses.
 */
function signedUntil(job: StoredJob, lifeMs: number | null, resultTtlMs: number): number | null {
  if (lifeMs === null || !job.outcome) return null;
  return Math.min(Math.ceil((now() + lifeMs) / MINUTE_MS) * MINUTE_MS, keptUntil(job, resultTtlMs));
}

/** What a job says of its application rather than of what was sent: not for the holder of an upload token, unless it may choose it. */
function hiddenFrom(token: UploadToken): Partial<JobView> {
  const nothing: Partial<JobView> = { subject: null, tags: [], metadata: {} };
  const hidden = Object.entries(nothing).filter(([name]) => !token.open.includes(name));
  return { facts: null, webhook: null, delivered: null, heldBy: [], ...Object.fromEntries(hidden) };
}

/**
 * Whether the request's caller may know of the job: it is its own, or the caller is an operator. Who has an upload token knows of what
 * came with it alone.
 */
export function maySee(req: Asker, envelope: Envelope): boolean {
  const caller = callerOf(req);
  const token = tokenOf(req);
  if (token && envelope.token !== token.series) return false;
  return envelope.caller === caller.name || caller.scopes.has('admin');
}
