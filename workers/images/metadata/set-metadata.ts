import type { Sharp } from 'sharp';
import type { Rendition } from '../input/rendition.ts';
import { keepMetadata } from '../picture/pixels.ts';
import type { Source } from '../picture/source.ts';
import type { Credits } from './credits.ts';
import { forgetOldPicture } from './old-picture.ts';
import type { MetadataReader } from './reader.ts';
import { writeXmp } from './xmp.ts';

/** Gives a picture the metadata that its rendition keeps. Without any, sharp writes none. */
export async function setMetadata(
  picture: Sharp,
  keeps: Rendition['metadata'],
  { content, metadata, space, exif }: Source,
  { readCredits, readNewXmp }: MetadataReader,
): Promise<Sharp> {
  if (keeps === 'none') return picture;
  // What could not be looked through is not kept: it may show what was cut off.
  const hasForgotten = forgetOldPicture(content, metadata);
  if (keeps === 'copyright') {
    // What was decoded from a HEIC, or put into P3, came without its EXIF.
    const isBare = exif !== undefined || space === 'p3';
    return setCredits(picture, await readCredits(metadata), hasForgotten || isBare);
  }
  // sharp takes the orientation out of EXIF when it has applied it; XMP may repeat it.
  const xmp = await readNewXmp(metadata);
  // An animation's pixels come without XMP: keeping it would not do.
  const kept = hasForgotten ? keepMetadata(picture, { space }) : withProfile(picture, space);
  return xmp ? kept.withXmp(xmp) : kept;
}

const withProfile = (picture: Sharp, space: Source['space']): Sharp =>
  space === 'p3' ? picture.keepIccProfile() : picture.withIccProfile('srgb');

/**
 * Writes EXIF for programs that read nothing else, in ASCII alone; XMP for names as they are written. With EXIF libvips writes the old
 * picture's thumbnail too, where its file has it and that is not forgotten.
 */
function setCredits(picture: Sharp, credits: Credits, writesExif: boolean): Sharp {
  const { copyright, artist } = credits;
  const entries = Object.entries({ Copyright: copyright, Artist: artist });
  // libvips cuts off the last parenthesis of a value, which in what it reads itself tells the type.
  const given = entries.flatMap(([name, text]) => (text ? [[name, `${text} (text, ASCII)`]] : []));
  if (writesExif && given.length > 0) picture.withExif({ IFD0: Object.fromEntries(given) });
  const xmp = writeXmp(credits);
  return xmp ? picture.withXmp(xmp) : picture;
}
