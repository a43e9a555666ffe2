import type { Redis } from 'ioredis';
import { isHeld } from '../../../jobs/retention/retention.ts';
import type { StoredJob } from '../../../jobs/stored-job.ts';
import { callerIndex, indexKey } from '../../../redis/keys.ts';
import { countFlowJobs } from '../../flows/flow-jobs.ts';
import { findEndedScript } from '../../scripts/find-ended.ts';
import { type EraseSomeDeps, eraseSome, readHeld, TOGETHER } from './erase-some.ts';
import type { Memory } from './memory.ts';
import { type EndedSet, readEndedSets, sampleTakers, sumOf, type Taker } from './takers.ts';

/** One round evicts at most so many jobs; the next goes on, at once when there were as many. */
export const BATCH = 200;
/** So many of a caller's jobs are looked at to find some that nobody holds. */
const MOST_LOOKED_AT = 10 * BATCH;
/** A script walks over so many ended jobs at most, which takes about 5 ms. */
const WALKED = 5000;
/** Ended jobs that together take less than this stay: what fills the memory are then jobs that wait. */
const SPARED_SHARE = 0.1;
/** But above this they go all the same: a Redis without any memory runs no job. */
const NEARLY_FULL_SHARE = 0.9;

export interface EvictDeps extends EraseSomeDeps {
  /** Ended jobs are kept this long. */
  resultTtlMs: number;
  /** Ended jobs kept at most, over all kinds. */
  maxRecords: number;
  /** Above this share of Redis' memory ended jobs make way. */
  evictShare: number;
}

/** A caller's ended jobs, by whether they are held; those that ended first come first. */
interface Candidates {
  free: EndedJob[];
  held: EndedJob[];
}

interface EndedJob {
  kind: string;
  /** The set that it was found in. */
  key: string;
  id: string;
  endedAt: number;
}

/**
 * Erases ended jobs where there are too many or where they take too much memory: of the caller whose take most, those
 * that ended first; jobs that are held only when there are no others. Each leaves a tombstone that knows until
 * RESULT_TTL what was asked for. Answers how many.
 */
export async function evictJobs(deps: EvictDeps, memory: Memory, tombstones: number): Promise<number> {
  const { redis, contracts, maxRecords, evictShare } = deps;
  const sets = await readEndedSets(
    redis,
    contracts.map(({ kind }) => kind),
  );
  const records = sumOf(sets, 'records') - maxRecords;
  // What flows have asked for is bounded by their rows.
  const tooMany =
    records <= 0
      ? records
      : records -
        (await countFlowJobs(
          redis,
          contracts.map(({ kind }) => kind),
        ));
  const tooMuch = memory.usedBytes - memory.maxBytes * evictShare;
  if (tooMany <= 0 && tooMuch <= 0) return 0;
  const takers = await sampleTakers(redis, sets);
  const taken = sumOf(takers, 'bytes');
  const isSpared = taken < memory.maxBytes * SPARED_SHARE && memory.usedBytes < memory.maxBytes * NEARLY_FULL_SHARE;
  const figure = tooMuch > 0 && !isSpared ? 'bytes' : 'records';
  const excess = figure === 'bytes' ? tooMuch : tooMany;
  return excess <= 0 ? 0 : evictFrom(deps, { sets, takers, figure, excess, tombstones });
}

interface Eviction {
  sets: readonly EndedSet[];
  takers: readonly Taker[];
  /** What there is too much of, and how much. */
  figure: 'records' | 'bytes';
  excess: number;
  tombstones: number;
}

async function evictFrom(deps: EvictDeps, { sets, takers, figure, excess, tombstones }: Eviction): Promise<number> {
  const candidates = new Map<string, Candidates>();
  let evicted = 0;
  let left = excess;
  for (const which of ['free', 'held'] as const) {
    const rest = takers.map((taker) => ({ ...taker, mean: taker[figure] / taker.records }));
    while (left > 0 && evicted < BATCH && rest.length > 0) {
      rest.sort((one, other) => other[figure] - one[figure]);
      const [top] = rest as [(typeof rest)[number], ...typeof rest];
      const found = candidates.get(top.caller) ?? (await findCandidates(deps, sets, top.caller));
      candidates.set(top.caller, found);
      const going = found[which].splice(0, Math.min(TOGETHER, BATCH - evicted, Math.ceil(left / top.mean)));
      if (going.length === 0) {
        rest.shift();
        continue;
      }
      evicted += await erase(deps, going, { tombstones, unlessHeld: which === 'free' });
      top[figure] -= going.length * top.mean;
      left -= going.length * top.mean;
    }
  }
  return evicted;
}

/** Finds the jobs of a caller that ended first, over all kinds: as many as there may be free ones among. */
async function findCandidates(deps: EvictDeps, sets: readonly EndedSet[], caller: string): Promise<Candidates> {
  const candidates: Candidates = { free: [], held: [] };
  const seen = new Set<string>();
  for (let wanted = BATCH; wanted <= MOST_LOOKED_AT; wanted += BATCH) {
    const found = await Promise.all(sets.map((set) => findEnded(deps.redis, set, { caller, wanted })));
    const oldest = found
      .flat()
      .sort((one, other) => one.endedAt - other.endedAt)
      .slice(0, wanted)
      .filter(({ id }) => !seen.has(id));
    for (const { id } of oldest) seen.add(id);
    const held = await findHeld(deps, oldest);
    candidates.free.push(...oldest.filter(({ id }) => !held.has(id)));
    candidates.held.push(...oldest.filter(({ id }) => held.get(id)?.isKept === undefined && held.has(id)));
    if (candidates.free.length > 0 || oldest.length < BATCH) break;
  }
  return candidates;
}

async function findHeld(deps: EvictDeps, jobs: readonly EndedJob[]): Promise<Map<string, StoredJob>> {
  const byKind = [...Map.groupBy(jobs, ({ kind }) => kind)];
  const whole = await Promise.all(
    byKind.map(([kind, some]) =>
      readHeld(
        deps,
        kind,
        some.map(({ id }) => id),
      ),
    ),
  );
  return new Map(whole.flat().flatMap((job) => (isHeld(job) ? [[job.id, job] as const] : [])));
}

async function findEnded(
  redis: Redis,
  { kind, key, records }: EndedSet,
  { caller, wanted }: { caller: string; wanted: number },
): Promise<EndedJob[]> {
  const jobs: EndedJob[] = [];
  for (let first = 0; first < records && jobs.length < wanted; first += WALKED) {
    const keys = [key, indexKey(kind, callerIndex(caller))];
    const answer = await findEndedScript(redis, keys, [first, first + WALKED - 1, wanted - jobs.length]);
    const found = answer as string[];
    for (let index = 0; index < found.length; index += 2) {
      jobs.push({ kind, key, id: found[index] as string, endedAt: Number(found[index + 1]) });
    }
  }
  return jobs;
}

async function erase(
  deps: EvictDeps,
  jobs: readonly EndedJob[],
  options: { tombstones: number; unlessHeld: boolean },
): Promise<number> {
  let erased = 0;
  for (const [key, some] of Map.groupBy(jobs, (job) => job.key)) {
    const [{ kind }] = some as [EndedJob, ...EndedJob[]];
    const ids = some.map(({ id }) => id);
    // Unless it runs again by now.
    const foundIn = { key, upTo: Number.MAX_SAFE_INTEGER };
    erased += await eraseSome(deps, kind, ids, { ...options, foundIn, rememberedForMs: deps.resultTtlMs });
  }
  return erased;
}
