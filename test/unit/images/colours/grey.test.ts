import { deflateSync } from 'node:zlib';
import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { SRGB_PRIMARIES } from '../../../../workers/images/colours/coding.ts';
import { makeProfile } from '../../../../workers/images/colours/icc-profile.ts';
import { makePngChunk, PNG_HEAD_BYTES } from '../../../../workers/images/formats/png-chunks.ts';
import { openSource, readSource } from '../../../../workers/images/picture/source.ts';

const LINEAR = makeProfile({ primaries: SRGB_PRIMARIES, transfer: { gamma: 1 } }, true);
const PROFILE = makePngChunk('iCCP', Buffer.from('p\0\0', 'latin1'), deflateSync(LINEAR));

/** A grey PNG of 120 in 255, with that in alpha too. */
async function grey(channels: 1 | 2, bits: 8 | 16): Promise<Buffer> {
  const pixels = bits === 8 ? new Uint8Array(64 * channels).fill(120) : new Uint16Array(64 * channels).fill(120 * 257);
  const png = await sharp(pixels, { raw: { width: 8, height: 8, channels } })
    .toColourspace(bits === 8 ? 'b-w' : 'grey16')
    .png()
    .toBuffer();
  return Buffer.concat([png.subarray(0, PNG_HEAD_BYTES), PROFILE, png.subarray(PNG_HEAD_BYTES)]);
}

it.each([
  [1, 8],
  [2, 8],
  [1, 16],
  [2, 16],
] as const)(
  'grey of %i channels and %i bits by a profile of linear light: 120 is 182 of sRGB',
  async (channels, bits) => {
    const source = await readSource(await grey(channels, bits));
    const open = openSource(source, { maxPixels: 64, secondsLeft: () => 60 });
    const pixels = await open().toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer();
    expect([pixels.at(0), pixels.at(-1)]).toEqual([182, channels === 2 ? 120 : 182]);
  },
);
