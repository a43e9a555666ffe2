import type { Request } from 'express';
import { z } from 'zod';
import { ERROR_CODES, type ErrorCode } from '../../../errors.ts';
import {
  choiceField,
  lineField,
  listField,
  listWords,
  momentField,
  textField,
  wholeNumberField,
} from '../../../fields/fields.ts';
import { invalidFields } from '../../../fields/invalid-request.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { JOB_STATES } from '../../../jobs/stored-job.ts';
import { NO_USAGE } from '../../../jobs/usage.ts';
import type { Quotas } from '../../../keys/quotas.ts';
import { BULK_ACTIONS, type BulkAction, type BulkActions, type BulkFilter } from '../../../queue/bulk/bulk-actions.ts';
import { noteAudit } from '../../access/audit.ts';
import { assertScope, callerOf } from '../../auth/identify.ts';
import {
  BESIDE_BATCH,
  BESIDE_SCHEDULE,
  batchField,
  callerAskedFor,
  isAloneWithSchedule,
  MAX_IDS,
  wordsField,
} from '../listing.ts';
import { scheduleName } from '../schedules/schedule-fields.ts';

const MOST_JOBS = 100_000_000;
const ERROR_WORDS = Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]];

export interface BulkRequestDeps {
  contracts: readonly JobContract[];
  bulkActions: BulkActions;
  quotas: Pick<Quotas, 'hold'>;
}

/** Makes the schema of `POST /v1/jobs/actions`; OpenAPI is made of it too. */
export function bulkSchema(kinds: readonly string[]) {
  const fields = z.strictObject({
    caller: textField(64).optional().meta({ description: 'Whose jobs; for the scope `admin`, else your own name.' }),
    kind: z.enum(kinds, `must be ${listWords(kinds)}`).optional(),
    state: choiceField(...JOB_STATES)
      .optional()
      .meta({ description: 'Without it: all in which the action is possible.' }),
    subject: textField(255).optional(),
    tag: textField(64).optional(),
    batch: batchField.optional().meta({ description: 'The id of a batch; not beside `subject`.' }),
    schedule: scheduleName.optional().meta({
      description: 'What the schedule of this name has made; not beside `batch` or `subject`.',
    }),
    error: z.enum(ERROR_WORDS, 'must be an error code, such as image_unreadable').optional(),
    q: wordsField.optional().meta({ description: 'Words that they have, as a listing finds them.' }),
    createdAfter: momentField.optional(),
    createdBefore: momentField.optional(),
    ids: listField(lineField(64), 1, MAX_IDS)
      .optional()
      .meta({ description: 'These alone; what is gone of them does not count.' }),
  });
  const filter = fields
    .refine(({ batch, subject }) => batch === undefined || subject === undefined, BESIDE_BATCH)
    .refine(({ batch, schedule, subject }) => isAloneWithSchedule({ batch, schedule, subject }), BESIDE_SCHEDULE);
  return z.strictObject({
    action: choiceField(...BULK_ACTIONS),
    filter: filter.meta({ description: 'What the jobs have in common; all of it narrows, and `{}` is every job.' }),
    expect: wholeNumberField(0, MOST_JOBS).meta({
      description: 'How many jobs you take it to be. Where another number matches nothing is done: 409 with `count`.',
    }),
  });
}

/** What is asked for: an action, which jobs, and how many they are thought to be. */
export type BulkBody = z.infer<ReturnType<typeof bulkSchema>>;

/** Actions on many jobs, on behalf of a request's caller. */
export interface BulkRequests {
  /** Reads what is asked for; throws invalid_request with every fault in it. */
  read(body: unknown): BulkBody;
  /** Counts the jobs that the caller may do it to. Throws forbidden, and rate_limited while others of its are counted. */
  count(req: Request, body: BulkBody): Promise<number>;
  /** Accepts it. Rejects as `BulkActions.begin`, and with forbidden and quota_exceeded. */
  begin(req: Request, body: BulkBody): Promise<BulkAction>;
}

/** Made once; the API and the pages share it. */
export function createBulkRequests(deps: BulkRequestDeps): BulkRequests {
  const { contracts, bulkActions } = deps;
  const kinds = contracts.map(({ kind }) => kind);
  const schema = bulkSchema(kinds);
  const namesAt = ([part]: readonly PropertyKey[]): string[] =>
    Object.keys(part === 'filter' ? schema.shape.filter.shape : schema.shape);
  const filterOf = async (req: Request, { action, filter }: BulkBody, jobs: number) => {
    const wanted = toFilter(req, kinds, filter);
    return action === 'retry' ? { ...wanted, kinds: await kindsToRun(req, wanted, deps, jobs) } : wanted;
  };
  return {
    read(body) {
      const parsed = schema.safeParse(body ?? {});
      if (!parsed.success) throw invalidFields(parsed.error.issues, namesAt);
      return parsed.data;
    },
    async count(req, body) {
      const filter = await filterOf(req, body, 0);
      return bulkActions.count({ caller: callerOf(req).name, verb: body.action, filter });
    },
    async begin(req, body) {
      const filter = await filterOf(req, body, body.expect);
      const action = await bulkActions.begin({
        ...{ caller: callerOf(req).name, verb: body.action, filter, expect: body.expect },
      });
      const target = `${describeFilter(body.filter)} ${action.id}`.trim();
      noteAudit(req, { action: `jobs.${body.action}`, target, count: action.total });
      return action;
    },
  };
}

/**
 * The kinds of a filter whose jobs the caller may run again: those that its key may post, and a named one must be among
 * them. Rejects with forbidden, and with quota_exceeded where its own jobs would be more than may wait.
 */
async function kindsToRun(
  req: Request,
  { kinds, caller }: { kinds: readonly string[]; caller: string | null },
  { contracts, quotas }: BulkRequestDeps,
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

/** A filter as the audit log has it; whom it is about is not said. */
const describeFilter = ({ ids, subject, q, ...filter }: BulkBody['filter']): string => {
  const named = {
    ...filter,
    ...(ids ? { ids: ids.length } : {}),
    ...(subject === undefined ? {} : { subject: '(one)' }),
    ...(q === undefined ? {} : { q: '(words)' }),
  };
  return Object.entries(named)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
};

/** The filter of a request's caller; throws forbidden for the jobs of others. */
function toFilter(
  req: Request,
  kinds: readonly string[],
  { caller, kind, state, q, createdAfter, createdBefore, ...rest }: BulkBody['filter'],
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
