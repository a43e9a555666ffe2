import type { Log } from '../log.ts';
import { createLoop } from '../queue/loop.ts';
import type { Facts } from './facts.ts';
import { findFaults, judge, nameOf, selectDue, type Verdict } from './judge.ts';
import type { SinceStore } from './since.ts';

const JUDGE_EVERY_MS = 5000;
/** Whoever asks gets what was found within this time. */
const HOLDS_MS = 1000;

/** The verdict, and what it was made of. */
export interface Judgement {
  verdict: Verdict;
  /** What each of its items is known by from one look to the next, in their order. */
  names: string[];
  facts: Facts;
}

/** Judges the deployment every five seconds, and when somebody asks. */
export interface VerdictWatch {
  start(): void;
  stop(): void;
  /** Resolves with a judgement that is a second old at most. Never rejects. */
  read(): Promise<Judgement>;
}

export interface VerdictWatchDeps {
  collect(): Promise<Facts>;
  since: SinceStore;
  /** Keeps the verdict for who asks without a web process. */
  keep(verdict: Verdict): Promise<void>;
  log: Log;
  /** Is told of each judgement. */
  onJudged?: (judgement: Judgement) => void;
}

/** Makes the watch; each change of the level is a line in the log. */
export function createVerdictWatch({ collect, since, keep, log, onJudged }: VerdictWatchDeps): VerdictWatch {
  let judging: Promise<Judgement> | null = null;
  let last: { judgement: Judgement; at: number } | null = null;
  let told: Verdict['level'] = 'green';

  const judgeNow = async (): Promise<Judgement> => {
    const facts = await collect();
    const findings = findFaults(facts);
    const noted = await since.note(findings.map(nameOf), facts.at);
    const due = selectDue(findings, noted, facts.at);
    const judgement = { verdict: judge(due, noted, facts.at), names: due.map(nameOf), facts };
    last = { judgement, at: performance.now() };
    tell(judgement.verdict);
    void keep(judgement.verdict);
    onJudged?.(judgement);
    return judgement;
  };
  const tell = ({ level, text, items }: Verdict) => {
    if (level === told) return;
    told = level;
    const facts = { verdict: level, codes: [...new Set(items.map(({ code }) => code))] };
    if (level === 'green') log.info(facts, text);
    else log.warn(facts, text);
  };
  const read = (): Promise<Judgement> => {
    if (last && performance.now() - last.at < HOLDS_MS) return Promise.resolve(last.judgement);
    judging ??= judgeNow().finally(() => {
      judging = null;
    });
    return judging;
  };
  const loop = createLoop({ everyMs: JUDGE_EVERY_MS, run: read, onError: (err) => log.debug({ err }, 'not judged') });
  return { start: loop.start, stop: loop.stop, read };
}
