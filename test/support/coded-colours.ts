import { crc32 } from 'node:zlib';
import type { Sharp } from 'sharp';

/** A chunk of a PNG: its length, type, data and check sum. */
export function pngChunk(type: string, ...values: (Buffer | number)[]): Buffer {
  const parts = values.map((value) => (typeof value === 'number' ? longOf(value) : value));
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...parts]);
  return Buffer.concat([longOf(body.length - 4), body, longOf(crc32(body))]);
}

function longOf(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** What a PNG may say of its colours, each as a chunk. */
export const PNG_COLOURS = {
  cicp: (primaries: number, transfer: number) => pngChunk('cICP', Buffer.from([primaries, transfer, 0, 1])),
  gamma: (parts: number) => pngChunk('gAMA', parts),
  p3: () => pngChunk('cHRM', 31_270, 32_900, 68_000, 32_000, 26_500, 69_000, 15_000, 6000),
  srgb: () => pngChunk('sRGB', Buffer.from([0])),
};

/** Puts chunks into a PNG, behind its header. */
export const withChunks = (png: Buffer, ...chunks: Buffer[]): Buffer =>
  Buffer.concat([png.subarray(0, 33), ...chunks, png.subarray(33)]);

/** Changes the code points of primaries and transfer that a HEIF file says. */
export function recode(heif: Buffer, primaries: number, transfer: number): Buffer {
  const coded = Buffer.from(heif);
  for (let at = coded.indexOf('nclx'); at >= 0; at = coded.indexOf('nclx', at + 4)) {
    coded.writeUInt16BE(primaries, at + 4);
    coded.writeUInt16BE(transfer, at + 6);
  }
  return coded;
}

/** Writes a picture as a PNG or an AVIF whose numbers mean colours by those code points. */
export async function writeCoded(
  picture: Sharp,
  format: 'png' | 'png of 16 bits' | 'avif' | 'avif of 10 bits',
  [primaries, transfer]: readonly [number, number],
): Promise<Buffer> {
  if (format === 'png') return withChunks(await picture.png().toBuffer(), PNG_COLOURS.cicp(primaries, transfer));
  if (format === 'png of 16 bits') {
    const png = await picture.toColourspace('rgb16').png().toBuffer();
    return withChunks(png, PNG_COLOURS.cicp(primaries, transfer));
  }
  const lossless = { lossless: true, chromaSubsampling: '4:4:4', effort: 0 } as const;
  const avif = await picture.avif({ ...lossless, bitdepth: format === 'avif' ? 8 : 10 }).toBuffer();
  return recode(avif, primaries, transfer);
}
