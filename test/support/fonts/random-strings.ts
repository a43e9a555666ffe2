/** A source of whole numbers below `most` that follows from a seed (mulberry32). */
export function createRandom(seed: number): (most: number) => number {
  let state = seed >>> 0;
  return (most) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * most);
  };
}

/** All characters of a kind, up to U+1FFFF. */
export function listCharacters(kind: RegExp): number[] {
  const codes = Array.from({ length: 0x20000 - 0xa0 }, (_, index) => index + 0xa0);
  return codes.filter((code) => kind.test(String.fromCodePoint(code)));
}

export const MARKS = listCharacters(/\p{M}/u);
const JOINERS = Array.from('\u200c\u200d\u034f\u25cc1٣३', (character) => character.codePointAt(0) ?? 0);

/**
 * Makes strings of characters in the order of their codes: runs of neighbours among them, so that most are of one script,
 * with marks and joiners between them. Those that `has` does not know are left out.
 */
export function createStrings(
  characters: number[],
  random: (most: number) => number,
  has: (code: number) => boolean = () => true,
): () => string {
  const [marks, joiners] = [MARKS.filter(has), JOINERS.filter(has)];
  const pick = (from: number[], at = random(from.length)): string => String.fromCodePoint(...from.slice(at, at + 1));
  return () => {
    const middle = random(characters.length);
    const length = 1 + random(8);
    let text = '';
    for (let count = 0; count < length; count += 1) {
      const near = Math.min(characters.length - 1, Math.max(0, middle + random(61) - 30));
      const kind = random(20);
      text += kind < 2 ? pick(marks) : kind === 2 ? pick(joiners) : pick(characters, near);
    }
    return text.normalize('NFC');
  };
}
