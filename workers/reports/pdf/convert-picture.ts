/** The pictures that a PDF holds as they are. */
const isJpeg = (bytes: Buffer): boolean => bytes.subarray(0, 3).toString('hex') === 'ffd8ff';
const isPng = (bytes: Buffer): boolean => bytes.subarray(0, 8).toString('hex') === '89504e470d0a1a0a';

/** JPEGs that are made of WebP without transparency. */
const QUALITY = 92;
/** Before its pixels a PNG has no more than a few parts. */
const MOST_CHUNKS = 200;

/** Whether a PNG says by a profile that its numbers are other colours than sRGB's: those of a wide screen, such as Display P3. */
function hasOtherColours(png: Buffer): boolean {
  let at = 8;
  for (let count = 0; count < MOST_CHUNKS && at + 12 <= png.length; count += 1) {
    const length = png.readUInt32BE(at);
    const type = png.toString('latin1', at + 4, at + 8);
    if (type === 'IDAT') return false;
    // A profile begins with its name.
    if (type === 'iCCP') return !/sRGB/i.test(png.toString('latin1', at + 8, at + 8 + Math.min(length, 80)));
    at += 12 + length;
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
 * Opens a picture that a PDF can't hold as it is, or not in its colours: WebP, GIF, a PNG with a profile. Undefined for
 * others. Rejects for what is no picture.
 */
export async function openConversion(bytes: Buffer, maxPixels: number): Promise<Conversion | undefined> {
  if (isJpeg(bytes) || (isPng(bytes) && !hasOtherColours(bytes))) return undefined;
  const { default: sharp } = await import('sharp');
  const open = () => sharp(bytes, { limitInputPixels: maxPixels, failOn: 'error' });
  const { width, height, hasAlpha, format } = await sharp(bytes, { limitInputPixels: false }).metadata();
  if (!['png', 'webp', 'gif'].includes(format)) throw new Error(`${format} is not taken`);
  return {
    width,
    height,
    convert() {
      const picture = open().autoOrient();
      const isPhoto = format === 'webp' && !hasAlpha;
      return (isPhoto ? picture.jpeg({ quality: QUALITY }) : picture.png({ compressionLevel: 6 })).toBuffer();
    },
  };
}
