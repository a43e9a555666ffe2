import { type Request, type RequestHandler, Router } from 'express';
import { z } from 'zod';
import { AppError, ERROR_CODES, type ErrorCode } from '../../errors.ts';
import {
  choiceField,
  lineField,
  listField,
  listWords,
  momentField,
  textField,
  wholeNumberField,
} from '../../fields/fields.ts';
import { invalidFields } from '../../fields/invalid-request.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { JOB_STATES } from '../../jobs/stored-job.ts';
import { NO_USAGE } from '../../jobs/usage.ts';
import type { Quotas } from '../../keys/quotas.ts';
import { BULK_ACTIONS, type BulkAction, type BulkActions, type BulkFilter } from '../../queue/bulk/bulk-actions.ts';
import { assertScope, callerOf } from '../auth/identify.ts';
import { linkTo } from '../public-path.ts';
import { type BodyReaders, readJsonBody } from './json-body.ts';
import { callerAskedFor, MAX_IDS, wordsField } from './listing.ts';

/** A filter is a few words. */
const MAX_BODY_BYTES = 10_000;
const MOST_JOBS = 100_000_000;
const ERROR_WORDS = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

export interface BulkDeps extends Pick<BodyReaders, 'receiving'> {
  contracts: readonly JobContract[];
  bulkActions: BulkActions;
  quotas: Pick<Quotas, 'hold'>;
}

/** Makes the schema of `POST /v1/jobs/actions`; OpenAPI is made of it too. */
export function bulkSchema(kinds: readonly string[]) {
  const filter = z.strictObject({
    caller: textField(64).optional().meta({ description: 'Whose jobs; for the scope `admin`, else your own name.' }),
    kind: z.enum(kinds, `must be ${listWords(kinds)}`).optional(),
    state: choiceField(...JOB_STATES)
      .optional()
      .meta({ description: 'Without it: all in which the action is possible.' }),
    subject: textField(255).optional(),
    tag: textField(64).optional(),
    error: z.enum(ERROR_WORDS, 'must be an error code, such as image_unreadable').optional(),
    q: wordsField.optional().meta({ description: 'Words that they have, as a listing finds them.' }),
    createdAfter: momentField.optional(),
    createdBefore: momentField.optional(),
    ids: listField(lineField(64), 1, MAX_IDS)
      .optional()
      .meta({ description: 'These alone; what is gone of them does not count.' }),
  });
  return z.strictObject({
    action: choiceField(...BULK_ACTIONS),
    filter: filter.meta({ description: 'What the jobs have in common; all of it narrows, and `{}` is every job.' }),
    expect: wholeNumberField(0, MOST_JOBS).meta({
      description: 'How many jobs you take it to be. Where another number matches nothing is done: 409 with `count`.',
    }),
  });
}

/** Nobody's body is read. */
const requireKey: RequestHandler = (req, _res, next) => {
  callerOf(req);
  next();
};

/** `POST /v1/jobs/actions`: cancels, erases or retries all jobs that a filter names; and how far that is. */
export function createBulkRouter(deps: BulkDeps): Router {
  const { contracts, bulkActions, receiving } = deps;
  const router = Router();
  const kinds = contracts.map(({ kind }) => kind);
  const schema = bulkSchema(kinds);
  const namesAt = ([part]: readonly PropertyKey[]): string[] =>
    Object.keys(part === 'filter' ? schema.shape.filter.shape : schema.shape);

  router.post('/v1/jobs/actions', requireKey, ...readJsonBody(MAX_BODY_BYTES, { receiving }), async (req, res) => {
    if (!req.is('json') && !req.is('+json')) {
      throw new AppError('unsupported_media_type', 'The Content-Type must be application/json.');
    }
    const body = schema.safeParse(req.body ?? {});
    if (!body.success) throw invalidFields(body.error.issues, namesAt);
    const { action: verb, filter, expect } = body.data;
    const { name } = callerOf(req);
    const wanted = toFilter(req, kinds, filter);
    const asked = verb === 'retry' ? { ...wanted, kinds: await kindsToRun(req, wanted, deps, expect) } : wanted;
    const action = await bulkActions.begin({ caller: name, verb, filter: asked, expect });
    res
      .status(202)
      .set({ Location: linkTo(res, `/v1/jobs/actions/${action.id}`), 'Retry-After': '1', 'Cache-Control': 'no-store' })
      .json({ id: action.id, total: action.total });
  });

  router.get('/v1/jobs/actions/:id', async (req, res) => {
    const { name, scopes } = callerOf(req);
    const id = String(req.params['id']);
    const action = await bulkActions.find(id);
    if (!action || (action.caller !== name && !scopes.has('admin'))) {
      throw new AppError('not_found', `There is no action ${id.slice(0, 64)} (any more).`);
    }
    if (action.finishedAt === null) res.set('Retry-After', '1');
    res.set('Cache-Control', 'no-store').json(viewAction(action));
  });

  return router;
}

/**
 * The kinds of a filter whose jobs the caller may run again: those that its key may post, and a named one must be among
 * them. Rejects with forbidden, and with quota_exceeded where its own jobs would be more than may wait.
 */
async function kindsToRun(
  req: Request,
  { kinds, caller }: { kinds: readonly string[]; caller: string | null },
  { contracts, quotas }: BulkDeps,
  jobs: number,
): Promise<readonly string[]> {
  const own = callerOf(req);
  const isPosted = (kind: string) => contracts.find((contract) => contract.kind === kind)?.accepts !== 'none';
  const mayRun = (kind: string) => own.scopes.has('admin') || own.scopes.has(kind) || !isPosted(kind);
  const [only] = kinds.length === 1 ? kinds : [];
  if (only !== undefined && isPosted(only)) assertScope(req, only, 'admin');
  const runnable = kinds.filter(mayRun);
  for (const kind of caller === own.name ? runnable : []) {
    const letGo = await quotas.hold(own, kind, { ...NO_USAGE, jobs });
    letGo();
  }
  return runnable;
}

type GivenFilter = z.infer<ReturnType<typeof bulkSchema>>['filter'];

/** The filter of a request's caller; throws forbidden for the jobs of others. */
function toFilter(
  req: Request,
  kinds: readonly string[],
  { caller, kind, state, q, createdAfter, createdBefore, ...rest }: GivenFilter,
): Omit<BulkFilter, 'createdTo'> & { createdTo?: number } {
  return {
    ...rest,
    ...(q === undefined ? {} : { text: q }),
    caller: callerAskedFor(req, caller),
    // Those that were made last first: the webhooks of a job go with it.
    kinds: kind === undefined ? kinds.toReversed() : [kind],
    states: state === undefined ? JOB_STATES : [state],
    ...(createdAfter === undefined ? {} : { createdFrom: Date.parse(createdAfter) + 1 }),
    ...(createdBefore === undefined ? {} : { createdTo: Date.parse(createdBefore) - 1 }),
  };
}

/** What is shown of an action. */
const viewAction = ({ id, verb, total, done, createdAt, finishedAt }: BulkAction) => ({
  id,
  action: verb,
  state: finishedAt === null ? 'running' : 'completed',
  total,
  done,
  skipped: finishedAt === null ? 0 : Math.max(0, total - done),
  createdAt: new Date(createdAt).toISOString(),
  finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
});
