import { AppError } from '../../../src/errors.ts';

const message = (error: unknown) => (error instanceof Error ? error.message : '');

/**
 * Words by which libvips and its decoders report bad input. A decoder puts its own name before its complaint; for an
 * interlaced PNG that ends early libvips reports `Unknown error` alone, or, with a PNG as output, that it can't write
 * its target (which is memory, and always can be written).
 */
const UNREADABLE = [
  /^(VipsJpeg|vipspng|pngload|webp|webp2vips|gifload|tiff2vips|tiffload|heif|heifload)\w*:/im,
  /^source: bad seek/im,
  /^Input (buffer|file) /,
  /corrupt|premature end|treated as error due to failOn|no property named/i,
  /^Unknown error$|^vips2png: unable to write to target/,
];

/**
 * Classifies an error of libvips and returns it with a public sentence: image_unreadable, unsupported_media_type,
 * payload_too_large or timed_out. Throws an AppError, and anything not recognised (a bug, memory run out), again as it is.
 */
export function classifyImageError(error: unknown): AppError {
  const text = message(error);
  if (error instanceof AppError || text === '') throw error;
  if (/^timeout: \d+% complete/.test(text)) {
    const sentence =
      'The image took too long to make: ask for fewer or smaller renditions or regions, or for a format other than AVIF.';
    return new AppError('timed_out', sentence, { cause: error });
  }
  if (/exceeds (pixel|channel) limit/.test(text)) {
    return new AppError('payload_too_large', 'The image has more pixels or channels than are taken.', { cause: error });
  }
  // A TIFF whose header gives its channels no meaning, or one that makes no sense.
  if (/no known route from '\w+' to/.test(text)) {
    const sentence =
      'The image has channels that are no colours: it is damaged, or holds something else than a picture.';
    return new AppError('image_unreadable', sentence, { cause: error });
  }
  const bits = text.match(/Unsupported JPEG data precision (\d+)/)?.[1];
  if (bits) {
    const sentence = `The file is a JPEG of ${bits} bits a channel, which is not read. Save it with 8.`;
    return new AppError('unsupported_media_type', sentence, { cause: error });
  }
  const format = text.match(/image is too large for the (\w+) format/)?.[1];
  if (format) {
    const known = format === 'HEIF' ? 'AVIF' : format; // libvips names the container
    const sentence = `The rendition is too wide or too high for ${known}: ask for a smaller one or for another format.`;
    return new AppError('payload_too_large', sentence, { cause: error });
  }
  // libheif calls what passes its limits a memory error too, though it has taken none.
  if (/out of memory|memory allocation/i.test(text) && !/security limit exceeded/i.test(text)) throw error;
  if (UNREADABLE.some((words) => words.test(text))) {
    const sentence = 'The image could not be decoded: it is truncated or damaged.';
    return new AppError('image_unreadable', sentence, { cause: error });
  }
  throw error;
}
