import type { OverlayOptions } from 'sharp';
import type { TextOverlay } from '../../input/text.ts';
import { fromPixels, type Pixels, toPixels } from '../../picture/pixels.ts';
import type { Size } from '../../picture/size.ts';
import type { DecodeOptions } from '../../picture/source.ts';
import { marginWithin, placeOf } from '../watermark/overlay.ts';
import { typeset } from './typeset.ts';

/** Sets a text for a picture of that size and returns what sharp lays over it; nothing where there is nothing to be seen. */
export type DrawText = (text: TextOverlay, size: Size) => Promise<OverlayOptions[]>;

/** No letter takes less than this share of its size squared, an i in its line. */
const LEAST_LETTER = 0.3;
/** A line takes so much of its size at least. */
const LEAST_LINE = 1.2;
/** So often a text is set again, smaller, until it fits. */
const TRIES = 6;
const SMALLEST = 4;

/** Makes a function that draws texts and keeps the last one: all frames of an animation share it. */
export function createTextDrawer(options: DecodeOptions): DrawText {
  let [lastKey, last]: [string, Promise<OverlayOptions[]>] = ['', Promise.resolve([])];
  return (text, size) => {
    const key = JSON.stringify([text, size.width, size.height]);
    if (key !== lastKey) [lastKey, last] = [key, drawText(text, size, options)];
    return last;
  };
}

async function drawText(text: TextOverlay, size: Size, options: DecodeOptions): Promise<OverlayOptions[]> {
  const edge = marginWithin(text.margin, size);
  const room = { width: size.width - 2 * edge, height: size.height - 2 * edge };
  const set = await setWithin(text, size, room);
  if (!set) return [];
  // What does not fit at the smallest size is cut.
  const [width, height] = [Math.min(set.width, room.width), Math.min(set.height, room.height)];
  const [, alpha] = partColour(text.colour);
  const shown = await toPixels(
    fromPixels(set, options)
      .extract({ left: 0, top: 0, width, height })
      .linear([1, 1, 1, text.opacity * alpha], [0, 0, 0, 0]),
  );
  return [
    {
      input: shown.data,
      raw: { width, height, channels: shown.channels },
      ...placeOf(text.position, shown, size, edge),
    },
  ];
}

/** Sets a text at its size, or at the largest smaller one at which it fits. */
async function setWithin(text: TextOverlay, size: Size, room: Size): Promise<Pixels | undefined> {
  const [colour] = partColour(text.colour);
  const align = text.position.endsWith('west') ? 'left' : text.position.endsWith('east') ? 'right' : 'centre';
  let wanted = Math.max(SMALLEST, Math.min(sizeOf(text, size), largestSize(text.text, room)));
  for (let tried = 1; ; tried += 1) {
    const set = await typeset(text.text, { size: wanted, colour, align, width: room.width });
    const scale = set ? Math.min(room.width / set.width, Math.sqrt(room.height / set.height)) : 1;
    if (scale >= 1 || tried === TRIES || wanted === SMALLEST) return set;
    // Smaller letters break into fewer lines: the height shrinks with the square, a little less at the end.
    wanted = Math.max(SMALLEST, Math.floor(wanted * Math.min(scale, 0.97)));
  }
}

const sizeOf = ({ size }: TextOverlay, { width }: Size): number =>
  typeof size === 'string' ? Math.round((width * Number.parseFloat(size)) / 100) : size;

/** A size at which the text surely does not fit into the room: it is not set larger, whatever was asked for. */
function largestSize(words: string, { width, height }: Size): number {
  const lines = words.split('\n').length;
  const byArea = Math.sqrt((width * height) / (LEAST_LETTER * words.length));
  return Math.ceil(Math.min(2 * byArea, (2 * height) / (LEAST_LINE * lines)));
}

/** Parts a colour in hexadecimal into that of Pango, and its opacity. */
function partColour(colour: string): [string, number] {
  const digits = colour.slice(1);
  const size = digits.length > 4 ? 2 : 1;
  const opacity = digits.slice(3 * size);
  const alpha = opacity === '' ? 1 : Number.parseInt(opacity.padEnd(2, opacity), 16) / 255;
  return [`#${digits.slice(0, 3 * size)}`, alpha];
}
