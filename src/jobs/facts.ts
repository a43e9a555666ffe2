/** What a job is about, for people who look for it: short texts by name, such as a mail's subject and recipients. */
export type JobFacts = Readonly<Record<string, string | number | readonly string[]>>;

/** A job's facts as JSON are at most this long. */
const MAX_BYTES = 300;

/** Shortens the longest texts of the facts until they fit; null where there are none. */
export function boundFacts(facts: JobFacts | undefined): JobFacts | null {
  if (!facts || Object.keys(facts).length === 0) return null;
  let bounded = facts;
  for (let most = MAX_BYTES; Buffer.byteLength(JSON.stringify(bounded)) > MAX_BYTES; most = Math.floor(most * 0.8)) {
    bounded = Object.fromEntries(Object.entries(bounded).map(([name, fact]) => [name, shorten(fact, most)]));
  }
  return bounded;
}

function shorten<Value extends JobFacts[string]>(fact: Value, most: number): JobFacts[string] {
  if (typeof fact === 'number') return fact;
  return typeof fact === 'string' ? cut(fact, most) : fact.map((text) => cut(text, most));
}

/** Cuts a text to so many bytes, at the end of a character. */
function cut(text: string, most: number): string {
  if (Buffer.byteLength(text) <= most) return text;
  const kept = Buffer.from(text)
    .subarray(0, Math.max(0, most - 3))
    .toString()
    .replace(/\uFFFD*$/, '');
  return `${kept}…`;
}
