import { readCredits } from './read-credits.ts';
import { isPacked } from './shows-picture.ts';
import { walkXmp, writeXmp } from './xmp.ts';

const ORIENTATION = 'tiff:Orientation';
/** Every EXIF orientation but 1, which is upright already. */
const TURNED = '2345678';

/**
 * What tells of the pixels that there were: thumbnails of them, gain maps, depths and other images in the file, the part that
 * an editor cut out, the rest of the packet (which is not kept).
 */
const OF_OLD_PIXELS = new RegExp(
  [
    /^\w+:Thumbnails?$/,
    /^(xmp[A-Z]*GImg|xapGImg|hdrgm|HDRGainMap|G?Container|GImage|GDepth|GAudio|Device|apdi|depthData):/,
    /^GCamera:(MicroVideo|MotionPhoto)/,
    /^crs:(HasCrop|Crop.*)$|^xmpNote:HasExtendedXMP$/,
  ]
    .map(({ source }) => source)
    .join('|'),
);
/** Nothing that is told, where nothing can be. */
const EMPTY = '<x:xmpmeta xmlns:x="adobe:ns:meta/"></x:xmpmeta>';

/** Where something stands in a text: from its first character to behind its last. */
interface Span {
  from: number;
  to: number;
}

/**
 * Returns an XMP packet for a picture made of the one that it came with: its `tiff:Orientation` says upright (1), and what told
 * of the old pixels is gone; all else is left as it is. Of a packet that can't be looked through its credits are left.
 */
export function describeNewPicture(packet: string): string {
  // Some programs end it as C ends its texts.
  let end = packet.length;
  while (packet.charCodeAt(end - 1) === 0) end -= 1;
  const xmp = packet.slice(0, end);
  const described = describe(xmp);
  // What stands in comments too.
  if (described !== undefined && !isPacked(described)) return described;
  return writeXmp(readCredits({ xmp: Buffer.from(xmp) })) ?? EMPTY;
}

function describe(xmp: string): string | undefined {
  const old = findOld(xmp);
  if (!old) return undefined;
  const edits = [...findTurned(xmp), ...old].sort((one, other) => one.from - other.from || other.to - one.to);
  const parts: string[] = [];
  let copied = 0;
  for (const { from, to, text = '' } of edits) {
    // It lies in what is gone already.
    if (from < copied) continue;
    parts.push(xmp.slice(copied, from), text);
    copied = to;
  }
  return parts.join('') + xmp.slice(copied);
}

/** Finds the digits that say how the picture was turned. */
function findTurned(xmp: string): (Span & { text: string })[] {
  const places: number[] = [];
  let start = 0;
  walkXmp(xmp, {
    attribute: (name, value, end) => {
      // Behind the value stands its quote.
      if (name === ORIENTATION && value.length === 1) places.push(end - 2);
    },
    open: (_name, end) => {
      start = end;
    },
    close: (name, end) => {
      const isEmpty = end === start;
      if (name !== ORIENTATION || isEmpty) return;
      const text = xmp.slice(start, xmp.indexOf('<', start));
      if (text.trim().length === 1) places.push(start + text.length - text.trimStart().length);
    },
  });
  const turned = places.filter((place) => TURNED.includes(xmp.charAt(place)));
  return turned.map((from) => ({ from, to: from + 1, text: '1' }));
}

/** Finds the elements and attributes that tell of the old pixels; undefined where the packet can't be walked to its end. */
function findOld(xmp: string): (Span & { text?: string })[] | undefined {
  const spans: Span[] = [];
  /** The elements that are open: where each begins, and whether it tells of them. */
  const open: { from: number; isOld: boolean }[] = [];
  const isWhole = walkXmp(xmp, {
    attribute: (name, value, end, written) => {
      if (OF_OLD_PIXELS.test(name) || isPacked(value)) spans.push({ from: findAttribute(xmp, written, end), to: end });
    },
    open: (name, end) => {
      open.push({ from: xmp.lastIndexOf('<', end - 1), isOld: OF_OLD_PIXELS.test(name) });
    },
    text: (text) => {
      const inner = open.at(-1);
      if (inner && isPacked(text)) inner.isOld = true;
    },
    close: (_name, end) => {
      const closed = open.pop();
      if (closed?.isOld) spans.push({ from: closed.from, to: end });
    },
  });
  return isWhole ? spans : undefined;
}

/** Finds where an attribute begins that ends there: its value may hold its name too. */
function findAttribute(xmp: string, name: string, end: number): number {
  let at = xmp.lastIndexOf(name, end);
  while (
    at > 0 &&
    !(/\s/.test(xmp.charAt(at - 1)) && /^\s*=/.test(xmp.slice(at + name.length, at + name.length + 20)))
  ) {
    at = xmp.lastIndexOf(name, at - 1);
  }
  return Math.max(0, at);
}
