import { deflateSync } from 'node:zlib';
import { chunk } from '../hostile/blocks.ts';

/** The colour types of PNG, with the bits a channel that each may have. */
export const PNG_TYPES = [
  ...[1, 2, 4, 8, 16].map((bits) => ({ type: 0, bits })),
  ...[8, 16].map((bits) => ({ type: 2, bits })),
  ...[1, 2, 4, 8].map((bits) => ({ type: 3, bits })),
  ...[8, 16].flatMap((bits) => [4, 6].map((type) => ({ type, bits }))),
] as const;

const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 };

/** Writes a PNG of that type, 16 x 16 pixels: black on the left, white on the right, both opaque. */
export function writePngType({ type, bits }: (typeof PNG_TYPES)[number]): Buffer {
  const channels = CHANNELS[type] ?? 1;
  const rowBytes = (16 * bits * channels) / 8;
  // With two colours of a palette the second is white.
  const white = type === 3 ? Array.from({ length: 8 / bits }).reduce<number>((byte) => (byte << bits) | 1, 0) : 255;
  const row = Buffer.alloc(1 + rowBytes, 0);
  row.fill(white, 1 + rowBytes / 2);
  const alphaBytes = type >= 4 ? bits / 8 : 0;
  const pixelBytes = (channels * bits) / 8;
  for (let at = 1; alphaBytes > 0 && at < row.length; at += pixelBytes) {
    row.fill(255, at + pixelBytes - alphaBytes, at + pixelBytes);
  }
  const header = Buffer.from([0, 0, 0, 16, 0, 0, 0, 16, bits, type, 0, 0, 0]);
  return Buffer.concat([
    Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'),
    chunk('IHDR', header),
    ...(type === 3 ? [chunk('PLTE', Buffer.from([0, 0, 0, 255, 255, 255]))] : []),
    chunk('IDAT', deflateSync(Buffer.concat(Array.from({ length: 16 }, () => row)))),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}
