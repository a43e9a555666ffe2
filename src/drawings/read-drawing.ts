import { gunzipSync } from 'node:zlib';
import { type SaxesAttributeNS, SaxesParser, type SaxesTagNS } from 'saxes';
import { escapeXml } from '../fields/escape-xml.ts';

import { DrawingError } from './drawing-error.ts';
import { readViewBox, type Size, sizeOf } from './length.ts';
import { createReferenceCheck } from './references.ts';

const SVG = 'http://www.w3.org/2000/svg';
const XLINK = 'http://www.w3.org/1999/xlink';
const XINCLUDE = 'http://www.w3.org/2001/XInclude';
/** Proportions that differ by no more are the same. */
const SAME_SHAPE = 0.001;
/** Elements within each other; librsvg draws some 256, and to read one takes the time of all around it. */
const MAX_DEPTH = 250;
/** What makes a drawing move in a browser. */
const MOVES = ['animate', 'animateMotion', 'animateTransform', 'animateColor', 'set'];

/** What turns in CSS; what is escaped there may be that. */
const TURNS = /transform|\\/i;

/** What is read. */
export interface DrawingRequest {
  /** An SVG file, or one packed by gzip. */
  content: Uint8Array;
  /** The most bytes that it may have, unpacked. */
  maxBytes: number;
  /** The most pixels that pictures in it may have together. */
  maxPixels: number;
}

/** A drawing that refers to nothing outside of itself, ready to be drawn at any size. */
export interface Drawing {
  /** Its own size in CSS pixels. */
  width: number;
  height: number;
  /** Whether it moves in a browser. */
  moves: boolean;
  /** Its own element, to which its size and `style` are added, and what stands behind it. */
  opening: string;
  style: string;
  isEmpty: boolean;
  /** Whether it may turn or move itself as a whole: it does so by pixels, whatever size it is drawn at. */
  turns: boolean;
  rest: Uint8Array<ArrayBuffer>;
}

/**
 * Reads an SVG: unpacks it, checks that it is XML and refers to nothing outside of itself, and finds its size. Throws
 * DrawingError for what it refers to, for entities, scripts and HTML in it, and for more bytes or pixels than are taken.
 */
export function readDrawing({ content, maxBytes, maxPixels }: DrawingRequest): Drawing {
  const text = decode(unpack(content, maxBytes));
  const check = createReferenceCheck(maxPixels);
  const parser = new SaxesParser({ xmlns: true, additionalNamespaces: { xlink: XLINK } });
  const parents: string[] = [];
  /** What stands in the style sheets that are open: comments in them part no words. */
  const sheets: string[] = [];
  let root: { tag: SaxesTagNS; end: number } | undefined;
  let moves = false;
  let turns = false;
  parser.on('error', (error) => {
    throw new DrawingError(`is no well-formed XML (${error.message.split('\n')[0]})`);
  });
  parser.on('doctype', (doctype) => {
    if (doctype.includes('[')) throw new DrawingError('declares entities: save it without (as plain SVG)');
  });
  parser.on('processinginstruction', ({ target }) => {
    if (target === 'xml-stylesheet') throw new DrawingError('refers to a style sheet: put its rules into the file');
  });
  parser.on('opentag', (tag) => {
    root ??= { tag, end: parser.position };
    assertElement(tag, parents.at(-1));
    moves ||= MOVES.includes(tag.local);
    for (const attribute of Object.values(tag.attributes)) checkAttribute(tag, attribute);
    parents.push(tag.local);
    if (tag.local === 'style') sheets.push('');
    if (parents.length > MAX_DEPTH) throw new DrawingError(`nests more than ${MAX_DEPTH} elements: save it flatter`);
  });
  parser.on('closetag', () => {
    if (parents.pop() !== 'style') return;
    const words = sheets.pop() ?? '';
    check.css(words);
    turns ||= TURNS.test(words);
  });
  const addStyle = (words: string) => {
    if (parents.at(-1) === 'style') sheets.push((sheets.pop() ?? '') + words);
  };
  parser.on('text', addStyle);
  parser.on('cdata', addStyle);
  const checkAttribute = ({ local: element }: SaxesTagNS, { local, prefix, value }: SaxesAttributeNS) => {
    // Where a click leads is not drawn.
    if (local === 'href' && element !== 'a') check.href(value);
    else if (prefix !== 'xmlns' && /url\(|\\/i.test(value)) check.css(value);
  };
  parser.write(text).close();
  if (!root) throw new DrawingError('holds no drawing');
  const { transform, style } = root.tag.attributes;
  turns ||= transform !== undefined || TURNS.test(style?.value ?? '');
  return { ...openingOf(root.tag), moves, turns, rest: Buffer.from(text.slice(root.end)) as Buffer<ArrayBuffer> };
}

/** Throws DrawingError for elements that are not drawn, or that bring in something else. */
function assertElement({ local, uri }: SaxesTagNS, parent: string | undefined): void {
  const name = local.toLowerCase();
  if (name === 'script') throw new DrawingError('holds a script: scripts are not run, so save it without');
  if (uri === XINCLUDE) throw new DrawingError('includes another file (XInclude): put that into the file');
  // Beside a text for those who can't draw it, that text is drawn.
  if (name === 'foreignobject' && parent !== 'switch') {
    throw new DrawingError('holds HTML (foreignObject), which is not drawn: export it with its texts as text or paths');
  }
}

/** Writes the drawing's own element anew, without its size, and reads that. */
function openingOf({
  name,
  local,
  uri,
  attributes,
  isSelfClosing,
}: SaxesTagNS): Omit<Drawing, 'rest' | 'moves' | 'turns'> {
  if (local !== 'svg' || (uri !== SVG && uri !== '')) throw new DrawingError(`is no SVG: it begins with <${name}>`);
  const {
    width,
    height,
    viewBox,
    style = '',
    x: _x,
    y: _y,
    ...others
  } = Object.fromEntries(Object.values(attributes).map(({ name: key, value }) => [key, value]));
  const size = sizeOf({ width, height, viewBox });
  if (!size) throw new DrawingError('has a width or height of nothing');
  const given = readViewBox(viewBox);
  const box = given ? viewBox : `0 0 ${size.width} ${size.height}`;
  // Copied out of a page, a drawing lacks its namespaces.
  const all: Record<string, string | undefined> = { viewBox: box, ...others };
  // Sides are rounded to whole pixels: what has the shape of its viewBox fills them.
  if (hasShape(size, given ?? size)) all['preserveAspectRatio'] = 'none';
  if (uri === '') all['xmlns'] = SVG;
  all['xmlns:xlink'] ??= XLINK;
  const written = Object.entries(all).map(([key, value = '']) => ` ${key}="${escapeXml(value)}"`);
  // libvips knows a drawing by these letters.
  const mark = name === local ? '' : '<!--<svg-->';
  return { ...size, opening: `${mark}<${name}${written.join('')}`, style, isEmpty: isSelfClosing };
}

const hasShape = (one: Size, other: Size) =>
  Math.abs((one.width * other.height) / (one.height * other.width) - 1) < SAME_SHAPE;

function unpack(content: Uint8Array, maxBytes: number): Uint8Array {
  const tooLarge = () =>
    new DrawingError(`has more than ${maxBytes.toLocaleString('en-US')} bytes, unpacked`, 'payload_too_large');
  if (content[0] !== 0x1f || content[1] !== 0x8b) {
    if (content.length > maxBytes) throw tooLarge();
    return content;
  }
  try {
    return gunzipSync(content, { maxOutputLength: maxBytes });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge();
    throw new DrawingError('is truncated or damaged: it can not be unpacked');
  }
}

/** Decodes a text by its mark or declaration; UTF-8 unless it says so. */
function decode(content: Uint8Array): string {
  const start = Buffer.from(content.subarray(0, 200)).toString('latin1');
  const declared = start.match(/^<\?xml[^>]*encoding\s*=\s*["']([\w.:-]+)["']/)?.[1] ?? 'utf-8';
  const encoding = start.startsWith('\xff\xfe') ? 'utf-16le' : start.startsWith('\xfe\xff') ? 'utf-16be' : declared;
  try {
    return new TextDecoder(encoding).decode(content);
  } catch {
    throw new DrawingError(`is written in an encoding that is not known (${encoding.slice(0, 40)})`);
  }
}

/** Writes a drawing that is to be drawn so many pixels wide and high: no CSS of its own gives it another size. */
export function writeDrawing(drawing: Drawing, width: number, height: number): Buffer {
  const { turns, rest } = drawing;
  if (!turns) return Buffer.concat([Buffer.from(writeOpening(drawing, { width, height })), rest]);
  // Around it, another is drawn at that size, of which it fills the whole at its own.
  const around = { opening: `<svg xmlns="${SVG}" viewBox="0 0 ${drawing.width} ${drawing.height}"`, isEmpty: false };
  const outer = writeOpening({ ...around, style: AS_IT_IS }, { width, height }, ' preserveAspectRatio="none"');
  return Buffer.concat([Buffer.from(outer + writeOpening(drawing, drawing)), rest, Buffer.from('</svg>')]);
}

/** Rules for all drawings count for the inner one alone. */
const AS_IT_IS = ['transform:none', 'opacity:1', 'filter:none', 'mask:none', 'clip-path:none']
  .map((rule) => `${rule}!important`)
  .join(';');

function writeOpening(
  { opening, style, isEmpty }: Pick<Drawing, 'opening' | 'style' | 'isEmpty'>,
  { width, height }: Size,
  further = '',
): string {
  const css = `${style};width:${width}px!important;height:${height}px!important;x:0!important;y:0!important`;
  return `${opening}${further} width="${width}" height="${height}" style="${escapeXml(css)}"${isEmpty ? '/>' : '>'}`;
}
