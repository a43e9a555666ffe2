import { execFileSync } from 'node:child_process';
import { expect, it } from '@jest/globals';
import sharp from 'sharp';
import { turnJpeg } from '../../workers/images/strip/turn/turn-jpeg.ts';
import { drawNoise } from '../unit/images/pictures.ts';

/** What jpegtran calls what makes a picture of that orientation upright. */
const NAMES: Readonly<Record<number, string[]>> = {
  2: ['-flip', 'horizontal'],
  3: ['-rotate', '180'],
  4: ['-flip', 'vertical'],
  5: ['-transpose'],
  6: ['-rotate', '90'],
  7: ['-transverse'],
  8: ['-rotate', '270'],
};
const SIZES = [
  [64, 48],
  [67, 48],
  [64, 45],
  [61, 43],
  [8, 24],
] as const;

/** Runs a program of libjpeg; null where it refuses, undefined where it is not installed. */
function libjpeg(program: string, asked: string[], input: Buffer): Buffer | null | undefined {
  try {
    return execFileSync(program, asked, { input, stdio: ['pipe', 'pipe', 'ignore'] });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ENOENT' ? undefined : null;
  }
}

const pixelsOf = (image: Buffer) => sharp(image, { failOn: 'warning' }).raw().toBuffer();

it.each(['1x1', '2x1', '1x2', '2x2', '4x1', 'grey'])(
  'a JPEG of sampling %s: as jpegtran -perfect',
  async (sampling) => {
    for (const [width, height] of SIZES) {
      const drawing = drawNoise(width, height).removeAlpha();
      const pixels = await drawing.clone().raw().toBuffer();
      const ppm = Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
      const asked = sampling === 'grey' ? ['-grayscale'] : ['-sample', sampling];
      for (const restart of [[], ['-restart', '1B'], ['-restart', '3B']]) {
        const jpeg = libjpeg('cjpeg', ['-quality', '60', ...asked, ...restart], ppm);
        // Not installed.
        if (!jpeg) return;
        for (const [orientation, name] of Object.entries(NAMES)) {
          const wanted = libjpeg('jpegtran', ['-perfect', '-optimize', ...name], jpeg);
          const turned = turnJpeg(jpeg, Number(orientation));
          expect([width, height, orientation, turned === null]).toEqual([width, height, orientation, wanted === null]);
          if (turned && wanted) expect((await pixelsOf(turned)).equals(await pixelsOf(wanted))).toBe(true);
        }
      }
    }
  },
);
