const SHORTEST = 4;
const LONGEST = 64;

/** Finds the name that was probably meant: one letter, the case or underscores away; undefined for none. */
export function findNearName(given: string, names: readonly string[]): string | undefined {
  if (given.length > LONGEST) return undefined;
  const folded = fold(given);
  return names.find((name) => fold(name) === folded) ?? names.find((name) => isOneLetterAway(folded, fold(name)));
}

const fold = (name: string): string => name.replaceAll(/[_-]/g, '').toLowerCase();

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
