import sharp from 'sharp';
import type { TruthFormat } from './truth.ts';

/** Libvips' own profile of Display P3, and that of sRGB. */
const profileOf = async (name: 'srgb' | 'p3') => {
  const create = { width: 1, height: 1, channels: 3, background: '#fff' } as const;
  return (await sharp(await sharp({ create }).withIccProfile(name).png().toBuffer()).metadata()).icc;
};
const PROFILES = { srgb: profileOf('srgb'), p3: profileOf('p3') };

/** What tells of the old picture, or shows it, and has no place in a new one. */
const OF_OLD_PICTURE = ['hdrgm:', 'GainMap', 'MPF\0', 'urn:iso:std:iso:ts:21496'];
/** A JPEG's beginning inside EXIF: a thumbnail. */
const JPEG_START = Buffer.from([0xff, 0xd8, 0xff]);
/** The tag of EXIF's directory of the place, in either byte order, and its type. */
const PLACES = [Buffer.from([0x25, 0x88, 4, 0]), Buffer.from([0x88, 0x25, 0, 4])];

/** Whether a file holds a picture without colours: it stays one, in whatever space it is asked for. */
export async function isGreyFile(upload: Buffer): Promise<boolean> {
  const { space, hasAlpha } = await sharp(upload).metadata();
  return (space === 'b-w' || space === 'grey16') && !hasAlpha;
}

/** Lists which tags of a rendition are not as its options say. */
export async function findUntrueTags(
  content: Buffer,
  { format, isGrey }: { format: TruthFormat; isGrey: boolean },
  { metadata: keeps = 'none', colourSpace = 'srgb' }: { metadata?: string; colourSpace?: 'srgb' | 'p3' },
): Promise<string[]> {
  const { exif, xmp, icc, orientation = 1, depth, space } = await sharp(content).metadata();
  // A PNG that has no colours has no profile of any, where its pixels are the source's own.
  const isProfileless = format === 'png' && space === 'b-w' && !icc;
  const faults: string[] = [];
  const check = (isTrue: boolean, fault: string) => isTrue || faults.push(fault);
  check(orientation === 1, `orientation ${orientation}`);
  check(depth === 'uchar' && (space === 'srgb' || space === 'b-w'), `${depth} ${space}`);
  for (const mark of OF_OLD_PICTURE) check(!content.includes(mark), mark);
  check(!exif?.includes(JPEG_START), 'a thumbnail');
  const names = exif && PLACES.some((place) => exif.includes(place));
  check(keeps === 'all' || !names, 'the place');
  check(keeps !== 'none' || (!exif && !xmp), 'metadata');
  if (format === 'gif') check(!icc, 'a profile in a GIF');
  else if (colourSpace === 'p3' && !isGrey)
    check((await PROFILES.p3)?.equals(icc ?? Buffer.alloc(0)) ?? false, 'no P3');
  else if (keeps === 'all' && !isProfileless)
    check((await PROFILES.srgb)?.equals(icc ?? Buffer.alloc(0)) ?? false, 'no profile of sRGB');
  else check(!icc, 'a profile');
  return faults;
}
