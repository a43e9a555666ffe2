import { holdsPixelsAlone } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import { freeBuffers } from '../memory.ts';
import type { Pixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';
import { atDensity } from './geometry.ts';
import { mayBeTransparent } from './transform.ts';

/** Options that say how pixels are encoded, and not which. */
const ENCODING: readonly (keyof Rendition)[] = [
  'name',
  'format',
  'quality',
  'maxBytes',
  'lossless',
  'progressive',
  'animated',
];
/** So much is held at most: three pictures of the largest that are encoded from their pixels. */
const MOST_BYTES = 20_000_000;
const RGB = 3;

/** What renditions show: their pixels, and the size by which they are encoded. */
interface Shown {
  pixels: Pixels;
  size: Size;
}

/** Pixels that several renditions of a source show, which differ in nothing but how they are encoded. */
export interface SharedPixels {
  /** Returns what a rendition shows, where one before it showed the same. */
  find(rendition: Rendition): Shown | undefined;
  /** Holds what a rendition shows until the last one that shows it is made; false where there is no other, or no room. */
  hold(rendition: Rendition, shown: Shown): boolean;
  /** Notes that a rendition is made, or can't be. */
  leave(rendition: Rendition): void;
}

/** Makes the place for the pixels of these renditions of a source. */
export function createSharedPixels(renditions: readonly Rendition[], source: { hasAlpha: boolean }): SharedPixels {
  const held = new Map<string, Shown>();
  const left = new Map<string, number>();
  const count = (rendition: Rendition, change: number) => {
    const key = keyOf(rendition, source);
    if (key === undefined) return;
    left.set(key, (left.get(key) ?? 0) + change);
    if (change > 0 || (left.get(key) ?? 0) > 0) return;
    freeBuffers(held.get(key)?.pixels.data);
    held.delete(key);
  };
  for (const rendition of renditions) count(rendition, 1);
  return {
    find: (rendition) => held.get(keyOf(rendition, source) ?? ''),
    hold(rendition, shown) {
      const { pixels } = shown;
      const key = keyOf(rendition, source);
      if (key === undefined || (left.get(key) ?? 0) < 2 || pixels.channels !== RGB) return false;
      const taken = [...held.values()].reduce((sum, { pixels: { data } }) => sum + data.length, 0);
      if (!held.has(key) && taken + pixels.data.length > MOST_BYTES) return false;
      held.set(key, shown);
      return true;
    },
    leave: (rendition) => count(rendition, -1),
  };
}

/** Returns what tells the pixels of a rendition; undefined where the format has a part in them, or more than pixels goes along. */
function keyOf(wanted: Rendition, source: { hasAlpha: boolean }): string | undefined {
  const rendition = atDensity(wanted);
  const hasOwn = source.hasAlpha || rendition.radius !== undefined || mayBeTransparent(source, rendition, 'png');
  if (hasOwn || !holdsPixelsAlone(rendition)) return undefined;
  const shown = Object.entries(rendition).filter(([option]) => !ENCODING.includes(option as keyof Rendition));
  return JSON.stringify(shown.sort(([one], [other]) => (one < other ? -1 : 1)));
}
