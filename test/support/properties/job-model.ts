import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { expect } from '@jest/globals';
import type { StoredJob } from '../../../src/jobs/stored-job.ts';
import { probes } from '../probe/job.ts';
import type { ProbeQueue } from '../probe/queue.ts';
import { keysWith } from '../redis/redis-content.ts';
import { listStored } from '../storage/stored-files.ts';

/** What was asked for a job and what was answered: all that its end may depend on. */
export interface JobFacts {
  id: string;
  act: string;
  /** Runs that were asked for: the post, and each retry that was (or may have been) accepted. */
  asked: number;
  /** `before`: it was cancelled while it did not run. `stopping`: while it did. `maybe`: the answer was lost. */
  cancelled: 'no' | 'before' | 'stopping' | 'maybe';
  /** How often it had started when it was cancelled before a run. */
  startedBefore: number;
  /** `maybe` also for a job whose post was not answered. */
  erased: 'no' | 'yes' | 'maybe';
}

/** What is known of the world from the steps alone. */
export interface JobModel {
  jobs: JobFacts[];
  redisUp: boolean;
  workers: number;
}

/** Deaths that may repeat an effect. */
export interface Deaths {
  /** Pids of workers that were killed with -9. */
  workers: Set<string>;
  redis: number;
}

/** Where a job ends that nobody steers, and after how many attempts. */
const NATURAL_END: Record<string, { state: 'completed' | 'failed'; attempts: number }> = {
  done: { state: 'completed', attempts: 1 },
  wait: { state: 'completed', attempts: 1 },
  'not-yet': { state: 'completed', attempts: 1 },
  progress: { state: 'completed', attempts: 1 },
  flaky: { state: 'completed', attempts: 3 },
  fail: { state: 'failed', attempts: probes.attempts },
  refuse: { state: 'failed', attempts: 1 },
};

/** What the model's jobs do. */
export const ACTS = Object.keys(NATURAL_END);

/** Checks one job when everything is at rest; what fails names the job's whole story. */
export async function checkJob(facts: JobFacts, queue: ProbeQueue, deaths: Deaths): Promise<void> {
  const stored = await queue.producer.find(facts.id);
  const journal = journalOf(queue, facts.id);
  const story = {
    ...facts,
    state: stored?.state ?? 'gone',
    attemptsMade: stored?.attemptsMade ?? 0,
    journal: journal.map(({ what, pid }) => `${what} ${pid}`),
    killed: [...deaths.workers],
    redisKills: deaths.redis,
  };
  const expectStory = (seen: object, wanted: object) => expect({ ...story, ...seen }).toEqual({ ...story, ...wanted });

  if (facts.erased === 'yes') expectStory({}, { state: 'gone', attemptsMade: 0 });
  if (facts.erased === 'no') expectStory({ gone: stored === null }, { gone: false });
  const files = await filesOf(queue, facts.id);
  if (!stored) {
    const keys = facts.erased === 'yes' ? await keysWith(queue.redis.client(), facts.id) : [];
    expectStory({ files, keys }, { files: [], keys: [] });
    return;
  }
  expectStory({ allowed: allowedStates(facts).includes(stored.state) }, { allowed: true });
  expectStory({ files }, { files: stored.state === 'completed' ? ['answer.txt'] : [] });
  expectStory({ attemptsFit: attemptsFit(facts, stored) }, { attemptsFit: true });
  const started = journal.filter(({ what }) => what === 'started').length;
  if (facts.cancelled === 'before') expectStory({ started }, { started: facts.startedBefore });
  const effects = journal.filter(({ what }) => what === 'done');
  // Who died after the effect and before the end was written may have repeated it.
  const repeats = deaths.redis + effects.filter(({ pid }) => deaths.workers.has(pid)).length;
  expectStory({ tooManyEffects: effects.length > facts.asked + repeats }, { tooManyEffects: false });
}

function allowedStates({ act, cancelled }: JobFacts): string[] {
  const natural = NATURAL_END[act]?.state as string;
  if (cancelled === 'before') return ['cancelled'];
  return cancelled === 'no' ? [natural] : [natural, 'cancelled'];
}

/** Interruptions, deaths and outages are no attempts: what ended by itself has just as many as its end takes. */
function attemptsFit({ act }: JobFacts, { attemptsMade, state }: StoredJob): boolean {
  return state === 'cancelled' ? attemptsMade <= probes.attempts : attemptsMade === NATURAL_END[act]?.attempts;
}

/** The journal's entries of a job: what it did, and the pid of the worker that did it. */
export function journalOf(queue: ProbeQueue, id: string): { what: string; pid: string }[] {
  const path = join(queue.dir, 'journal');
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [job, what = '', pid = ''] = line.split(' ');
      return job === id ? [{ what, pid }] : [];
    });
}

/** Names of the files in storage that lie in a folder of the job's. */
export const filesOf = async ({ storage, config }: ProbeQueue, id: string): Promise<string[]> =>
  (await listStored(storage, config)).filter((path) => dirname(path).includes(id)).map((path) => basename(path));
