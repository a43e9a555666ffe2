/** The part of fontkit that is used here; it has no types of its own. Lengths are in the font's units. */
declare module 'fontkit' {
  export interface Glyph {
    id: number;
    advanceWidth: number;
    codePoints: number[];
    path: { commands: unknown[] };
  }

  export interface GlyphPosition {
    xAdvance: number;
    xOffset: number;
    yOffset: number;
  }

  export interface MarkPlacer {
    /** Moves a mark to the place that the letter has for it; either may be null in a sound font. */
    applyAnchor(mark: { markAnchor: object | null } | undefined, place: object | null | undefined, at: number): void;
  }

  export interface Font {
    postscriptName: string | null;
    unitsPerEm: number;
    directory: { tables: Record<string, unknown> };
    /** The code points of all its characters. */
    characterSet: number[];
    _layoutEngine: {
      hideDefaultIgnorables(glyphs: Glyph[], positions: GlyphPosition[]): void;
      /** Places glyphs by OpenType's tables; absent in a font without them. */
      engine?: { GPOSProcessor?: MarkPlacer | null };
    };
    'OS/2'?: { fsType: Record<string, boolean> };
    hasGlyphForCodePoint(codePoint: number): boolean;
    glyphForCodePoint(codePoint: number): Glyph;
    getGlyph(id: number, codePoints?: number[]): Glyph;
    createSubset(): { includeGlyph(id: number): void; encode(): Uint8Array };
    layout(
      text: string,
      features?: Record<string, boolean>,
      script?: string,
      language?: string,
      direction?: 'ltr' | 'rtl',
    ): { glyphs: Glyph[]; positions: GlyphPosition[] };
  }

  export interface FontCollection {
    fonts: Font[];
  }

  export function create(content: Uint8Array): Font | FontCollection;
}
