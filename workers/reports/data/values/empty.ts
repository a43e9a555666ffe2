/** Whether a cell has nothing in it, or spaces alone. */
export function isEmpty(value: unknown): boolean {
  if (typeof value !== 'string') return value === null || value === undefined;
  const first = value.charCodeAt(0);
  return !(first > 0x20 && first < 0x7f) && value.trim() === '';
}

const MOST_CHARACTERS = 8;
const NOTHINGS = [
  // Of databases, and of the programs that write their tables.
  String.raw`[(<[]?null[)>\]]?|nil|none|nan|\\n`,
  // Of people, in several languages.
  String.raw`n\/?a|n\.? ?a\.?|k\. ?a\.|i\/t|i\.t\.`,
  // Of spreadsheets, whose formulas found nothing: `#N/A`, `#DIV/0!`, `#I/T`, `#NV`.
  String.raw`#(?:n\/a|nv|i\/t|[a-zäåøöé/0]{3,6}[!?])`,
  // Of statistics.
  String.raw`[\-\u2010-\u2015\u2212]{1,3}|\.{1,3}|…|:|\?{1,3}`,
];
const NOTHING = new RegExp(`^(?:${NOTHINGS.join('|')})$`, 'iu');

/** Whether a cell has a word that means that it has nothing: `N/A`, `NULL`, `-`. It is one of texts, too. */
export const isNothing = (text: string): boolean => {
  const word = text.trim();
  return word.length <= MOST_CHARACTERS && NOTHING.test(word);
};
