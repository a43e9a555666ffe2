import type { JobContract } from '../../../jobs/contract.ts';
import { JOB_STATES } from '../../../jobs/stored-job.ts';
import { formatLabel } from '../../../kinds/formats.ts';
import { STATE_NAMES } from '../job-words.ts';

/** A choice of a filter; `value` is '' for "all". */
export interface Choice {
  value: string;
  text: string;
}

/** A filter that the page has a list of choices for. */
export interface Filter {
  name: 'kind' | 'state' | 'within';
  label: string;
  chosen: string;
  choices: Choice[];
}

/** A filter that the address alone has, in words, and the address without it. */
export interface Chip {
  text: string;
  withoutUrl: string;
}

/** What an address asks for: the fields of `GET /v1/jobs`, and `within`, the time that has passed since. */
export type ListQuery = Readonly<Record<string, string>>;

const WITHIN_MS: Readonly<Record<string, number>> = { hour: 3_600_000, day: 86_400_000, week: 7 * 86_400_000 };
const WITHIN: readonly Choice[] = [
  { value: '', text: 'Any time' },
  { value: 'hour', text: 'Last hour' },
  { value: 'day', text: 'Last day' },
  { value: 'week', text: 'Last week' },
];
/** What the form of the filters has a control for. */
const IN_THE_FORM = ['q', 'kind', 'state', 'within'];
/** What is no filter. */
const OF_THE_PAGE = ['limit', 'cursor'];
/** What is said before the value of another filter, where that is not its name. */
const CHIP_WORDS: Readonly<Record<string, string>> = {
  caller: 'of',
  subject: 'about',
  createdAfter: 'after',
  createdBefore: 'before',
};

/** Reads an address: a field that was left empty is none. */
export const readQuery = (query: object): ListQuery =>
  Object.fromEntries(Object.entries(query).filter(([, value]) => value !== ''));

/** What the API is asked for; `within` counts from that moment (ms). */
export function toApiQuery({ within, ...query }: ListQuery, now: number): ListQuery {
  const ms = within === undefined ? undefined : WITHIN_MS[within];
  if (ms === undefined) return within === undefined ? query : { ...query, within };
  return { ...query, createdAfter: new Date(now - ms).toISOString() };
}

/** The address of a list of jobs; `path` is that of another page about the same jobs. */
export function listUrl(query: ListQuery, path = '/jobs'): string {
  const text = new URLSearchParams(query).toString();
  return text ? `${path}?${text}` : path;
}

/** The lists of choices beside the search. */
export function describeFilters(contracts: readonly JobContract[], query: ListQuery): Filter[] {
  const all = { value: '', text: 'All' };
  const kinds = contracts.map(({ kind }) => ({ value: kind, text: formatLabel(kind) }));
  const states = JOB_STATES.map((state) => ({ value: state, text: STATE_NAMES[state] }));
  return [
    { name: 'kind', label: 'Kind', chosen: query['kind'] ?? '', choices: [all, ...kinds] },
    { name: 'state', label: 'State', chosen: query['state'] ?? '', choices: [all, ...states] },
    { name: 'within', label: 'Posted', chosen: query['within'] ?? '', choices: [...WITHIN] },
  ];
}

/** The filters that have no list of choices. */
export const describeChips = (query: ListQuery): Chip[] =>
  Object.entries(query).flatMap(([name, value]) => {
    if (IN_THE_FORM.includes(name) || OF_THE_PAGE.includes(name)) return [];
    const { [name]: _, cursor: _cursor, ...rest } = query;
    return [{ text: `${CHIP_WORDS[name] ?? name} ${value}`, withoutUrl: listUrl(rest) }];
  });

/** The fields that the form of the filters has no control for, and keeps. */
export const keptFields = (query: ListQuery): { name: string; value: string }[] =>
  Object.entries(query).flatMap(([name, value]) =>
    IN_THE_FORM.includes(name) || name === 'cursor' ? [] : [{ name, value }],
  );
