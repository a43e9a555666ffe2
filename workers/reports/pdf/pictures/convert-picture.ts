/** The pictures that a PDF holds as they are. */
const isJpeg = (bytes: Buffer): boolean => bytes.subarray(0, 3).toString('hex') === 'ffd8ff';
const isPng = (bytes: Buffer): boolean => bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a';
/** Those that become one of them. */
const isWebp = (bytes: Buffer): boolean => /^RIFF.{4}WEBP/s.test(bytes.toString('latin1', 0, 12));
const isGif = (bytes: Buffer): boolean => bytes.toString('latin1', 0, 4) === 'GIF8';

/** JPEGs that are made of others, and of WebP without transparency. */
const QUALITY = 92;
/** Before its pixels a picture has no more than a few parts. */
const MOST_PARTS = 200;

/** Whether a profile, by its name, says that numbers are other colours than sRGB's; it is written with or without zeros between. */
const isOther = (name: string): boolean => !/s\0?R\0?G\0?B/i.test(name);

/** Whether a PNG says by a profile that its numbers are other colours than sRGB's: those of a wide screen, such as Display P3. */
function hasOtherPngColours(png: Buffer): boolean {
  let at = 8;
  for (let count = 0; count < MOST_PARTS && at + 12 <= png.length; count += 1) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') return false;
    // A profile begins with its name.
    if (type === 'iCCP') return isOther(png.toString('latin1', at + 8, at + 8 + Math.min(length, 80)));
    at += 12 + length;
  }
  return false;
}

const PROFILE_MARK = 'ICC_PROFILE\0';
/** Where a profile says which colours its numbers are. */
const SPACE_AT = 16;

/** Whether a JPEG says so by a profile; greys and colours of a press stay what they are. */
function hasOtherJpegColours(jpeg: Buffer): boolean {
  let at = 2;
  for (let count = 0; count < MOST_PARTS && at + 4 <= jpeg.length && jpeg[at] === 0xff; count += 1) {
    const [marker = 0, end] = [jpeg[at + 1], at + 2 + jpeg.readUInt16BE(at + 2)];
    // The picture begins.
    if (marker === 0xda) return false;
    if (marker === 0xe2 && jpeg.toString('latin1', at + 4, at + 4 + PROFILE_MARK.length) === PROFILE_MARK) {
      // Behind the mark stand the part's number and how many parts there are.
      const profile = jpeg.toString('latin1', at + 4 + PROFILE_MARK.length + 2, end);
      return profile.startsWith('RGB ', SPACE_AT) && isOther(profile);
    }
    at = end;
  }
  return false;
}

/** A picture that has to become another one before a PDF can hold it. */
export interface Conversion {
  width: number;
  height: number;
  /** Makes a PNG or JPEG of it, in sRGB; of an animation its first frame. Rejects for damaged ones. */
  convert(): Promise<Buffer>;
}

/**
 * Opens a picture that a PDF can't hold as it is, or not in its colours: WebP, GIF, a PNG or JPEG with a profile. Undefined
 * for others. Rejects for what is no picture.
 */
export async function openConversion(bytes: Buffer, maxPixels: number): Promise<Conversion | undefined> {
  if (isJpeg(bytes) ? !hasOtherJpegColours(bytes) : isPng(bytes) && !hasOtherPngColours(bytes)) return undefined;
  // Of what libvips could read, these alone are taken.
  if (![isJpeg, isPng, isWebp, isGif].some((isIt) => isIt(bytes))) throw new Error('no picture that is taken');
  const { default: sharp } = await import('sharp');
  const { autoOrient, hasAlpha, format } = await sharp(bytes, { limitInputPixels: false }).metadata();
  return {
    ...autoOrient,
    convert() {
      const picture = sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' }).autoOrient();
      const isPhoto = format === 'jpeg' || (format === 'webp' && !hasAlpha);
      return (isPhoto ? picture.jpeg({ quality: QUALITY }) : picture.png({ compressionLevel: 6 })).toBuffer();
    },
  };
}
