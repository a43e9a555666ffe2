import { imageSize } from 'image-size';
import { AppError } from '../../../src/errors.ts';
import type { InspectedUpload } from '../../../src/jobs/contract.ts';
import type { ImagesConfig } from '../settings.ts';
import { readHeifHeader } from './heic/boxes.ts';

/** The formats that are read and written. */
export const IMAGE_FORMATS = ['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff'] as const;
export type ImageFormat = (typeof IMAGE_FORMATS)[number];
/** The formats that are read. */
export const SOURCE_FORMATS = [...IMAGE_FORMATS, 'heic'] as const;
export type SourceFormat = (typeof SOURCE_FORMATS)[number];

/** How many first bytes the header reader wants: past the metadata of nearly every camera's JPEG. */
export const HEAD_BYTES = 65_536;
/** The longest signature ends here (`ftyp` and its brand, `RIFF....WEBP`). */
const SIGNATURE_BYTES = 12;
const TAKEN = 'Taken are JPEG, PNG, WebP, AVIF, GIF, TIFF and HEIC.';
/** Their size lies at a fixed place right at the start; the others may carry it behind any amount of metadata. */
const FIXED_HEADER: readonly SourceFormat[] = ['png', 'gif'];

const SIGNATURES: readonly [ImageFormat, string][] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'II+\0'], // BigTIFF
  ['tiff', 'MM\0+'],
];

/** What people send by mistake, named so that the refusal helps. */
const FOREIGN: readonly [string, string][] = [
  ['a PDF document', '%PDF-'],
  ['a Photoshop file', '8BPS'],
  ['a BMP image', 'BM'],
  ['a JPEG XL image', '\xff\x0a'],
  ['a JPEG XL image', '\0\0\0\x0cJXL '],
  ['a ZIP archive', 'PK\x03\x04'],
];

const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];
/** They name the container only. */
const HEIF_BRANDS = ['mif1', 'mif2', 'msf1', 'miaf'];
/** What the items of a file that gives itself no codec's brand are coded as. */
const ITEM_FORMATS: Readonly<Record<string, 'avif' | 'heic'>> = { av01: 'avif', hvc1: 'heic', hev1: 'heic' };

/**
 * The format of a file by its first bytes, never by its name; undefined when it is none of those known.
 * HEIC is told apart from AVIF by the brands of the container they share.
 */
export function detectFormat(head: Uint8Array): SourceFormat | undefined {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 256)).toString('latin1');
  for (const [format, signature] of SIGNATURES) if (start.startsWith(signature)) return format;
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  if (start.slice(4, 8) !== 'ftyp') return undefined;
  const brands = brandsOf(start);
  const named = brands.map((brand) => codecOf(brand)).find((format) => format !== undefined);
  if (named || !brands.some((brand) => HEIF_BRANDS.includes(brand))) return named;
  const types = readHeifHeader(head)?.itemTypes ?? [];
  return types.map((type) => ITEM_FORMATS[type]).find((format) => format !== undefined);
}

const codecOf = (brand: string) =>
  AVIF_BRANDS.includes(brand) ? 'avif' : HEIC_BRANDS.includes(brand) ? 'heic' : undefined;

/** The brands of an ISO media file: the major one, then the compatible ones (its version number stands between). */
function brandsOf(start: string): string[] {
  const boxBytes = Buffer.from(start.slice(0, 4), 'latin1').readUInt32BE();
  const compatible = start.slice(16, boxBytes).match(/[\s\S]{4}/g) ?? [];
  return [start.slice(8, 12), ...compatible];
}

/**
 * Width and height in pixels, where the first bytes show them; orientation is not applied (but that of HEIC and AVIF,
 * which is part of the format). Never throws.
 */
export function readDimensions(head: Uint8Array): { width: number; height: number } | undefined {
  const heif = readHeifHeader(head);
  if (heif) return heif.width > 0 && heif.height > 0 ? { width: heif.width, height: heif.height } : undefined;
  try {
    // A copy of its own: image-size reads through `head.buffer`, and a pooled buffer goes on behind the head.
    const { width, height } = imageSize(new Uint8Array(head));
    return width > 0 && height > 0 ? { width, height } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Judges an upload, which came in that form field, by its first bytes and returns its media type. Throws
 * invalid_request (empty), unsupported_media_type, payload_too_large (more pixels than IMAGES_MAX_PIXELS) or
 * image_unreadable (it ends inside its header).
 * What the head does not show, a TIFF's directory at the end or a size behind much metadata, is left to decoding.
 */
export function inspectImage(
  head: Uint8Array,
  config: Pick<ImagesConfig, 'IMAGES_MAX_PIXELS'>,
  field = 'file',
): InspectedUpload {
  if (head.length === 0) {
    const detail = 'The file is empty: it has 0 bytes.';
    throw new AppError('invalid_request', detail, { errors: [{ pointer: `/${field}`, detail }] });
  }
  if (head.length < SIGNATURE_BYTES) {
    throw new AppError(
      'unsupported_media_type',
      `The file is too short to be an image: ${head.length} bytes. ${TAKEN}`,
    );
  }
  const format = detectFormat(head);
  if (format === undefined) throw new AppError('unsupported_media_type', `${nameForeign(head)} ${TAKEN}`);
  const size = readDimensions(head);
  if (!size && FIXED_HEADER.includes(format)) {
    throw new AppError('image_unreadable', `The ${format.toUpperCase()} file is damaged: its header shows no size.`);
  }
  if (size) assertPixels(size.width, size.height, 1, config.IMAGES_MAX_PIXELS);
  return { type: `image/${format}` };
}

/** A whole number as it stands in a sentence: 50,000,000. */
export const group = (value: number): string => value.toLocaleString('en-US');

/** Throws payload_too_large, with the figures, when an image has more pixels over all its frames than are taken. */
export function assertPixels(width: number, height: number, frames: number, maxPixels: number): void {
  const pixels = width * height * frames;
  if (pixels <= maxPixels) return;
  const sum = `${group(width)} x ${group(height)} pixels${frames > 1 ? ` in ${group(frames)} frames or pages` : ''}`;
  const message = `The image has ${sum}, ${group(pixels)} in all; at most ${group(maxPixels)} are taken.`;
  throw new AppError('payload_too_large', message);
}

function nameForeign(head: Uint8Array): string {
  const start = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, 1024)).toString('latin1');
  const found = FOREIGN.find(([, signature]) => start.startsWith(signature))?.[0];
  if (found) return `The file is ${found}.`;
  if (/^\s*</.test(start) && start.includes('<svg')) return 'The file is an SVG drawing.';
  return 'The file is not an image of a known format.';
}
