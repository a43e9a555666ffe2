/** Shorter values are found in too much that has nothing to do with them. */
const MIN_LENGTH = 4;

/** Takes the values of secrets out of what a host answered: some hosts send back what they were sent. */
export interface Redactor {
  text(text: string): string;
  /** The same for a body that comes in pieces. */
  bytes(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer>;
}

/** Makes a redactor of secrets by their names; each value becomes `[secret.name]`. */
export function createRedactor(secrets: ReadonlyMap<string, string>): Redactor {
  // A value that holds another one goes first.
  const all = [...secrets]
    .filter(([, value]) => value.length >= MIN_LENGTH)
    .toSorted(([, one], [, other]) => other.length - one.length);
  const longest = all[0]?.[1].length ?? 0;
  const text = (given: string) =>
    all.reduce((rest, [name, value]) => rest.replaceAll(value, () => `[secret.${name}]`), given);
  return { text, bytes: (chunks) => (all.length === 0 ? chunks : redactPieces(chunks, text, longest - 1)) };
}

/** Holds back as much as the beginning of a value may take. Secrets are ASCII, so bytes may be looked at as latin1. */
async function* redactPieces(chunks: AsyncIterable<Buffer>, redact: (text: string) => string, holdBack: number) {
  let rest = '';
  for await (const chunk of chunks) {
    const text = redact(rest + chunk.toString('latin1'));
    const cut = Math.max(0, text.length - holdBack);
    rest = text.slice(cut);
    if (cut > 0) yield Buffer.from(text.slice(0, cut), 'latin1');
  }
  yield Buffer.from(rest, 'latin1');
}
