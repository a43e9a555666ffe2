const END_OF_IMAGE = Buffer.from([0xff, 0xd9]);
const START_OF_SCAN = Buffer.from([0xff, 0xda]);

/**
 * Returns a JPEG with its end marker, where it lacks it: cameras and chats lose these two bytes, and all pixels are there. Null
 * where it has its end. In what is coded neither marker can stand.
 */
export function endJpeg(jpeg: Buffer): Buffer | null {
  const scan = jpeg.lastIndexOf(START_OF_SCAN);
  if (scan < 0 || jpeg.indexOf(END_OF_IMAGE, scan) >= 0) return null;
  // A marker may have lost its second byte alone.
  const whole = jpeg.at(-1) === 0xff ? jpeg.subarray(0, -1) : jpeg;
  return Buffer.concat([whole, END_OF_IMAGE]);
}
