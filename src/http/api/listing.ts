import { type Request, Router } from 'express';
import { z } from 'zod';
import { AppError } from '../../errors.ts';
import { choiceField, listWords, textField, wholeNumberText } from '../../fields/fields.ts';
import { fieldErrors, invalidRequest } from '../../fields/invalid-request.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { JOB_STATES, type JobState, type StoredJob } from '../../jobs/stored-job.ts';
import type { Position } from '../../queue/producer/job-index.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { callerOf } from '../auth/identify.ts';
import type { JobFinder } from './job-finder.ts';

const MAX_LIMIT = 100;
/** A filtered page looks at so many jobs at most; what it found by then is the page, and the cursor goes on. */
const LOOKED_AT = 1000;

export interface ListingDeps {
  contracts: readonly JobContract[];
  producer: Producer;
  finder: JobFinder;
  /** Forgets what is kept of a subject beside its jobs. */
  onErased: (subject: string) => Promise<void>;
}

/** A page of a listing; `cursor` asks for the next one (null: there is none). */
export interface ListingPage {
  jobs: StoredJob[];
  cursor: string | null;
}

/**
 * Reads pages of jobs for a request's caller (an operator sees everybody's), newest first. The query is the API's:
 * kind, state, subject, limit, cursor; throws invalid_request with every fault in it.
 */
export type ReadListing = (req: Request, query: object) => Promise<ListingPage>;

/** Made once; the API's listing and the page of jobs share it. */
export function createListingReader({ contracts, producer }: Pick<ListingDeps, 'contracts' | 'producer'>): ReadListing {
  const kinds = contracts.map(({ kind }) => kind);
  const querySchema = z.strictObject({
    kind: z.enum(kinds, `must be ${listWords(kinds)}`).optional(),
    state: choiceField(...JOB_STATES).optional(),
    subject: textField(255, 0).optional(),
    limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
    cursor: z.string().optional(),
  });

  return async (req, given) => {
    const query = querySchema.safeParse(given);
    if (!query.success) throw invalidRequest(fieldErrors(query.error, () => Object.keys(querySchema.shape)));
    const { jobs, next } = await readPage(producer, listedCaller(req), query.data);
    return { jobs, cursor: next ? writeCursor(next) : null };
  };
}

/** What a page of a listing is asked for. */
interface PageQuery {
  kind?: string | undefined;
  state?: JobState | undefined;
  subject?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Reads the jobs of one page and where the next begins (null: nowhere). `caller`: null for everybody's jobs. */
async function readPage(
  producer: Producer,
  caller: string | null,
  query: PageQuery,
): Promise<{ jobs: StoredJob[]; next: Position | null }> {
  const { subject, limit, cursor } = query;
  const jobs: StoredJob[] = [];
  let after = cursor === undefined ? null : readCursor(cursor);
  for (let lookedAt = 0; lookedAt < LOOKED_AT; lookedAt += limit) {
    const page = await producer.list({ caller, ...(subject === undefined ? {} : { subject }), after, limit });
    for (const job of page.jobs.filter((one) => isAskedFor(one, query))) {
      jobs.push(job);
      if (jobs.length === limit) return { jobs, next: page.next || job !== page.jobs.at(-1) ? job : null };
    }
    after = page.next;
    if (!after) return { jobs, next: null };
  }
  return { jobs, next: after };
}

const isAskedFor = (job: StoredJob, { kind, state }: PageQuery): boolean =>
  (kind === undefined || job.kind === kind) && (state === undefined || job.state === state);

/** `GET /v1/jobs`: the caller's jobs (an operator's: everybody's), newest first; and erasing all of one subject. */
export function createListingRouter({ contracts, producer, finder, onErased }: ListingDeps): Router {
  const router = Router();
  const readListing = createListingReader({ contracts, producer });

  router.get('/v1/jobs', async (req, res) => {
    const { jobs, cursor } = await readListing(req, req.query);
    res.set('Cache-Control', 'no-store').json({ jobs: jobs.map(finder.view), cursor });
  });

  router.delete('/v1/subjects/:subject', async (req, res) => {
    const subject = String(req.params['subject']);
    let [erased, stopping] = [0, 0];
    let after: Position | null = null;
    do {
      const page = await producer.list({ caller: listedCaller(req), subject, after, limit: MAX_LIMIT });
      for (const job of page.jobs) {
        if (await producer.erase(job)) erased += 1;
        else stopping += 1;
      }
      after = page.next;
    } while (after);
    await onErased(subject);
    res.status(stopping > 0 ? 202 : 200).json({ erased, stopping });
  });

  return router;
}

/** Whose jobs are listed: the caller's, or everybody's for an operator. */
function listedCaller(req: Request): string | null {
  const { name, scopes } = callerOf(req);
  return scopes.has('admin') ? null : name;
}

const writeCursor = ({ createdAt, id }: Position): string => Buffer.from(`${createdAt} ${id}`).toString('base64url');

function readCursor(cursor: string): Position {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (createdAt && id && /^\d{1,15}$/.test(createdAt)) return { createdAt: Number(createdAt), id };
  throw new AppError('invalid_request', 'cursor must be one that a listing gave.', {
    errors: [{ pointer: '/cursor', detail: 'must be one that a listing gave' }],
  });
}
