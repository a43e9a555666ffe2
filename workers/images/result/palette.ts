import type { Pixels } from '../picture/pixels.ts';

/** So many colours are told at most. */
const MOST_COLOURS = 5;
/** Colours are counted in boxes: so many of the upper bits of each channel tell them apart. */
const BOX_BITS = 4;
/** Nearer to one that is told already a colour says nothing new: the distance in a cube of 256 a side. */
const ALIKE = 32;
/** From so far on distance counts no more, only how much of the picture a colour has. */
const APART = 128;
/** A picture without anything to be seen has the colour of the page. */
const NO_COLOUR = '#ffffff';

/** The pixels of one box: their opacity, and their mean colour. */
interface Box {
  weight: number;
  red: number;
  green: number;
  blue: number;
  /** Of the nearest colour that is told already. */
  distance: number;
}

/** The colours of a picture, as #rrggbb. */
export interface PictureColours {
  /** That of most pixels: the mean of the fullest box. */
  dominant: string;
  /** Up to five that make it up, the one that most of it is nearest to first. */
  palette: string[];
}

/**
 * Finds the colours of a picture, each pixel counted by its opacity. Takes RGBA pixels. The first is the fullest box, each other the
 * fullest of those that are far from the ones before: a small red ball on a lawn is among them, five greens are not. sharp's
 * `stats().dominant` has the same boxes, but takes many times as long, returns the middle of the box (white becomes #f8f8f8) and
 * counts what is transparent: bench/dominant-colour.ts.
 */
export function findColours({ data }: Pick<Pixels, 'data'>): PictureColours {
  const boxes = countBoxes(data);
  const told: Box[] = [];
  while (told.length < MOST_COLOURS) {
    let best = boxes[0];
    for (const box of boxes) if (best && scoreOf(box) > scoreOf(best)) best = box;
    if (!best || best.distance < ALIKE) break;
    told.push(best);
    for (const box of boxes) box.distance = Math.min(box.distance, distanceOf(box, best));
  }
  const [fullest] = told;
  if (!fullest) return { dominant: NO_COLOUR, palette: [NO_COLOUR] };
  const shares = new Map(told.map((box) => [box, 0]));
  for (const box of boxes) {
    const nearest = told.reduce((one, other) => (distanceOf(other, box) < distanceOf(one, box) ? other : one));
    shares.set(nearest, (shares.get(nearest) ?? 0) + box.weight);
  }
  const palette = told.toSorted((one, other) => (shares.get(other) ?? 0) - (shares.get(one) ?? 0)).map(toHex);
  return { dominant: toHex(fullest), palette };
}

/** Plain loops over typed arrays: a job waits for this. */
function countBoxes(data: Uint8Array): Box[] {
  const drop = 8 - BOX_BITS;
  const places = new Int16Array(1 << (3 * BOX_BITS)).fill(-1);
  const boxes: Box[] = [];
  for (let at = 0; at + 4 <= data.length; at += 4) {
    const [red, green, blue, alpha] = [data[at] ?? 0, data[at + 1] ?? 0, data[at + 2] ?? 0, data[at + 3] ?? 0];
    if (alpha === 0) continue;
    const place = ((((red >> drop) << BOX_BITS) | (green >> drop)) << BOX_BITS) | (blue >> drop);
    if (places[place] === -1) {
      places[place] = boxes.length;
      boxes.push({ weight: 0, red: 0, green: 0, blue: 0, distance: Number.POSITIVE_INFINITY });
    }
    const box = boxes[places[place] ?? 0];
    if (!box) continue;
    box.weight += alpha;
    box.red += alpha * red;
    box.green += alpha * green;
    box.blue += alpha * blue;
  }
  for (const box of boxes) {
    box.red /= box.weight;
    box.green /= box.weight;
    box.blue /= box.weight;
  }
  return boxes;
}

const scoreOf = ({ weight, distance }: Box): number =>
  distance < ALIKE ? 0 : weight * Math.min(1, distance / APART) ** 2;

const distanceOf = (one: Box, other: Box): number =>
  Math.sqrt((one.red - other.red) ** 2 + (one.green - other.green) ** 2 + (one.blue - other.blue) ** 2);

const toHex = ({ red, green, blue }: Box): string =>
  `#${[red, green, blue].map((channel) => Math.round(channel).toString(16).padStart(2, '0')).join('')}`;
