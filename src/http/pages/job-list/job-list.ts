import { type Request, Router } from 'express';
import { now } from '../../../clock.ts';
import type { Endpoints } from '../../../endpoints/store.ts';
import type { JobContract } from '../../../jobs/contract.ts';
import { hasEnded, type StoredJob } from '../../../jobs/stored-job.ts';
import type { KindPages } from '../../../kinds/page.ts';
import type { Producer } from '../../../queue/producer/producer.ts';
import { createListingReader } from '../../api/listing.ts';
import { callerOf } from '../../auth/identify.ts';
import { pausedSentence } from '../job-words.ts';
import type { Views } from '../views.ts';
import { describeEndpoint } from '../webhooks/endpoint-words.ts';
import {
  type Chip,
  describeChips,
  describeFilters,
  type Filter,
  keptFields,
  type ListQuery,
  listUrl,
  readQuery,
  toApiQuery,
} from './filters.ts';
import { describeRow, type JobRow } from './row.ts';

export interface JobListData {
  /** The words that are searched for. */
  words: string;
  filters: Filter[];
  /** Further filters, of the address alone; another choice keeps them. */
  kept: { name: string; value: string }[];
  chips: Chip[];
  rows: JobRow[];
  /** Why jobs on this page do not go on. */
  paused: string[];
  /** The caller's webhook endpoints that are paused for a reason that is not the caller's own. */
  pausedEndpoints: { name: string; sentence: string }[];
  /** What is said in place of rows. */
  nothing: string;
  /** What is said below the rows; null for nothing. */
  remark: string | null;
  /** Where older jobs are; null when these are the oldest. */
  olderUrl: string | null;
  /** Where the list begins; null when it does here. */
  newestUrl: string | null;
  /** Whether the list is read again by itself: its newest page, and no search for words, which reads more. */
  isLive: boolean;
  /** Where the results of a batch are in one archive; null where the list is of no batch. */
  zipUrl: string | null;
  /** What can be done to all jobs that the filters name, and where that is asked. */
  allUrls: { name: string; url: string }[];
}

const REFRESH_SECONDS = 3;

export interface JobListDeps {
  pages: KindPages;
  contracts: readonly JobContract[];
  endpoints: Pick<Endpoints, 'list'>;
  producer: Producer;
  views: Views;
}

/** `/jobs`: the caller's jobs (an operator's: everybody's), newest first, page by page. */
export function createJobListRouter(deps: JobListDeps): Router {
  const { contracts, endpoints, pages, producer, views } = deps;
  const router = Router();
  const show = views.page<JobListData>('jobs');
  const readListing = createListingReader({ contracts, producer });

  const describe = async (req: Request): Promise<JobListData> => {
    const query = readQuery(req.query);
    const at = now();
    const { jobs, cursor } = await readListing(req, toApiQuery(query, at));
    const held = jobs.filter(({ waitingOn }) => waitingOn === 'pause');
    const { name: caller, scopes } = callerOf(req);
    const told = (await endpoints.list(caller)).map(describeEndpoint);
    const { cursor: older, ...kept } = query;
    return {
      words: query['q'] ?? '',
      filters: describeFilters(contracts, query),
      kept: keptFields(kept),
      chips: describeChips(query),
      rows: jobs.map((job) => describeRow(job, pages.get(job.kind)?.name ?? job.kind, scopes.has('admin'), at)),
      paused: [...new Set(held.map(({ kind }) => kind))].map(pausedSentence),
      pausedEndpoints: told.filter(({ isPaused, isTrouble }) => isPaused && isTrouble),
      nothing: nothingOf({ isFiltered: isFiltered(kept), isOlder: older !== undefined, goesOn: cursor !== null }),
      remark: remarkOf({ query, count: jobs.length, goesOn: cursor !== null }),
      olderUrl: cursor && listUrl({ ...kept, cursor }),
      newestUrl: older === undefined ? null : listUrl(kept),
      isLive: older === undefined && query['q'] === undefined,
      zipUrl: zipUrlOf(kept, jobs),
      allUrls: jobs.length > 0 ? describeActions(kept, at) : [],
    };
  };

  router.get('/jobs', async (req, res) => {
    const data = await describe(req);
    // Where a form without scripts leads to.
    const isFollowed = req.query['batch'] !== undefined && data.rows.some(({ state }) => !hasEnded(state));
    show(req, res, { title: 'Jobs', ...(isFollowed ? { refreshSeconds: REFRESH_SECONDS } : {}) }, data);
  });

  return router;
}

const zipUrlOf = ({ batch }: ListQuery, jobs: readonly StoredJob[]): string | null =>
  batch !== undefined && jobs.some(({ outcome }) => outcome?.files.length)
    ? listUrl({ batch }, '/v1/results.zip')
    : null;

const isFiltered = (kept: ListQuery): boolean => Object.keys(kept).some((name) => name !== 'limit');

/** A search that took its time may have found nothing although older jobs are there. */
function nothingOf({ isFiltered, isOlder, goesOn }: Record<'isFiltered' | 'isOlder' | 'goesOn', boolean>): string {
  if (goesOn) return 'None of the jobs looked at so far is of that sort. Older ones may be.';
  if (isFiltered) return 'No job is of that sort.';
  return isOlder ? 'There are no older jobs.' : 'No jobs yet. What is posted is listed here.';
}

const FULL_PAGE = 20;

function remarkOf(asked: { query: ListQuery; count: number; goesOn: boolean }): string | null {
  const { query, count, goesOn } = asked;
  const live = query['q'] === undefined ? '' : 'This page does not change by itself while words are searched for.';
  const isPart = goesOn && count > 0 && count < Number(query['limit'] ?? FULL_PAGE);
  const part = isPart ? 'These are those of the jobs looked at so far; Older looks further.' : '';
  return [part, live].filter(Boolean).join(' ') || null;
}

const CANCELLABLE: readonly (string | undefined)[] = [undefined, 'waiting', 'delayed', 'active'];
const RETRIABLE: readonly (string | undefined)[] = ['failed', 'cancelled'];

/** What the states asked for allow to be done to all of these jobs. `within` is said as a moment: the question names it. */
function describeActions(kept: ListQuery, at: number): JobListData['allUrls'] {
  const { limit: _limit, ...query } = toApiQuery(kept, at);
  const urlOf = (action: string) => listUrl({ action, ...query }, '/jobs/actions');
  const { state, error } = query;
  const isEnded = RETRIABLE.includes(state) || (state === undefined && error !== undefined);
  return [
    ...(isEnded ? [{ name: 'Run all again…', url: urlOf('retry') }] : []),
    ...(CANCELLABLE.includes(state) && error === undefined ? [{ name: 'Cancel all…', url: urlOf('cancel') }] : []),
    { name: 'Erase all…', url: urlOf('erase') },
  ];
}
