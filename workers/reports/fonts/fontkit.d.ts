/** The part of fontkit that is used here; it has no types of its own. */
declare module 'fontkit' {
  export interface Font {
    postscriptName: string | null;
    familyName: string | null;
    /** A text of its table of names; null where it has none. */
    getName(key: 'preferredFamily'): string | null;
    unitsPerEm: number;
    directory: { tables: Record<string, unknown> };
    /** The code points of all its characters. */
    characterSet: number[];
    'OS/2'?: { fsType: Record<string, boolean>; fsSelection: Record<string, boolean>; usWeightClass: number };
    hasGlyphForCodePoint(codePoint: number): boolean;
    glyphForCodePoint(codePoint: number): { id: number; advanceWidth: number; codePoints: number[] };
    createSubset(): { includeGlyph(id: number): void; encode(): Uint8Array };
  }

  export interface FontCollection {
    fonts: Font[];
  }

  export function create(content: Uint8Array): Font | FontCollection;
}
