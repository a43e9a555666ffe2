/** What others call the fields or words that there are, in lower case without `-` and `_`: `w` for `width`. */
export type Hints = Readonly<Record<string, string>>;

const SHORTEST = 4;
const LONGEST = 64;

/** Finds the name that was probably meant: one letter, the case or underscores away; undefined for none. */
export function findNearName(given: string, names: readonly string[]): string | undefined {
  if (given.length > LONGEST) return undefined;
  const folded = fold(given);
  return names.find((name) => fold(name) === folded) ?? names.find((name) => isOneLetterAway(folded, fold(name)));
}

/**
 * Writes the question that follows the refusal of a name: " (did you mean width?)". It asks for the one that `hints` has
 * for it, if that is among `names`, or for the nearest; '' where there is none.
 */
export function askForName(given: unknown, names: readonly string[], hints: Hints = {}): string {
  if (typeof given !== 'string' || given.length > LONGEST) return '';
  const folded = fold(given);
  const hinted = Object.hasOwn(hints, folded) ? hints[folded] : undefined;
  const meant = hinted !== undefined && names.includes(hinted) ? hinted : findNearName(given, names);
  return meant === undefined ? '' : ` (did you mean ${meant}?)`;
}

const fold = (name: string): string => name.replaceAll(/[ _-]/g, '').toLowerCase();

/** Whether one letter was changed, added or left out, or two neighbours changed places. Short words are too alike. */
function isOneLetterAway(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1 || Math.max(a.length, b.length) < SHORTEST) return false;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  const [restOfA, restOfB] = [a.slice(same), b.slice(same)];
  const swapped = restOfA[0] === restOfB[1] && restOfA[1] === restOfB[0] && restOfA.slice(2) === restOfB.slice(2);
  return (
    swapped || restOfA.slice(1) === restOfB.slice(1) || restOfA.slice(1) === restOfB || restOfA === restOfB.slice(1)
  );
}
