import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import { create, type Font as ParsedFont } from 'fontkit';
import { createFont, type Font } from './font.ts';

/** A font that lies in a file. Until it is drawn with, only its name and its list of characters are read. */
export interface FontFile {
  path: string;
  /** Its PostScript name, such as NotoSansCJKjp-Regular. */
  name: string;
  /** Which of its family it is; undefined where the file does not say. */
  cut?: FontCut | undefined;
  covers(codePoints: number[]): boolean;
  /** Reads and parses the whole file, once. Throws for a damaged one. */
  load(): Font;
}

/** What a font says of itself: its family's names, how heavy it is (400 is regular), whether it leans. */
export interface FontCut {
  families: string[];
  weight: number;
  isItalic: boolean;
}

interface Table {
  tag: string;
  entry: Buffer;
  offset: number;
  length: number;
}

/** Tables that name a font and list its characters. */
const HEAD = ['cmap', 'name', 'head', 'OS/2'];
/** Pictures in colour can't be embedded in a PDF. */
const COLOUR = ['COLR', 'CBDT', 'sbix', 'SVG '];
const MOST_TABLES = 100;
const MOST_FONTS = 64;
const MOST_BYTES = 4_000_000;

function readAt(file: number, offset: number, length: number): Buffer {
  const bytes = Buffer.alloc(length);
  if (readSync(file, bytes, 0, length, offset) < length) throw new Error('the font file ends too early');
  return bytes;
}

/** Where the fonts of a file begin: one, or those of a collection. */
function readOffsets(file: number): number[] {
  const start = readAt(file, 0, 12);
  if (start.toString('latin1', 0, 4) !== 'ttcf') return [0];
  const count = Math.min(start.readUInt32BE(8), MOST_FONTS);
  const offsets = readAt(file, 12, count * 4);
  return Array.from({ length: count }, (_, index) => offsets.readUInt32BE(index * 4));
}

function readTables(file: number, offset: number): { version: Buffer; tables: Table[] } {
  const start = readAt(file, offset, 12);
  const count = Math.min(start.readUInt16BE(4), MOST_TABLES);
  const entries = readAt(file, offset + 12, count * 16);
  const tables = Array.from({ length: count }, (_, index) => {
    const entry = entries.subarray(index * 16, index * 16 + 16);
    const tag = entry.toString('latin1', 0, 4);
    return { tag, entry, offset: entry.readUInt32BE(8), length: entry.readUInt32BE(12) };
  });
  return { version: start.subarray(0, 4), tables };
}

/** A font of nothing but its name and its list of characters: a CJK font is 20 MB, this part of it 0.2. */
function readHead(file: number, offset: number): ParsedFont | undefined {
  const { version, tables } = readTables(file, offset);
  const tags = tables.map(({ tag }) => tag);
  const hasOutlines = tags.includes('glyf') || tags.includes('CFF ');
  if (!hasOutlines || COLOUR.some((tag) => tags.includes(tag))) return undefined;
  const kept = tables.filter(({ tag, length }) => HEAD.includes(tag) && length < MOST_BYTES);
  const header = Buffer.alloc(12 + kept.length * 16);
  version.copy(header);
  header.writeUInt16BE(kept.length, 4);
  const parts: Uint8Array[] = [header];
  let at = header.length;
  for (const [index, table] of kept.entries()) {
    table.entry.copy(header, 12 + index * 16);
    header.writeUInt32BE(at, 12 + index * 16 + 8);
    parts.push(readAt(file, table.offset, table.length));
    at += table.length;
  }
  const font = create(Buffer.concat(parts));
  return 'fonts' in font ? undefined : font;
}

/** Which of its family a font is, by its own words. */
function cutOf(head: ParsedFont): FontCut | undefined {
  const families = [head.getName('preferredFamily'), head.familyName].filter((name) => typeof name === 'string');
  const os2 = head['OS/2'];
  if (families.length === 0 || !os2) return undefined;
  return { families, weight: os2.usWeightClass, isItalic: os2.fsSelection['italic'] === true };
}

const loaded = new Map<string, Font>();
/** The fonts of a collection share what was read of its file. */
const contents = new Map<string, Buffer>();

function readContent(path: string): Buffer {
  const content = contents.get(path) ?? readFileSync(path);
  contents.set(path, content);
  return content;
}

/** Returns what opens a font of a file: asked for with every cell, so that its name is made once. */
function createLoader(path: string, index: number): () => Font {
  const name = `${path}#${index}`;
  return () => {
    const known = loaded.get(name);
    if (known) return known;
    const font = createFont(readContent(path), name, index);
    loaded.set(name, font);
    return font;
  };
}

/** So many of its characters a font is tried on. */
const SAMPLE = 16;

/**
 * Whether a font works: some of its characters are shaped, and written as they would be into a PDF, so that a damaged
 * file costs no report. The characters follow from the font alone, never from a caller's text: the answer is kept, and
 * would else depend on who asked first.
 */
export function isSound(file: FontFile): boolean {
  try {
    const { parsed, shape } = file.load();
    const subset = parsed.createSubset();
    const step = Math.ceil(parsed.characterSet.length / SAMPLE);
    const sample = parsed.characterSet.filter((_, index) => index % step === 0);
    for (const code of sample) for (const { id } of shape(String.fromCodePoint(code), 'ltr')) subset.includeGlyph(id);
    subset.encode();
    return sample.length > 0;
  } catch {
    return false;
  }
}

/** Forgets the fonts that were parsed, with all the glyphs that were asked of them. */
export function forgetFontFiles(): void {
  loaded.clear();
  contents.clear();
}

/** A font file that is surely usable, and is opened when it is first asked about. */
export function bundledFont(path: string): FontFile {
  const load = createLoader(path, 0);
  return { path, name: path, load, covers: (codePoints) => load().covers(codePoints) };
}

/** Reads the usable fonts of a file: with outlines, without colour, free to embed. None where it can't be read. */
export function readFontFile(path: string): FontFile[] {
  let file: number | undefined;
  try {
    file = openSync(path, 'r');
    const fonts: FontFile[] = [];
    for (const [index, offset] of readOffsets(file).entries()) {
      const head = readHead(file, offset);
      const name = head?.postscriptName;
      // A font of restricted licence says so: it must not be embedded. One without a name can't be.
      if (!head || typeof name !== 'string' || head['OS/2']?.fsType['noEmbedding']) continue;
      const covers = (codePoints: number[]) => codePoints.every((code) => head.hasGlyphForCodePoint(code));
      fonts.push({ path, name, cut: cutOf(head), covers, load: createLoader(path, index) });
    }
    return fonts;
  } catch {
    return [];
  } finally {
    if (file !== undefined) closeSync(file);
  }
}
