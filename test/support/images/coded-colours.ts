import type { Sharp } from 'sharp';
import { chunk, u32 } from '../hostile/blocks.ts';
import { BT_2020, convertLight, SRGB } from './colour-profiles.ts';

/** A chunk of a PNG, of bytes and numbers. */
export const pngChunk = (type: string, ...values: (Buffer | number)[]): Buffer =>
  chunk(type, Buffer.concat(values.map((value) => (typeof value === 'number' ? u32(value) : value))));

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

/** SMPTE ST 2084: the number, 0 to 1, of a light in cd/m2. */
export function toPq(nits: number): number {
  const root = (Math.max(nits, 0) / 10_000) ** 0.1593017578125;
  return ((0.8359375 + 18.8515625 * root) / (1 + 18.6875 * root)) ** 78.84375;
}

/** ITU-R BT.2100: the number of a share of the brightest light before the camera. */
export const toHlg = (scene: number): number =>
  scene <= 1 / 12 ? Math.sqrt(3 * Math.max(scene, 0)) : 0.17883277 * Math.log(12 * scene - 0.28466892) + 0.55991073;

/** Tells a colour of sRGB (0-255 each) in PQ (16) or HLG (18) of BT.2020; white is 203 cd/m2. */
export function codedLight(colour: readonly number[], transfer: 16 | 18): number[] {
  const nits = convertLight(colour, SRGB, BT_2020).map((light) => 203 * light);
  if (transfer === 16) return nits.map((light) => 255 * toPq(light));
  const [red = 0, green = 0, blue = 0] = nits;
  const bright = (0.2627 * red + 0.678 * green + 0.0593 * blue) / 1000;
  // HLG is shown on a screen of 1000 cd/m2 with a gamma of 1.2 on brightness.
  return nits.map((light) => 255 * toHlg(bright === 0 ? 0 : light / 1000 / bright ** (0.2 / 1.2)));
}
