const SECOND_MS = 1000;

/** Lets so many lines of a name pass in a time, and counts the others. */
export interface Thinner<Facts> {
  /** Whether a line of that name is written; one that is not is counted, and told by the facts of its like. */
  passes(name: string, facts: Facts): boolean;
}

export interface ThinnerOptions<Facts> {
  /** How long that is; a second unless given. */
  everyMs?: number;
  /** Lines of each name in that time. */
  limit: (facts: Facts) => number;
  /** Writes one line for `count` that were not written; each time at most once a name. */
  tell: (facts: Facts, count: number) => void;
  /** Names that are told apart in that time; what comes under others meanwhile is one more. 500 unless given. */
  mostNames?: number;
}

/** A name's lines of this time. */
interface Tally<Facts> {
  facts: Facts;
  written: number;
  left: number;
}

/** The name of all that come when too many names are known. */
const OTHERS = '\0others';

/**
 * Makes a thinner. Whatever comes, it holds at most `mostNames` names, and the lines of a time are at most `limit` for
 * each. A count that was told takes the place of a line in the next one.
 */
export function createThinner<Facts>({
  everyMs = SECOND_MS,
  limit,
  tell,
  mostNames = 500,
}: ThinnerOptions<Facts>): Thinner<Facts> {
  let tallies = new Map<string, Tally<Facts>>();
  let isCounting = false;

  const endTime = () => {
    isCounting = false;
    const over = [...tallies].filter(([, { left }]) => left > 0);
    tallies = new Map(over.map(([name, { facts }]) => [name, { facts, written: 1, left: 0 }]));
    if (over.length > 0) start();
    for (const [, { facts, left }] of over) tell(facts, left);
  };
  const start = () => {
    if (isCounting) return;
    isCounting = true;
    setTimeout(endTime, everyMs).unref();
  };

  return {
    passes(given, facts) {
      const name = tallies.has(given) || tallies.size < mostNames ? given : OTHERS;
      let tally = tallies.get(name);
      if (!tally) {
        tally = { facts, written: 0, left: 0 };
        tallies.set(name, tally);
      }
      start();
      if (tally.written >= limit(facts)) {
        tally.left += 1;
        return false;
      }
      tally.written += 1;
      return true;
    },
  };
}
