const SECOND_MS = 1000;

/** Lets so many lines of a name pass in a second, and counts the others. */
export interface Thinner<Facts> {
  /** Whether a line of that name is written; one that is not is counted, and told by the facts of its like. */
  passes(name: string, facts: Facts): boolean;
}

export interface ThinnerOptions<Facts> {
  /** Lines of each name in a second. */
  limit: (facts: Facts) => number;
  /** Writes one line for `count` that were not written; each second at most once a name. */
  tell: (facts: Facts, count: number) => void;
  /** Names that are told apart in a second; what comes under others meanwhile is one more. 500 unless given. */
  mostNames?: number;
}

/** A name's lines of this second. */
interface Tally<Facts> {
  facts: Facts;
  written: number;
  left: number;
}

/** The name of all that come when too many names are known. */
const OTHERS = '\0others';

/**
 * Makes a thinner. Whatever comes, it holds at most `mostNames` names, and the lines of a second are at most `limit` for
 * each. A count that was told takes the place of a line in the next second.
 */
export function createThinner<Facts>({ limit, tell, mostNames = 500 }: ThinnerOptions<Facts>): Thinner<Facts> {
  let tallies = new Map<string, Tally<Facts>>();
  let isCounting = false;

  const endSecond = () => {
    isCounting = false;
    const over = [...tallies].filter(([, { left }]) => left > 0);
    tallies = new Map(over.map(([name, { facts }]) => [name, { facts, written: 1, left: 0 }]));
    if (over.length > 0) start();
    for (const [, { facts, left }] of over) tell(facts, left);
  };
  const start = () => {
    if (isCounting) return;
    isCounting = true;
    setTimeout(endSecond, SECOND_MS).unref();
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
