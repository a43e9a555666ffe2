/** Texts that are clean as they are: most of them. */
const CLEAN = /^[\n\u0020-\u007e\u00a0-\u00ac\u00ae-\u02ff]*$/;
/** Behind these a joiner decides how letters look: Arabic, Indic and other joining scripts, and pictures. */
const JOINED = new RegExp(
  String.raw`[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Mongolian}\p{Script=Nko}\p{Script=Thaana}\p{M}` +
    String.raw`\p{Extended_Pictographic}\u0900-\u0dff\u0f00-\u109f\u1780-\u17ff]$`,
  'u',
);
/** Marks and isolates of direction, which say how neutral characters are to be read; overrides are not among them. */
const DIRECTIONS = /[\u061c\u200e\u200f\u2066-\u2069]/;

/**
 * Composes accents and drops what has no width and no meaning on paper: control characters, overrides of direction,
 * joiners where nothing joins.
 */
export function cleanText(text: string): string {
  if (CLEAN.test(text)) return text;
  return text
    .normalize('NFC')
    .replace(/\r\n?|[\u2028\u2029]/g, '\n')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}]|\ufe0e|\ufe0f/gu, (character, at: number, whole: string) => {
      if (character === '\n' || DIRECTIONS.test(character)) return character;
      if (character === '\t') return ' ';
      const joins = character === '\u200c' || character === '\u200d';
      return joins && JOINED.test(whole.slice(Math.max(0, at - 2), at)) ? character : '';
    });
}
