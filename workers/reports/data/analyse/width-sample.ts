/** Texts of a column that tell how wide it should be. */
export interface WidthSample {
  /** Takes note of a text. Called for each row of the table. */
  see(text: string): void;
  texts(): string[];
}

/** Text columns are measured on this many rows. */
const SAMPLE_ROWS = 300;
/** Different texts of (nearly) the greatest length that are measured of a column whose texts must not be broken. */
const LONGEST_TEXTS = 40;
/** No column is as wide as these characters. */
const MOST_CHARACTERS = 500;

/** Creates a sample in which each row has the same chance, the same each time: no pattern of the rows misleads it. */
export function createRandomSample(): WidthSample {
  const kept: string[] = [];
  let seen = 0;
  let state = 1;
  return {
    see(text) {
      seen += 1;
      let slot = kept.length;
      if (slot >= SAMPLE_ROWS) {
        // The multiplier and increment of Numerical Recipes; the upper bits are random enough.
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        slot = Math.floor((state / 4_294_967_296) * seen);
        if (slot >= SAMPLE_ROWS) return;
      }
      kept[slot] = text.length > MOST_CHARACTERS ? text.slice(0, MOST_CHARACTERS) : text;
    },
    texts: () => kept,
  };
}

/** Creates a sample of the longest texts: for numbers and dates, which have digits of one width and aren't broken. */
export function createLongestSample(): WidthSample {
  let longest = 0;
  let kept = new Set<string>();
  return {
    see(text) {
      if (text.length < longest - 1) return;
      if (text.length > longest) {
        longest = text.length;
        kept = new Set([...kept].filter((other) => other.length >= longest - 1));
      }
      if (kept.size < LONGEST_TEXTS || text.length === longest) kept.add(text.slice(0, MOST_CHARACTERS));
      if (kept.size > 2 * LONGEST_TEXTS) kept = new Set([...kept].slice(0, LONGEST_TEXTS));
    },
    texts: () => [...kept],
  };
}
