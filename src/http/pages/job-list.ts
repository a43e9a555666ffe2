import { Router } from 'express';
import type { Endpoints } from '../../endpoints/store.ts';
import type { JobContract } from '../../jobs/contract.ts';
import { JOB_STATES, type JobState, type StoredJob } from '../../jobs/stored-job.ts';
import { formatLabel, formatTime } from '../../kinds/formats.ts';
import type { KindPages } from '../../kinds/page.ts';
import type { Producer } from '../../queue/producer/producer.ts';
import { createListingReader } from '../api/listing.ts';
import { callerOf } from '../auth/identify.ts';
import { pausedSentence, STATE_NAMES, stateNameOf, titleOf } from './job-words.ts';
import type { Views } from './views.ts';
import { describeEndpoint } from './webhooks/endpoint-words.ts';

/** A choice of a filter; `value` is '' for "all". */
interface Choice {
  value: string;
  text: string;
}

interface Filter {
  name: 'kind' | 'state';
  label: string;
  chosen: string;
  choices: Choice[];
}

/** One job of the list, every text ready. */
interface JobRow {
  id: string;
  title: string;
  kindName: string;
  state: JobState;
  stateName: string;
  /** RFC 3339, and the same for people. */
  createdAt: string;
  created: string;
  /** Who posted it, where several callers' jobs are shown. */
  caller: string | null;
}

export interface JobListData {
  filters: Filter[];
  /** Further filters, of the address alone; another choice keeps them. */
  kept: { name: string; value: string }[];
  rows: JobRow[];
  /** Why jobs on this page do not go on. */
  paused: string[];
  /** The caller's webhook endpoints that are paused for a reason that is not the caller's own. */
  pausedEndpoints: { name: string; sentence: string }[];
  /** What is said in place of rows. */
  nothing: string;
  /** Where older jobs are; null when these are the oldest. */
  olderUrl: string | null;
  /** Where the list begins; null when it does here. */
  newestUrl: string | null;
  /** Whether the list is read again by itself: the newest of all, which are quickly found. */
  isLive: boolean;
}

export interface JobListDeps {
  pages: KindPages;
  contracts: readonly JobContract[];
  endpoints: Pick<Endpoints, 'list'>;
  producer: Producer;
  views: Views;
}

/** `/jobs`: the caller's jobs (an operator's: everybody's), newest first, page by page. */
export function createJobListRouter({ contracts, endpoints, pages, producer, views }: JobListDeps): Router {
  const router = Router();
  const show = views.page<JobListData>('jobs');
  const readListing = createListingReader({ contracts, producer });

  router.get('/jobs', async (req, res) => {
    // A filter that was left at "all" is an empty text in the form's address.
    const query = Object.fromEntries(Object.entries(req.query).filter(([, value]) => value !== ''));
    const { jobs, cursor } = await readListing(req, query);
    const held = jobs.filter(({ waitingOn }) => waitingOn === 'pause');
    const { name: caller, scopes } = callerOf(req);
    const isAdmin = scopes.has('admin');
    const told = (await endpoints.list(caller)).map(describeEndpoint);
    const filters = describeFilters(contracts, query);
    const { cursor: older, ...kept } = query;
    const isFiltered = Object.keys(kept).some((name) => name !== 'limit');
    show(
      req,
      res,
      { title: 'Jobs' },
      {
        filters,
        kept: Object.entries(kept).flatMap(([name, value]) => (isChoice(name) ? [] : [{ name, value: String(value) }])),
        rows: jobs.map((job) => describeRow(job, pages.get(job.kind)?.name ?? job.kind, isAdmin)),
        paused: [...new Set(held.map(({ kind }) => kind))].map(pausedSentence),
        pausedEndpoints: told.filter(({ isPaused, isTrouble }) => isPaused && isTrouble),
        nothing: nothingOf({ isFiltered, isOlder: older !== undefined, goesOn: cursor !== null }),
        olderUrl: cursor && listUrl({ ...kept, cursor }),
        newestUrl: older === undefined ? null : listUrl(kept),
        isLive: !isFiltered && older === undefined,
      },
    );
  });

  return router;
}

const isChoice = (name: string): boolean => name === 'kind' || name === 'state';

const listUrl = (query: Record<string, unknown>): string => {
  const text = new URLSearchParams(query as Record<string, string>).toString();
  return text ? `/jobs?${text}` : '/jobs';
};

function describeFilters(contracts: readonly JobContract[], query: Record<string, unknown>): Filter[] {
  const all = { value: '', text: 'All' };
  const kinds = contracts.map(({ kind }) => ({ value: kind, text: formatLabel(kind) }));
  const states = JOB_STATES.map((state) => ({ value: state, text: STATE_NAMES[state] }));
  return [
    { name: 'kind', label: 'Kind', chosen: String(query.kind ?? ''), choices: [all, ...kinds] },
    { name: 'state', label: 'State', chosen: String(query.state ?? ''), choices: [all, ...states] },
  ];
}

/** A filtered page may be empty although older jobs are there: it looks at so many jobs only. */
function nothingOf({ isFiltered, isOlder, goesOn }: Record<'isFiltered' | 'isOlder' | 'goesOn', boolean>): string {
  if (goesOn) return 'None of the jobs looked at so far is of that sort. Older ones may be.';
  if (isFiltered) return 'No job is of that sort.';
  return isOlder ? 'There are no older jobs.' : 'No jobs yet. What is posted is listed here.';
}

function describeRow(job: StoredJob, kindName: string, showsCaller: boolean): JobRow {
  const createdAt = new Date(job.createdAt).toISOString();
  return {
    id: job.id,
    title: titleOf(job),
    kindName,
    state: job.state,
    stateName: stateNameOf(job),
    createdAt,
    created: formatTime(createdAt),
    caller: showsCaller ? job.envelope.caller : null,
  };
}
