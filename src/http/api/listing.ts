import { type Request, Router } from 'express';
import { z } from 'zod';
import { AppError, ERROR_CODES, type ErrorCode } from '../../errors.ts';
import { choiceField, listWords, momentField, textField, wholeNumberText } from '../../fields/fields.ts';
import { invalidFields } from '../../fields/invalid-request.ts';
import { normalSubject } from '../../fields/normal-subject.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { UPLOADS } from '../../jobs/files/upload-record.ts';
import { BATCH_PREFIX, idPrefixOf } from '../../jobs/id.ts';
import { flowIndex } from '../../jobs/options/flow.ts';
import { subjectsOf } from '../../jobs/options/options.ts';
import { JOB_STATES, type JobState, type StoredJob } from '../../jobs/stored-job.ts';
import type { Position } from '../../queue/listing/job-index.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import type { Suppressions } from '../../suppressions/store.ts';
import { audits, noteAudit } from '../access/audit.ts';
import { callerOf } from '../auth/identify.ts';
import { type JobFinder, maySee } from './job-finder.ts';
import { scheduleName } from './schedules/schedule-fields.ts';
import { readSigned } from './signed.ts';

const MAX_LIMIT = 100;
/** So many jobs are named at a time. */
export const MAX_IDS = 100;

export interface ListingDeps {
  contracts: readonly JobContract[];
  producer: Producer;
  finder: JobFinder;
  /** Forgets what is kept of addresses beside their jobs: the caller's, or everybody's; answers how many entries. */
  suppressions: Pick<Suppressions, 'forget'>;
}

/** A page of a listing; `cursor` asks for the next one (null: there is none). */
export interface ListingPage {
  jobs: StoredJob[];
  cursor: string | null;
}

/**
 * Reads pages of jobs for a request's caller (an operator sees everybody's), newest first. The query is the API's:
 * kind, state, subject, tag, batch, schedule, error, q, flow, caller, createdAfter, createdBefore, limit, and cursor or ids; throws
 * invalid_request with every fault in it, and forbidden for the jobs of another caller.
 */
export type ReadListing = (req: Request, query: object) => Promise<ListingPage>;

/** Made once; the API's listing and the page of jobs share it. */
export function createListingReader({ contracts, producer }: Pick<ListingDeps, 'contracts' | 'producer'>): ReadListing {
  const kinds = contracts.map(({ kind }) => kind);
  const fields = z.strictObject({
    caller: textField(64).optional(),
    kind: z.enum(kinds, `must be ${listWords(kinds)}`).optional(),
    state: choiceField(...JOB_STATES).optional(),
    subject: textField(255, 0).transform(normalSubject).optional(),
    tag: textField(64)
      .transform((text) => text.normalize('NFC'))
      .optional(),
    batch: batchField.optional(),
    schedule: scheduleName.optional(),
    error: z.enum(ERROR_WORDS, 'must be an error code, such as image_unreadable').optional(),
    q: wordsField.optional(),
    createdAfter: momentField.transform(Date.parse).optional(),
    createdBefore: momentField.transform(Date.parse).optional(),
    flow: flowField.optional(),
    ids: idsField.optional(),
    limit: wholeNumberText(1, MAX_LIMIT).prefault('20'),
    cursor: z.string().optional(),
  });
  const querySchema = fields
    .refine(({ ids, cursor }) => !ids || cursor === undefined, {
      path: ['cursor'],
      message: 'must not stand beside ids: they make one page',
    })
    .refine(({ batch, subject }) => batch === undefined || subject === undefined, BESIDE_BATCH)
    .refine(isAloneWithSchedule, BESIDE_SCHEDULE)
    .refine(({ ids, q }) => !ids || q === undefined, {
      path: ['q'],
      message: 'must not stand beside ids: they name the jobs',
    });

  return async (req, given) => {
    const query = querySchema.safeParse(given);
    if (!query.success) throw invalidFields(query.error.issues, () => Object.keys(fields.shape));
    const { q } = query.data;
    // An id is looked up, and not searched for.
    const ids = query.data.ids ?? (q !== undefined && isJobId(q.trim()) ? [q.trim()] : undefined);
    if (ids) return { jobs: await readNamed(req, producer, ids, query.data), cursor: null };
    const { jobs, next } = await readPage(producer, callerAskedFor(req, query.data.caller), query.data);
    return { jobs, cursor: next ? writeCursor(next) : null };
  };
}

/** Words that a job is found by, separated by spaces. */
export const wordsField = textField(200);

/** The id of a flow. */
const flowField = z
  .string()
  .refine((id) => isJobId(id) && id.startsWith('flw_'), 'must be the id of a flow, flw_ and 26 characters');

const ERROR_WORDS = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

const isJobId = (id: string): boolean => ![null, UPLOADS.idPrefix, BATCH_PREFIX].includes(idPrefixOf(id));

/** The refusal of a subject beside a batch: no index has the jobs of both. */
export const BESIDE_BATCH = { path: ['subject'], message: 'must not stand beside batch' };

/** The refusal of a schedule beside them, for the same reason. */
export const BESIDE_SCHEDULE = { path: ['schedule'], message: 'must not stand beside batch, flow or subject' };

/** Whether a filter that names a schedule names nothing that has an index of its own. */
export const isAloneWithSchedule = ({ schedule, batch, flow, subject }: JobFilter): boolean =>
  schedule === undefined || [batch, flow, subject].every((name) => name === undefined);

/** The id of a batch. */
export const batchField = z
  .string('must be the id of a batch')
  .refine((id) => idPrefixOf(id) === BATCH_PREFIX, 'must be the id of a batch');

const IDS_FAULT = `must be 1 to ${MAX_IDS} ids of jobs, with commas between them`;

/** Ids of jobs, each once. */
const idsField = z
  .string(IDS_FAULT)
  .transform((text) => [...new Set(text.split(','))])
  .refine((ids) => ids.length <= MAX_IDS && ids.every(isJobId), IDS_FAULT);

/** What the jobs of a listing have in common. Times are milliseconds since the epoch. */
interface JobFilter {
  caller?: string | undefined;
  kind?: string | undefined;
  state?: JobState | undefined;
  subject?: string | undefined;
  tag?: string | undefined;
  batch?: string | undefined;
  /** The name of the schedule that made them. */
  schedule?: string | undefined;
  error?: ErrorCode | undefined;
  /** Words that it is found by. */
  q?: string | undefined;
  /** The flow that asked for them. */
  flow?: string | undefined;
  createdAfter?: number | undefined;
  createdBefore?: number | undefined;
}

/** What a page of a listing is asked for. */
interface PageQuery extends JobFilter {
  /** A further index, in which the jobs stand. */
  index?: string | undefined;
  limit: number;
  cursor?: string | undefined;
}

/** Reads the jobs with these ids that the caller may see and that are asked for, newest first. */
async function readNamed(
  req: Request,
  producer: Producer,
  ids: readonly string[],
  filter: JobFilter,
): Promise<StoredJob[]> {
  const { subject } = filter;
  const caller = callerAskedFor(req, filter.caller);
  const found = await Promise.all(ids.map((id) => producer.find(id)));
  return found
    .filter((job) => job !== null)
    .filter((job) => maySee(req, job.envelope) && isAskedFor(job, filter))
    .filter(({ envelope }) => caller === null || envelope.caller === caller)
    .filter(({ envelope }) => subject === undefined || subjectsOf(envelope).includes(subject))
    .sort((a, b) => b.createdAt - a.createdAt || (a.id < b.id ? 1 : -1));
}

/** Reads the jobs of one page and where the next begins (null: nowhere). `caller`: null for everybody's jobs. */
export async function readPage(
  producer: Pick<Producer, 'list'>,
  caller: string | null,
  query: PageQuery,
): Promise<{ jobs: StoredJob[]; next: Position | null }> {
  const { kind, state, subject, tag, batch, schedule, error, q, flow, limit, cursor } = query;
  const { createdAfter, createdBefore } = query;
  const index = flow === undefined ? query.index : flowIndex(flow);
  const { jobs, next } = await producer.list({
    caller,
    index,
    kinds: kind === undefined ? undefined : [kind],
    states: state === undefined ? undefined : [state],
    ...{ batch, subject, schedule, tag, error, text: q, limit },
    createdFrom: createdAfter === undefined ? undefined : createdAfter + 1,
    createdTo: createdBefore === undefined ? undefined : createdBefore - 1,
    after: cursor === undefined ? null : readCursor(cursor),
  });
  // One may have gone on since it was found.
  return { jobs: jobs.filter((job) => isAskedFor(job, query) && isOf(job, caller, query)), next };
}

/** Whether a job of an index that may have other callers' is the caller's, and is in that index. */
const isOf = ({ envelope }: StoredJob, caller: string | null, { flow, subject, tag }: JobFilter): boolean =>
  flow === undefined ||
  (envelope.flow?.id === flow &&
    (caller === null || envelope.caller === caller) &&
    (subject === undefined || subjectsOf(envelope).includes(subject)) &&
    (tag === undefined || (envelope.options.tags ?? []).includes(tag)));

/** Whether a job is of that sort. The subject is the index's matter, and words are the search's. */
function isAskedFor(job: StoredJob, filter: JobFilter): boolean {
  const { kind, state, tag, batch, schedule, error, createdAfter, createdBefore } = filter;
  return (
    (batch === undefined || job.envelope.batch === batch) &&
    (schedule === undefined || job.envelope.schedule?.name === schedule) &&
    (kind === undefined || job.kind === kind) &&
    (state === undefined || job.state === state) &&
    (tag === undefined || (job.envelope.options.tags ?? []).includes(tag)) &&
    (error === undefined || job.error?.code === error) &&
    (createdAfter === undefined || job.createdAt > createdAfter) &&
    (createdBefore === undefined || job.createdAt < createdBefore)
  );
}

/**
 * `GET /v1/jobs`: the caller's jobs (an operator's: everybody's), newest first; and erasing all of one subject, uploads
 * too.
 */
export function createListingRouter({ contracts, producer, finder, suppressions }: ListingDeps): Router {
  const router = Router();
  const readListing = createListingReader({ contracts, producer });
  const kinds = [...contracts.map(({ kind }) => kind), UPLOADS.kind];

  router.get('/v1/jobs', async (req, res) => {
    const { signed: _, ...query } = req.query;
    readSigned(req);
    const { jobs, cursor } = await readListing(req, query);
    res.set('Cache-Control', 'no-store').json({ jobs: jobs.map((job) => finder.view(job, req)), cursor });
  });

  router.delete('/v1/subjects/:subject', audits('subject.erase'), async (req, res) => {
    const given = String(req.params['subject']);
    const subject = normalSubject(given);
    let [erased, stopping] = [0, 0];
    // Jobs of an earlier version stand below what was written.
    for (const name of new Set([subject, given])) {
      let after: Position | null = null;
      do {
        const page = await producer.list({ kinds, caller: listedCaller(req), subject: name, after, limit: MAX_LIMIT });
        for (const job of page.jobs) {
          if (await producer.erase(job)) erased += 1;
          else stopping += 1;
        }
        after = page.next;
      } while (after);
    }
    const forgotten = await forgetSuppressions(req, subject, suppressions);
    if (erased + stopping + forgotten === 0) {
      throw new AppError('not_found', `There is nothing of the subject "${subject}" that this key may erase.`);
    }
    // The person is not named: not in the place where it says that nothing of it is left.
    noteAudit(req, { target: null, count: erased + stopping + forgotten });
    res.status(stopping > 0 ? 202 : 200).json({ erased, stopping, suppressions: forgotten });
  });

  return router;
}

/** Forgets the person's suppressions: those the caller's key can make, or everybody's for an operator; how many. */
async function forgetSuppressions(
  req: Request,
  subject: string,
  suppressions: Pick<Suppressions, 'forget'>,
): Promise<number> {
  const { name, scopes } = callerOf(req);
  if (scopes.has('admin')) return suppressions.forget(subject, undefined);
  return scopes.has('emails') ? suppressions.forget(subject, [name]) : 0;
}

/**
 * Whose jobs are asked for: those of the named caller, else the request's own, or everybody's for an operator (null). Throws
 * forbidden for the jobs of another one.
 */
export function callerAskedFor(req: Request, named: string | undefined): string | null {
  const { name, scopes } = callerOf(req);
  if (named === undefined || named === name) return named ?? listedCaller(req);
  if (scopes.has('admin')) return named;
  throw new AppError('forbidden', 'The API key lacks the scope "admin", which the jobs of another caller want.');
}

/** Whose jobs are listed: the caller's, or everybody's for an operator. */
function listedCaller(req: Request): string | null {
  const { name, scopes } = callerOf(req);
  return scopes.has('admin') ? null : name;
}

/** Writes where the next page begins, for a client to give back. */
export const writeCursor = ({ createdAt, id }: Position): string =>
  Buffer.from(`${createdAt} ${id}`).toString('base64url');

function readCursor(cursor: string): Position {
  const [createdAt, id] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (createdAt && id && /^\d{1,15}$/.test(createdAt)) return { createdAt: Number(createdAt), id };
  throw new AppError('invalid_request', 'cursor must be one that a listing gave.', {
    errors: [{ pointer: '/cursor', detail: 'must be one that a listing gave' }],
  });
}
