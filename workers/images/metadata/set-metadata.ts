import type { Sharp } from 'sharp';
import type { Rendition } from '../input/rendition.ts';
import type { Source } from '../pipeline/source.ts';
import { type Credits, readCredits, toXmp } from './credits.ts';

/** Keeps what the source says of itself; pixels become sRGB, so its colour profile gives way to that of sRGB. */
export const keepAll = (pipeline: Sharp): Sharp => pipeline.keepMetadata().withIccProfile('srgb');

/** Gives a picture the metadata its rendition keeps. Without any, sharp writes none. */
export function setMetadata(picture: Sharp, kept: Rendition['metadata'], { metadata }: Source): Sharp {
  if (kept === 'none') return picture;
  if (kept === 'copyright') return setCredits(picture, readCredits(metadata));
  // sharp takes the orientation out of EXIF when it has applied it; XMP may repeat it.
  const xmp = metadata.xmp?.toString();
  const upright = xmp?.replace(/(tiff:Orientation(?:\s*=\s*["']|>\s*))[2-8]/g, '$11');
  // Set, not kept: the pixels of an animation come without.
  return upright ? keepAll(picture).withXmp(upright) : keepAll(picture);
}

/** EXIF for programs that read nothing else, in ASCII alone; XMP for names as they are written. */
function setCredits(picture: Sharp, credits: Credits): Sharp {
  const { copyright, artist } = credits;
  const entries = Object.entries({ Copyright: copyright, Artist: artist });
  // libvips cuts off the last parenthesis of a value, which in what it reads itself tells the type.
  const given = entries.flatMap(([name, text]) => (text ? [[name, `${text} (text, ASCII)`]] : []));
  if (given.length > 0) picture.withExif({ IFD0: Object.fromEntries(given) });
  const xmp = toXmp(credits);
  return xmp ? picture.withXmp(xmp) : picture;
}
