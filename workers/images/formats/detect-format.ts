import { readHeifHeader } from './heic/boxes.ts';
import type { SourceFormat } from './image-format.ts';
import { toLatin1 } from './latin1.ts';
import { passPackedProlog, passProlog } from './prolog.ts';

const SIGNATURES: readonly [SourceFormat, string][] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['pdf', '%PDF-'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'II+\0'], // BigTIFF
  ['tiff', 'MM\0+'],
  ['ico', '\0\0\x01\0'],
];

const AVIF_BRANDS = ['avif', 'avis'];
const HEIC_BRANDS = ['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs'];
/** They name the container only. */
const HEIF_BRANDS = ['mif1', 'mif2', 'msf1', 'miaf'];
/** What the items of a file that gives itself no codec's brand are coded as. */
const ITEM_FORMATS: Readonly<Record<string, 'avif' | 'heic'>> = { av01: 'avif', hvc1: 'heic', hev1: 'heic' };
/** A file's brands are read this far: some sixty of them. */
const BRANDS_END = 256;

/**
 * Detects the format of a file by its first bytes, never by its name; undefined when it is none of those known.
 * HEIC and AVIF share a container: its brands tell which of the two it is.
 */
export function detectFormat(head: Uint8Array): SourceFormat | undefined {
  const start = toLatin1(head, BRANDS_END);
  for (const [format, signature] of SIGNATURES) if (start.startsWith(signature)) return format;
  if (start.startsWith('RIFF') && start.slice(8, 12) === 'WEBP') return 'webp';
  if (isBmp(head)) return 'bmp';
  if (isDrawing(head)) return 'svg';
  if (!isHeif(head)) return undefined;
  const brands = listBrands(start);
  const named = brands.map((brand) => codecOf(brand)).find((format) => format !== undefined);
  if (named || !brands.some((brand) => HEIF_BRANDS.includes(brand))) return named;
  const types = readHeifHeader(head)?.itemTypes ?? [];
  return types.map((type) => ITEM_FORMATS[type]).find((format) => format !== undefined);
}

/** An SVG, packed by gzip or not. */
const isDrawing = (head: Uint8Array): boolean =>
  /^<(?:[\w.-]+:)?svg[\s>/]|^<!doctype\s+svg[\s>]/i.test(passPackedProlog(head) || passProlog(head));

const BMP_HEADER_BYTES = [12, 16, 40, 52, 56, 64, 108, 124];
/** Two letters alone are the beginning of many a text: behind them comes a header, whose size is one of eight. */
const isBmp = (head: Uint8Array): boolean =>
  head.length >= 18 &&
  toLatin1(head, 2) === 'BM' &&
  BMP_HEADER_BYTES.includes(new DataView(head.buffer, head.byteOffset).getUint32(14, true));

/** Whether a file's first bytes are those of an ISO media file, as HEIC and AVIF are. */
export const isHeif = (head: Uint8Array): boolean => toLatin1(head, 8).endsWith('ftyp');

const codecOf = (brand: string) =>
  AVIF_BRANDS.includes(brand) ? 'avif' : HEIC_BRANDS.includes(brand) ? 'heic' : undefined;

/** Lists the brands of an ISO media file: the major one, then the compatible ones (its version stands between). */
function listBrands(start: string): string[] {
  const boxBytes = Buffer.from(start.slice(0, 4), 'latin1').readUInt32BE();
  const end = Math.min(boxBytes, start.length);
  const brands = [start.slice(8, 12)];
  for (let at = 16; at + 4 <= end; at += 4) brands.push(start.slice(at, at + 4));
  return brands;
}

/** Whether a file gives itself the brand of an AVIF animation. */
export const isAvifSequence = (head: Uint8Array): boolean =>
  isHeif(head) && listBrands(toLatin1(head, BRANDS_END)).includes('avis');
