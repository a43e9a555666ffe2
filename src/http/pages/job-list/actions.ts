import { type Request, type Response, Router } from 'express';
import { toAppError } from '../../../errors.ts';
import { formatLabel, formatNumber, formatTime } from '../../../kinds/formats.ts';
import type { BulkAction, BulkActions, BulkVerb } from '../../../queue/bulk/bulk-actions.ts';
import { type ActOnce, readAction } from '../../actions/act-once.ts';
import type { Notices } from '../../actions/notices.ts';
import { findAction } from '../../api/bulk/bulk.ts';
import type { BulkBody, BulkRequests } from '../../api/bulk/bulk-request.ts';
import { sendOn } from '../../public-path.ts';
import { STATE_NAMES } from '../job-words.ts';
import type { Views } from '../views.ts';
import { type ListQuery, listUrl, readQuery } from './filters.ts';

/** The question before an action, every text ready. */
export interface AskData {
  title: string;
  /** Which jobs these are, in words. */
  which: string[];
  /** What becomes of them. */
  meaning: string;
  count: number;
  button: string;
  isDangerous: boolean;
  fields: [name: string, value: string][];
  /** The list of these jobs. */
  backUrl: string;
}

/** How far an action is, every text ready. */
export interface ActionData {
  title: string;
  sentence: string;
  total: number;
  /** How many were done; null once it has ended. */
  done: number | null;
  /** A way on: the same jobs, to be run again. */
  next: { name: string; url: string } | null;
  /** What is said of the way back where there is none. */
  remark: string | null;
}

export interface ActionPagesDeps {
  actOnce: ActOnce;
  notices: Pick<Notices, 'leave'>;
  bulkActions: BulkActions;
  bulkRequests: BulkRequests;
  views: Views;
}

const WORDS: Readonly<Record<BulkVerb, { ask: string; button: string; doing: string; done: string; meaning: string }>> =
  {
    cancel: {
      ask: 'Cancel',
      button: 'Cancel them',
      doing: 'Cancelling',
      done: 'cancelled',
      meaning: 'Those that wait do not run; those that run are stopped. They can be run again while they are kept.',
    },
    erase: {
      ask: 'Erase',
      button: 'Erase them',
      doing: 'Erasing',
      done: 'erased',
      meaning:
        'They are removed for good: what was sent, what was made of it, and their records. There is no way back.',
    },
    retry: {
      ask: 'Run again',
      button: 'Run them again',
      doing: 'Running again',
      done: 'put back in line',
      meaning:
        'They run again with all their attempts. Those that could not end otherwise, such as an unreadable image, stay as they are.',
    },
  };
const REFRESH_SECONDS = 1;

/** `/jobs/actions`: the question before an action on many jobs, and how far one is. */
export function createActionPagesRouter(deps: ActionPagesDeps): Router {
  const { actOnce, bulkActions, bulkRequests, notices, views } = deps;
  const router = Router();
  const showQuestion = views.page<AskData>('jobs-ask');
  const showAction = views.page<ActionData>('jobs-action');

  const ask = async (req: Request, res: Response, asked: object) => {
    const body = bulkRequests.read({ ...bodyOf(asked), expect: 0 });
    const data = describeQuestion(body, await bulkRequests.count(req, body));
    showQuestion(req, res, { title: data.title }, data);
  };

  router.get('/jobs/actions', async (req, res) => {
    const { chosen, ...asked } = req.query;
    // Without this, none chosen would be all.
    if (chosen !== undefined && asked['ids'] === undefined) {
      notices.leave(res, 'No job was chosen, so nothing was done.');
      return sendOn(res, '/jobs');
    }
    await ask(req, res, asked);
  });

  router.post('/jobs/actions', readAction, async (req, res) => {
    const { formToken: _, ...typed } = (req.body ?? {}) as Record<string, unknown>;
    const body = bulkRequests.read(bodyOf(typed));
    await actOnce(req, res, async () => {
      try {
        const { id } = await bulkRequests.begin(req, body);
        return { location: `/jobs/actions/${id}` };
      } catch (error) {
        if (toAppError(error).count === undefined) throw error;
        return {
          location: listUrl(queryOf(body), '/jobs/actions'),
          notice: 'Nothing was done: meanwhile it is another number of jobs.',
        };
      }
    });
  });

  router.get('/jobs/actions/:id', async (req, res) => {
    const action = await findAction(req, bulkActions);
    const data = describeAction(action);
    const frame = { title: data.title, ...(action.finishedAt === null ? { refreshSeconds: REFRESH_SECONDS } : {}) };
    showAction(req, res, frame, data);
  });

  return router;
}

/** The body of the API that an address or a form stands for: its filter's fields lie beside the action. */
function bodyOf(asked: object): object {
  const { action, expect, ids, ...filter } = readQuery(asked) as Record<string, unknown>;
  const named = ids === undefined ? {} : { ids: [ids].flat().flatMap((id) => String(id).split(',')) };
  return { action, filter: { ...filter, ...named }, ...(expect === undefined ? {} : { expect: Number(expect) }) };
}

/** The address that asks for the same. */
function queryOf({ action, filter: { ids, ...filter } }: Pick<BulkBody, 'action' | 'filter'>): ListQuery {
  const texts = Object.entries(filter).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]]));
  return { action, ...Object.fromEntries(texts), ...(ids ? { ids: ids.join(',') } : {}) };
}

const jobsOf = (count: number): string => (count === 1 ? '1 job' : `${formatNumber(count)} jobs`);

function describeQuestion(body: BulkBody, count: number): AskData {
  const { ask, button, meaning } = WORDS[body.action];
  const { action: _, ...list } = queryOf(body);
  return {
    title: count === 0 ? 'No job is of that sort' : `${ask}: ${jobsOf(count)}?`,
    which: describeWhich(body.filter),
    meaning,
    count,
    button,
    isDangerous: body.action === 'erase',
    fields: [...Object.entries(queryOf(body)), ['expect', String(count)]],
    backUrl: listUrl(list),
  };
}

function describeWhich(filter: BulkBody['filter']): string[] {
  const { ids, kind, state, createdAfter, createdBefore, error, tag, batch, schedule, subject, caller, q } = filter;
  const moment = (text: string) => formatTime(new Date(text).toISOString());
  const lines: (string | undefined)[] = [
    ids && `Chosen one by one: ${formatNumber(ids.length)}`,
    kind && `Kind: ${formatLabel(kind)}`,
    state && `State: ${STATE_NAMES[state]}`,
    error && `Error: ${error}`,
    q && `With the words: ${q}`,
    tag && `Tag: ${tag}`,
    batch && `Batch: ${batch}`,
    schedule && `Schedule: ${schedule}`,
    subject && `About: ${subject}`,
    caller && `Posted by: ${caller}`,
    createdAfter && `Posted after ${moment(createdAfter)}`,
    createdBefore && `Posted before ${moment(createdBefore)}`,
  ];
  return lines.filter((line) => typeof line === 'string');
}

function describeAction(action: BulkAction): ActionData {
  const { verb, total, done, finishedAt } = action;
  const words = WORDS[verb];
  if (finishedAt === null) {
    return {
      ...{ title: `${words.doing} ${jobsOf(total)}`, total, done, next: null, remark: null },
      sentence: `${formatNumber(done)} of ${formatNumber(total)} so far.`,
    };
  }
  const left = Math.max(0, total - done);
  const others = `${jobsOf(left)} ${left === 1 ? 'was' : 'were'} left alone: not what ${left === 1 ? 'it' : 'they'} had been when the turn came, or of no use to run again.`;
  return {
    title: `${jobsOf(done)} ${words.done}`,
    sentence: left === 0 ? 'That is all of them.' : others,
    total,
    done: null,
    next: verb === 'cancel' && done > 0 ? { name: 'Run them again…', url: againUrl(action) } : null,
    remark: verb === 'erase' && done > 0 ? 'What was erased is gone: there is no way back.' : null,
  };
}

/** Where the cancelled jobs of an action can be run again. */
function againUrl({ filter }: BulkAction): string {
  const { caller, kinds, batch, schedule, subject, tag, text, ids, createdFrom, createdTo } = filter;
  const [kind] = kinds.length === 1 ? kinds : [];
  const query = {
    ...{ action: 'retry', state: 'cancelled', caller: caller ?? undefined, kind, batch, subject, tag },
    ...{ schedule, q: text },
    ids: ids?.join(','),
    createdAfter: createdFrom === undefined ? undefined : new Date(createdFrom - 1).toISOString(),
    createdBefore: new Date(createdTo + 1).toISOString(),
  };
  const given = Object.entries(query).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return listUrl(Object.fromEntries(given) as ListQuery, '/jobs/actions');
}
