import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { makePngChunk, PNG_HEAD_BYTES } from '../formats/png-chunks.ts';

/** The test picture has so many levels of each colour, and of grey. */
const LEVELS = 6;
/** What rounding may change. */
const ROUNDING = 2;
/** Where a profile says what its colours are. */
const SPACE_AT = 16;

/** Whether a colour profile is that of sRGB: a picture that has it shows the same without it. */
export async function isSrgbProfile(profile: Buffer): Promise<boolean> {
  const channels = profile.toString('latin1', SPACE_AT, SPACE_AT + 4) === 'GRAY' ? 1 : 3;
  const colours = listColours(channels);
  const raw = { width: colours.length / channels, height: 1, channels } as const;
  const plain = await sharp(colours, { raw })
    .toColourspace(channels === 1 ? 'b-w' : 'srgb')
    .png()
    .toBuffer();
  try {
    const shown = await sharp(withProfile(plain, profile)).toColourspace('srgb').removeAlpha().raw().toBuffer();
    const step = shown.length / raw.width;
    return colours.every((value, at) => {
      const place = channels === 1 ? at * step : at;
      return Math.abs(value - (shown[place] ?? Number.POSITIVE_INFINITY)) <= ROUNDING;
    });
  } catch {
    return false;
  }
}

function listColours(channels: 1 | 3): Buffer {
  const level = (index: number) => Math.round((255 * index) / (LEVELS - 1));
  const colours: number[] = [];
  for (let at = 0; at < LEVELS ** channels; at += 1) {
    for (let channel = 0; channel < channels; channel += 1) {
      colours.push(level(Math.floor(at / LEVELS ** channel) % LEVELS));
    }
  }
  return Buffer.from(colours);
}

/** Puts a profile into a PNG, for libvips to convert by. */
function withProfile(png: Buffer, profile: Buffer): Buffer {
  const chunk = makePngChunk('iCCP', Buffer.from('p\0\0', 'latin1'), deflateSync(profile));
  return Buffer.concat([png.subarray(0, PNG_HEAD_BYTES), chunk, png.subarray(PNG_HEAD_BYTES)]);
}
