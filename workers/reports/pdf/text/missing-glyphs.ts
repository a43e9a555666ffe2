import type { TextUnit } from '../../fonts/font-stack.ts';
import type { Line } from '../../text/lines.ts';

/** Returns the start of a text, for a sentence about it. */
const excerpt = (text: string): string => (text.length > 40 ? `${text.slice(0, 40).trimEnd()}…` : text);

function describe(characters: string): string {
  const codes = Array.from(characters, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase();
    return `U+${code.padStart(4, '0')}`;
  });
  return `"${characters}" (${codes.join(' ')})`;
}

/** Creates the check of a document's texts for characters that no font has; each is reported once. */
export function createMissingGlyphs(warn: (code: string, message: string) => void) {
  const isMissing = (unit: TextUnit) => unit.isMissing === true;
  const reported = new Set<string>();
  return {
    /** Warns of the characters among `units` that no font has and that weren't reported; `line` is theirs. */
    check(units: TextUnit[], line: Line): void {
      // Nearly no text has one.
      if (!units.some(isMissing)) return;
      const missing = units.flatMap((unit) => (unit.isMissing && !reported.has(unit.text) ? [unit.text] : []));
      if (missing.length === 0) return;
      for (const characters of missing) reported.add(characters);
      const names = [...new Set(missing)].slice(0, 5).map(describe).join(', ');
      warn(
        'missing_glyph',
        `No font has the character ${names} in "${excerpt(line.pieces.map(({ text }) => text).join(''))}".`,
      );
    },
  };
}
