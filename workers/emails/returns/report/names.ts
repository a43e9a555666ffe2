const MAX_NAMES = 20;
/** The names stand at the beginning of a returned mail; further bytes are not read. */
export const MAX_READ = 200_000;
const RETURN_PATH = /\bb-[0-9a-z]{26}(?:-[0-9a-f]{8})?-[0-9a-f]{20}(?=@)/gi;
const JOB = /\b(eml_[0-9a-z]{26})(?:@[^\s<>]{1,255})?/gi;

/** The local parts of what may be return paths of ours, in the order of the texts. */
export const returnPathsIn = (texts: readonly string[]): string[] => findIn(RETURN_PATH, texts);

/** The jobs that Message-IDs of ours name: a guess of nobody's, and no secret. */
export const jobsIn = (texts: readonly string[]): string[] => findIn(JOB, texts).map((id) => id.toLowerCase());

/**
 * Whether the bytes of a mail name a return path or a job, or may in a part that is encoded. A soft line break may stand in
 * a name.
 */
export function mayName(source: Uint8Array): boolean {
  const text = Buffer.from(source)
    .toString('latin1')
    .replace(/=\r?\n/g, '');
  return (
    returnPathsIn([text]).length > 0 || jobsIn([text]).length > 0 || /transfer-encoding:\s{0,20}base64/i.test(text)
  );
}

/** What a pattern finds in texts, each once: its first group, or all of it. */
function findIn(pattern: RegExp, texts: readonly string[]): string[] {
  const found = new Set<string>();
  for (const text of texts) {
    for (const [all, group] of text.slice(0, MAX_READ).matchAll(pattern)) {
      found.add(group ?? all);
      if (found.size >= MAX_NAMES) return [...found];
    }
  }
  return [...found];
}
