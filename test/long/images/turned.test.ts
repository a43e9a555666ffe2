import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { turnJpeg } from '../../../workers/images/strip/turn/turn-jpeg.ts';
import { makeTempDir } from '../../support/temp-dir.ts';
import { drawNoise } from '../../unit/images/pictures.ts';

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

/** Restarts; coarse first, by scans of libjpeg's choice; whole blocks of one colour after the other; and scans of ours. */
const folder = makeTempDir();
const SCRIPTS = {
  colours: '0; 1; 2;',
  fine: '0 1 2: 0-0, 0, 3; 0 1 2: 0-0, 3, 2; 0: 1-9, 0, 3; 1: 1-63, 0, 2; 0: 10-63, 0, 3; 0: 1-63, 3, 2; 2: 1-63, 0, 0; 0 1 2: 0-0, 2, 1; 0: 1-63, 2, 1; 1: 1-63, 2, 1; 0 1 2: 0-0, 1, 0; 0: 1-63, 1, 0; 1: 1-63, 1, 0;',
  alone: '0: 0-0, 0, 1; 1: 0-0, 0, 0; 2: 0-0, 0, 0; 0: 1-63, 0, 0; 1: 1-63, 0, 0; 2: 1-63, 0, 0; 0: 0-0, 1, 0;',
};
const scripted = Object.entries(SCRIPTS).map(([name, text]) => {
  const file = join(folder.path, name);
  writeFileSync(file, text);
  return ['-scans', file];
});
const WAYS = [
  [],
  ['-restart', '1B'],
  ['-restart', '3B'],
  ['-progressive'],
  ['-progressive', '-restart', '5B'],
  ...scripted,
];
afterAll(() => folder.remove());

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
    let judged = 0;
    for (const [width, height] of SIZES) {
      const drawing = drawNoise(width, height).removeAlpha();
      const pixels = await drawing.clone().raw().toBuffer();
      const ppm = Buffer.concat([Buffer.from(`P6\n${width} ${height}\n255\n`), pixels]);
      const asked = sampling === 'grey' ? ['-grayscale'] : ['-sample', sampling];
      for (const way of WAYS) {
        const jpeg = libjpeg('cjpeg', ['-quality', '60', ...asked, ...way], ppm);
        // Not installed; or a grey picture, which has no other colours.
        if (jpeg === undefined) return;
        if (jpeg === null) continue;
        judged += 1;
        for (const [orientation, name] of Object.entries(NAMES)) {
          const wanted = libjpeg('jpegtran', ['-perfect', '-optimize', ...name], jpeg);
          const turned = turnJpeg(jpeg, Number(orientation));
          expect([width, height, orientation, turned === null]).toEqual([width, height, orientation, wanted === null]);
          if (turned && wanted) expect((await pixelsOf(turned)).equals(await pixelsOf(wanted))).toBe(true);
        }
      }
    }
    expect(judged).toBe(SIZES.length * (sampling === 'grey' ? WAYS.length - scripted.length : WAYS.length));
  },
);

it('scans that pass the numbers of many pixels again and again: nothing, before any of them is read', async () => {
  const create = { width: 6400, height: 6400, channels: 3, background: 'grey' } as const;
  // Its usual scans pass most of them three times.
  expect(turnJpeg(await sharp({ create }).jpeg({ progressive: true }).toBuffer(), 6)).toBeNull();
});
