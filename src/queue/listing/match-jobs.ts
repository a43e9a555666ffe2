import type { Redis } from 'ioredis';
import type { ErrorCode } from '../../errors.ts';
import type { JobState } from '../../jobs/stored-job.ts';
import { indexKey, jobKey, queueKeys, tagIndex } from '../../redis/keys.ts';
import { matchJobsScript, walkJobsScript } from '../scripts/match-jobs.ts';
import type { JobIndex, Position } from './job-index.ts';
import { searchWords } from './search-text.ts';

/** Jobs that are looked at in one step: a few milliseconds of Redis. */
export const LOOKED_AT_ONCE = 1000;

/** What jobs have in common, beside the index in which they stand. */
export interface JobMatch {
  /** Any, unless given. */
  states?: readonly JobState[] | undefined;
  /** How they ended. */
  error?: ErrorCode | undefined;
  /** Words that their id, facts, tags, subject, error or caller have, each of them somewhere. */
  text?: string | undefined;
  batch?: string | undefined;
  subject?: string | undefined;
  schedule?: string | undefined;
  tag?: string | undefined;
}

/** Whether the index alone does not say it. */
export const isNarrowed = ({ states, error, text, tag, ...named }: JobMatch): boolean =>
  states !== undefined || error !== undefined || text !== undefined || (tag !== undefined && isIndexed(named));

/** Whether another index than that of the tag is walked. */
const isIndexed = ({ batch, subject, schedule }: JobMatch): boolean =>
  [batch, subject, schedule].some((name) => name !== undefined);

/** Tells which of some jobs of an index match; reads ids, places and a few short texts alone. */
export async function matchJobs(
  redis: Redis,
  kind: string,
  match: JobMatch,
  { ids, index }: { ids: readonly string[]; index: JobIndex },
): Promise<string[]> {
  if (ids.length === 0) return [];
  const { keys, args } = asked(kind, match, index);
  return (await matchJobsScript(redis, keys, [...args, ...ids])) as string[];
}

/** Where a step of a walk begins, and how many jobs it is to find. */
export interface Step {
  after: Position | null;
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
  wanted: number;
}

/** What a step found, newest first, the last job that it looked at, and whether there may be more behind it. */
export interface Walked {
  entries: Position[];
  last: Position | null;
  goesOn: boolean;
  /** How long Redis worked for it. */
  workedMs: number;
}

/** Looks at the next jobs of an index, newest first, and finds those that match. */
export async function walkIndex(
  redis: Redis,
  kind: string,
  match: JobMatch,
  { index, after, createdFrom, createdTo, wanted }: Step & { index: JobIndex },
): Promise<Walked> {
  const { keys, args } = asked(kind, match, index);
  const newest = Math.min(after?.createdAt ?? Number.POSITIVE_INFINITY, createdTo ?? Number.POSITIVE_INFINITY);
  const isBehind = after !== null && after.createdAt === newest;
  const range = [Number.isFinite(newest) ? newest : '+inf', createdFrom ?? '-inf', isBehind ? after.id : ''];
  const step = [...args, ...range, LOOKED_AT_ONCE, wanted];
  const answer = (await walkJobsScript(redis, [...keys, index.key], step)) as (number | string)[];
  const [more, lastScore, lastId, workedMs, ...found] = answer;
  const entries: Position[] = [];
  for (let place = 0; place < found.length; place += 2) {
    entries.push({ id: String(found[place]), createdAt: Number(found[place + 1]) });
  }
  const last = lastId ? { id: String(lastId), createdAt: Number(lastScore) } : null;
  return { entries, last, goesOn: more === 1, workedMs: Number(workedMs) };
}

/** The keys and the first arguments of both scripts. */
function asked(kind: string, { states, error, text = '', tag, ...named }: JobMatch, index: JobIndex) {
  // Where there is no other, it is the tag's index that is walked.
  const besideTag = isIndexed(named) ? tag : undefined;
  const tagKey = besideTag === undefined ? index.key : indexKey(kind, tagIndex(index.caller ?? '', besideTag));
  const stateWords = states ? `,${states.join(',')},` : '';
  return {
    keys: [...queueKeys(kind, 'completed', 'failed', 'delayed', 'active'), tagKey],
    args: [jobKey(kind, ''), stateWords, error ?? '', besideTag === undefined ? 0 : 1, searchWords(text)],
  };
}
