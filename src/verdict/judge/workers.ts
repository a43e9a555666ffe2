import { formatAge } from '../../kinds/formats.ts';
import { kindsOfProgram } from '../../processes/program.ts';
import type { Death } from '../../queue/deaths.ts';
import type { WatchedProcess } from '../../queue/host-reports.ts';
import type { Facts } from '../facts.ts';
import { countOf, oneOf, waitOf } from '../words.ts';
import type { Finding } from './finding.ts';

/** So long after Redis has taken writes again all that live have shown it. */
const SIGNS_AFTER_MS = 4000;
/** How long a death is told of, unless another one comes. */
const DEATH_TOLD_MS = 300_000;
/** How long what died is told of as if it were gone, although it may be back. */
const DEATH_FRESH_MS = 30_000;
/** So many deaths within that time are a loop, as long as the last one is fresh. */
const LOOP_DEATHS = 3;
const LOOP_FRESH_MS = 60_000;
/** A process that has run for so long shows signs of life, if it does what it is for. */
const STARTED_MS = 15_000;
/** A job that was held by so many processes as they died is to blame. */
const POISON_DEATHS = 2;
/** How a process ends that was asked to, or that makes room for itself. */
const WELL = 'exit status 0';
const DOWN = ['BACKOFF', 'FATAL', 'EXITED', 'UNKNOWN'];

/** A process of a host. */
interface Process extends WatchedProcess {
  host: string;
}

/** Finds what is wrong with the processes: gone, frozen, dying again and again, killed by a job. */
export function judgeWorkers(facts: Facts): Finding[] {
  const { redis, workers, deaths, reports, at } = facts;
  if (!workers || !deaths || redis.state !== 'up') return [];
  const areSigns = redis.takesWritesMs >= SIGNS_AFTER_MS;
  const processes = (reports ?? []).flatMap((report) => report.processes.map((one) => ({ ...one, host: report.host })));
  const recent = deaths.filter((death) => at - Date.parse(death.at) < DEATH_TOLD_MS);
  const loops = findLoops(processes, recent, at);
  const loading = (facts.unloaded ?? []).map(({ kind, host, message }): Finding => {
    const text = `The ${oneOf(kind)} workers of ${host} can not work: a library does not load (${message})`;
    return { code: 'library_not_loading', about: `${kind}@${host}`, text };
  });
  return [
    ...loading,
    ...loops.values(),
    ...(areSigns ? [...findGone(facts, processes), ...findLost(facts)] : []),
    ...findDeaths(facts, recent, loops),
    ...findPoison(recent),
  ];
}

const nameOf = ({ host, name }: { host: string; name: string }): string => `${name}@${host}`;

/** What ends again and again, by name. */
function findLoops(processes: readonly Process[], deaths: readonly Death[], at: number): Map<string, Finding> {
  const loops = new Map<string, Finding>();
  for (const [about, ended] of Map.groupBy(deaths, ({ host, process: name }) => nameOf({ host, name }))) {
    const [last] = ended;
    if (!last || ended.length < LOOP_DEATHS || at - Date.parse(last.at) > LOOP_FRESH_MS) continue;
    const text = `${last.process} does not stay up: it ended ${ended.length} times within 5 min, last by ${last.how}`;
    loops.set(about, { code: 'crash_loop', about, text });
  }
  for (const { name, host, state, why } of processes) {
    if (state !== 'BACKOFF' && state !== 'FATAL') continue;
    const about = nameOf({ host, name });
    const how = why === '' ? '' : ` (${why})`;
    if (!loops.has(about)) loops.set(about, { code: 'crash_loop', about, text: `${name} does not stay up${how}` });
  }
  return loops;
}

/** Which kinds lack workers: those that there should be, and those that their queue needs. */
function findGone({ queues, workers }: Facts, processes: readonly Process[]): Finding[] {
  return (queues ?? []).flatMap(({ kind, counts }): Finding[] => {
    const planned = processes.filter(({ program, state }) => {
      return kindsOfProgram(program).includes(kind) && state !== 'STOPPED';
    });
    const living = (workers ?? []).filter((worker) => worker.kind === kind);
    const signs = new Set(living.map(({ host, pid }) => `${pid}@${host}`));
    const isOld = ({ upMs }: Process) => upMs !== null && upMs > STARTED_MS;
    const mute = planned.filter((one) => one.state === 'RUNNING' && isOld(one) && !signs.has(`${one.pid}@${one.host}`));
    const down = planned.filter(({ state }) => DOWN.includes(state));
    const one = `${oneOf(kind)} worker`;
    const frozen = mute.map((process): Finding => {
      const text = `The ${one} ${process.name} runs and shows no sign of life`;
      return { code: 'worker_frozen', about: `${kind}:${nameOf(process)}`, text };
    });
    if (down.length > 0) {
      const verb = down.length === 1 ? 'is' : 'are';
      const text = `${down.length} of ${countOf(planned.length, one)} ${verb} gone`;
      return [...frozen, { code: 'worker_gone', about: kind, text }];
    }
    const waiting = counts.paused ? 0 : counts.waiting;
    if (waiting === 0 || living.length > 0 || planned.length > mute.length) return frozen;
    return [...frozen, { code: 'worker_gone', about: kind, text: `No ${one} runs; ${waitOf(waiting)}` }];
  });
}

/** Workers that ended or stand still without a word, where no watch tells of them. */
function findLost({ lost, reports, at }: Facts): Finding[] {
  const watched = new Set((reports ?? []).map(({ run }) => run));
  const unwatched = (lost ?? []).filter(({ mark }) => !watched.has(mark?.place.split(':')[0] ?? ''));
  return [...Map.groupBy(unwatched, ({ kind, isStopped }) => `${kind}:${isStopped}`).values()].flatMap((together) => {
    const [first] = together;
    if (!first) return [];
    const { kind, isStopped, seenAt } = first;
    const count = countOf(together.length, `${oneOf(kind)} worker`);
    const [verb, show] = together.length === 1 ? ['stands', 'shows'] : ['stand', 'show'];
    const what = isStopped ? `${verb} still` : `${show} no sign of life`;
    return [
      {
        code: isStopped ? ('worker_frozen' as const) : ('worker_gone' as const),
        about: `${kind}:lost`,
        text: `${count} ${what} for ${formatAge(at - seenAt)}`,
        sinceAt: seenAt,
        isDated: true,
      },
    ];
  });
}

/** What has died of late, each process once: a worker that has just died counts as gone, one that was frozen as frozen. */
function findDeaths({ at }: Facts, deaths: readonly Death[], loops: ReadonlyMap<string, Finding>): Finding[] {
  const last = new Map<string, Death>();
  for (const death of deaths) {
    const about = nameOf({ host: death.host, name: death.process });
    if (!last.has(about)) last.set(about, death);
  }
  return [...last]
    .filter(([about]) => !loops.has(about))
    .map(([about, { at: diedAt, process, program, how }]): Finding => {
      const sinceAt = Date.parse(diedAt);
      const isWorker = program !== 'web' && program !== 'redis' && program !== 'watch';
      const isFresh = at - sinceAt < DEATH_FRESH_MS && isWorker && how !== WELL;
      const text =
        how === 'frozen'
          ? `${process} was frozen, and was ended ${formatAge(at - sinceAt)} ago; it is started again`
          : `${process} died ${formatAge(at - sinceAt)} ago (${how}); it is started again`;
      const gone = how === 'frozen' ? 'worker_frozen' : 'worker_gone';
      return { code: isFresh ? gone : 'process_died', about, text, sinceAt, isDated: true };
    });
}

/** The jobs that several processes held as they died. */
function findPoison(deaths: readonly Death[]): Finding[] {
  const held = deaths.filter(({ how }) => how !== WELL).flatMap(({ jobs }) => jobs);
  return [...Map.groupBy(held, (job) => job)]
    .filter(([, times]) => times.length >= POISON_DEATHS)
    .map(([job, times]) => {
      const text = `The job ${job} has killed ${times.length} workers within 5 min: it runs alone, and fails at the fifth`;
      return { code: 'poison_job', about: job, text };
    });
}
