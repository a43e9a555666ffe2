import { maskSecrets } from '../logs/mask.ts';
import { type Guards, NO_GUARDS } from '../redis/guards.ts';
import { auditKey } from '../redis/keys.ts';
import type { Redis } from '../redis/script.ts';
import type { AuditAction } from './audit-actions.ts';

/** Of each of the streams; a little more until Redis trims. */
const MOST_ENTRIES = 10_000;
const KEPT_MS = 90 * 86_400_000;
const READ_AT_ONCE = 500;
const LONGEST_TARGET = 300;

/**
 * How somebody asked: with an API key, with an upload token of that key's, in a browser (that is signed in with it), or on the command line of the machine; `background`
 * for the end of what was asked for before.
 */
export const AUDIT_WAYS = ['key', 'token', 'session', 'cli', 'background'] as const;

/** Something that was done. */
export interface AuditFact {
  action: AuditAction;
  /** The name of a key; on the command line that of the user of the machine; empty for who has none. */
  who: string;
  by: (typeof AUDIT_WAYS)[number];
  /** To what: an id, a name, a filter in words; null where the action says it. Addresses of people are masked. */
  target: string | null;
  /** To how many; null where it is one. */
  count: number | null;
  /** Where the request came from, and its name. */
  address: string | null;
  requestId: string | null;
}

/** The same, as it stands in the log; `at` is RFC 3339. */
export interface AuditEntry extends AuditFact {
  id: string;
  at: string;
}

/** Which entries are asked for. Times are milliseconds since the epoch. */
export interface AuditQuery {
  action?: AuditAction | undefined;
  who?: string | undefined;
  createdFrom?: number | undefined;
  createdTo?: number | undefined;
  /** The id of the entry that was seen last. */
  after?: string | undefined;
  limit: number;
}

/** Who did it: whoever has the scope `admin` or the command line, another caller, or somebody without a key. */
export type AuditActor = 'operator' | 'caller' | 'stranger';

/** Who did what, kept for 90 days. */
export interface AuditLog {
  /** Adds an entry of what that one did. */
  add(fact: AuditFact, by: AuditActor): Promise<void>;
  /** Lists entries, newest first, and whether there are more. */
  list(query: AuditQuery): Promise<{ entries: AuditEntry[]; goesOn: boolean }>;
}

/**
 * By who may fill them, so that a caller washes away nothing that an operator did, and a stranger nothing at all; what is done to
 * single jobs, uploads and tokens, which programs do often, lies apart from the rest. Their numbers stand in ids: a new one comes last.
 */
const STREAMS = ['rest', 'jobs', 'own', 'operators-jobs', 'strangers'] as const;
const OF_JOBS = /^(?:job|upload|token)\./;

function streamOf(action: AuditAction, by: AuditActor): (typeof STREAMS)[number] {
  if (by === 'stranger') return 'strangers';
  const isOfJob = OF_JOBS.test(action);
  if (by === 'operator') return isOfJob ? 'operators-jobs' : 'rest';
  return isOfJob ? 'jobs' : 'own';
}

/** Makes the log over a connection; `guards` are those of the connection, where it has some. */
export function createAuditLog(redis: Redis, guards: Guards = NO_GUARDS): AuditLog {
  const readStream = async (stream: number, query: AuditQuery): Promise<AuditEntry[]> => {
    const found: AuditEntry[] = [];
    let end = endOf(stream, query);
    // Redis trims when something is added, and not all at once.
    const start = Math.max(query.createdFrom ?? 0, Date.now() - KEPT_MS);
    while (found.length <= query.limit) {
      const page = await redis.xrevrange(auditKey(STREAMS[stream] as string), end, start, 'COUNT', READ_AT_ONCE);
      found.push(...page.flatMap((entry) => readEntry(stream, entry)).filter((entry) => isAskedFor(entry, query)));
      const [last] = page.at(-1) ?? [];
      if (last === undefined || page.length < READ_AT_ONCE) break;
      end = `(${last}`;
    }
    return found;
  };

  return {
    add: async (fact, by) => {
      const target = fact.target === null ? null : maskSecrets(fact.target).slice(0, LONGEST_TARGET);
      const key = auditKey(streamOf(fact.action, by));
      const text = JSON.stringify({ ...fact, target });
      await redis
        .pipeline()
        .xadd(key, 'MAXLEN', '~', MOST_ENTRIES, '*', 'fact', text)
        .xtrim(key, 'MINID', '~', Date.now() - KEPT_MS)
        .exec()
        .then((answers) => {
          const [error] = answers?.flatMap(([fault]) => fault ?? []) ?? [];
          if (error) throw error;
        });
    },
    list: guards.read(async (query) => {
      const found = (await Promise.all(STREAMS.map((_name, stream) => readStream(stream, query)))).flat();
      const entries = found.sort(newestFirst).slice(0, query.limit);
      return { entries, goesOn: found.length > query.limit };
    }),
  };
}

/** `<stream>.<ms>-<number>`: what two streams gave in one moment has two ids. */
const ID = /^([0-4])\.(\d{1,15})-(\d{1,9})$/;

/** Whether a text is an entry's id. */
export const isAuditId = (text: string): boolean => ID.test(text);

const partsOf = (id: string): number[] => (ID.exec(id) ?? []).slice(1).map(Number);

function newestFirst(a: AuditEntry, b: AuditEntry): number {
  const [[streamA = 0, msA = 0, numberA = 0], [streamB = 0, msB = 0, numberB = 0]] = [partsOf(a.id), partsOf(b.id)];
  return msB - msA || numberB - numberA || streamA - streamB;
}

/** Where a stream is read from: behind the entry that was seen last. */
function endOf(stream: number, { after, createdTo }: AuditQuery): string | number {
  const [seen = 0, ms = 0, number = 0] = after === undefined ? [] : partsOf(after);
  if (after === undefined || (createdTo !== undefined && createdTo < ms)) return createdTo ?? '+';
  return stream <= seen ? `(${ms}-${number}` : `${ms}-${number}`;
}

function readEntry(stream: number, [id, fields]: [string, string[]]): AuditEntry[] {
  try {
    const fact = JSON.parse(fields[1] ?? '') as AuditFact;
    return [{ ...fact, id: `${stream}.${id}`, at: new Date(Number.parseInt(id, 10)).toISOString() }];
  } catch {
    // Not ours.
    return [];
  }
}

const isAskedFor = ({ action, who }: AuditFact, query: AuditQuery): boolean =>
  (query.action === undefined || action === query.action) && (query.who === undefined || who === query.who);
