import { walkXmp } from './xmp.ts';

const ORIENTATION = 'tiff:Orientation';
/** Every EXIF orientation but 1, which is upright already. */
const TURNED = '2345678';

/**
 * What tells of the pixels that there were: thumbnails of them, gain maps and other images in the file, the part that an
 * editor cut out, the rest of the packet (which is not kept).
 */
const OF_OLD_PIXELS =
  /^(xmp:Thumbnails|xap:Thumbnails|xmp[A-Z]*GImg:.*|xapGImg:.*|hdrgm:.*|HDRGainMap:.*|G?Container:.*|GCamera:(MicroVideo|MotionPhoto).*|crs:(HasCrop|Crop.*)|xmpNote:HasExtendedXMP)$/;

/** Where something stands in a text: from its first character to behind its last. */
interface Span {
  from: number;
  to: number;
}

/**
 * Returns an XMP packet for a picture made of the one that it came with: its `tiff:Orientation` says upright (1), and what told
 * of the old pixels is gone; all else is left as it is.
 */
export function describeNewPicture(xmp: string): string {
  const edits = [...findTurned(xmp), ...findOld(xmp)].sort((one, other) => one.from - other.from || other.to - one.to);
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

/** Finds the elements and attributes that tell of the old pixels. */
function findOld(xmp: string): (Span & { text?: string })[] {
  const spans: Span[] = [];
  /** Where the outermost of them begins that is open, and how many are open in it. */
  let from = -1;
  let depth = 0;
  walkXmp(xmp, {
    attribute: (name, _value, end) => {
      if (depth === 0 && OF_OLD_PIXELS.test(name)) spans.push({ from: findAttribute(xmp, name, end), to: end });
    },
    open: (name, end) => {
      if (depth > 0) depth += 1;
      else if (OF_OLD_PIXELS.test(name)) {
        from = xmp.lastIndexOf('<', end - 1);
        depth = 1;
      }
    },
    close: (_name, end) => {
      if (depth === 0) return;
      depth -= 1;
      if (depth === 0) spans.push({ from, to: end });
    },
  });
  return spans;
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
