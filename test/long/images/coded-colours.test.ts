import { describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { withColourProfile } from '../../../workers/images/colours/with-profile.ts';
import { createThreadPool } from '../../../workers/images/threads/pool.ts';
import { buildHeic } from '../../support/heic/build.ts';
import {
  PNG_COLOURS,
  pngChunk,
  recode,
  toHlg,
  toPq,
  withChunks,
  writeCoded,
} from '../../support/images/coded-colours.ts';
import { BT_2020, convertColour, DISPLAY_P3, deltaE, SRGB } from '../../support/images/colour-profiles.ts';
import { colourAt } from '../../unit/images/pictures.ts';
import { run } from '../../unit/images/run.ts';

const RED = [220, 40, 30] as const;
const plain = ([r, g, b]: readonly [number, number, number]) =>
  sharp({ create: { width: 16, height: 16, channels: 3, background: { r, g, b } } });
const shown = async (upload: Buffer, fields: Record<string, unknown> = { format: 'png' }) =>
  (await colourAt((await run(upload, fields)).content, 0.5, 0.5)).slice(0, 3);
const inSrgb = (colour: readonly number[], from: typeof SRGB) =>
  convertColour(colour, from, SRGB).map((value) => Math.min(255, value));

const FORMATS = ['png', 'png of 16 bits', 'avif', 'avif of 10 bits'] as const;

describe('colours told by code points', () => {
  it.each(FORMATS)('%s in Display P3 or BT.2020: the same colour in sRGB', async (format) => {
    for (const colour of [RED, [150, 90, 80]] as const) {
      for (const [codes, space] of [
        [[12, 13], DISPLAY_P3],
        [[9, 14], BT_2020],
      ] as const) {
        const upload = await writeCoded(plain(colour), format, codes);
        const [red, green, blue] = inSrgb(colour, space);
        expect([codes, deltaE(await shown(upload), [red ?? 0, green ?? 0, blue ?? 0]) < 3]).toEqual([codes, true]);
      }
    }
  });

  it('220, 40, 30 of Display P3: 240, 0, 0 of sRGB, as browsers show it; no profile is left', async () => {
    for (const format of ['png', 'avif'] as const) {
      const { content, metadata } = await run(await writeCoded(plain(RED), format, [12, 13]), { format: 'png' });
      expect((await colourAt(content, 0.5, 0.5)).slice(0, 3)).toEqual([240, 0, 0]);
      expect(metadata.icc).toBeUndefined();
    }
  });

  it('a HEIC without a profile: as its code points say', async () => {
    const upload = buildHeic({ codes: [12, 13] });
    const [plainly, wide] = [await run(buildHeic(), { format: 'png' }), await run(upload, { format: 'png' })];
    const before = await colourAt(plainly.content, 0.25, 0.25);
    expect(deltaE(await colourAt(wide.content, 0.25, 0.25), inSrgb(before, DISPLAY_P3))).toBeLessThan(3);
  });

  it('code points of sRGB, of its curve, of nothing: nothing changes', async () => {
    const png = await plain(RED).png().toBuffer();
    const alike: readonly (readonly [number, number])[] = [
      [1, 13],
      [1, 1],
      [2, 2],
      [1, 4],
    ];
    for (const codes of alike) {
      expect(await shown(withChunks(png, PNG_COLOURS.cicp(...codes)))).toEqual([...RED]);
      const avif = await writeCoded(plain(RED), 'avif', codes);
      expect(await shown(avif)).toEqual(await shown(recode(avif, 1, 13)));
    }
  });
});

describe('colours of a PNG', () => {
  const { cicp, gamma, p3, srgb } = PNG_COLOURS;

  it('by gamma: 220 of linear light is 239; the gamma of sRGB changes nothing', async () => {
    const png = await plain(RED).png().toBuffer();
    expect(await shown(withChunks(png, gamma(100_000)))).toEqual([239, 110, 96]);
    expect(await shown(withChunks(png, gamma(45_455)))).toEqual([...RED]);
    const grey = await plain([136, 136, 136]).toColourspace('b-w').png().toBuffer();
    const { content, metadata } = await run(withChunks(grey, gamma(100_000)), {});
    expect((await colourAt(content, 0.5, 0.5))[0]).toBe(193);
    expect(metadata.channels).toBe(1);
  });

  it('by gamma and chromaticities of Display P3: as by its code points', async () => {
    const png = await plain(RED).png().toBuffer();
    expect(deltaE(await shown(withChunks(png, gamma(45_455), p3())), [240, 0, 0])).toBeLessThan(2);
  });

  it('code points stand above a profile, a profile above sRGB, sRGB above gamma', async () => {
    const png = await plain(RED).png().toBuffer();
    const profiled = await plain(RED).withIccProfile('p3').png().toBuffer();
    const stored = [...(await sharp(profiled, { ignoreIcc: true }).raw().toBuffer()).subarray(0, 3)];
    expect(deltaE(await shown(withChunks(profiled, cicp(1, 13))), stored)).toBeLessThan(1);
    expect(deltaE(await shown(withChunks(profiled, gamma(100_000))), RED)).toBeLessThan(3);
    expect(await shown(withChunks(png, srgb(), gamma(100_000)))).toEqual([...RED]);
    expect(await shown(withChunks(png, cicp(12, 13), srgb()))).toEqual([240, 0, 0]);
  });

  it('chromaticities or a gamma that no picture has: passed over', async () => {
    const png = await plain(RED).png().toBuffer();
    const none = pngChunk('cHRM', 0, 0, 0, 0, 0, 0, 0, 0);
    for (const odd of [[gamma(0)], [gamma(1)], [gamma(4_000_000_000)], [gamma(45_455), none], [pngChunk('gAMA')]]) {
      expect(await shown(withChunks(png, ...odd))).toEqual([...RED]);
    }
  });
});

describe('HDR', () => {
  const hlg = (nits: number) => toHlg((nits / 1000) ** (1 / 1.2));
  const NITS = [5, 20, 50, 80, 203, 400, 700, 1000];
  const ramp = (encode: (nits: number) => number) => {
    const data = Buffer.from(NITS.flatMap((nits) => Array(8 * 3).fill(Math.round(255 * encode(nits)))));
    return sharp(data, { raw: { width: NITS.length * 8, height: 1, channels: 3 } }).resize({ height: 8, fit: 'fill' });
  };

  it.each([
    ['PQ', 16, toPq, ['png', 'avif of 10 bits']],
    ['HLG', 18, hlg, ['avif']],
  ] as const)(
    '%s: greys stay grey; up to 80 cd/m2 as in SDR, white is light, beyond it is still drawing',
    async (_name, transfer, encode, formats) => {
      for (const format of formats) {
        const { content } = await run(await writeCoded(ramp(encode), format, [9, transfer]), { format: 'png' });
        const greys = await Promise.all(NITS.map((_, index) => colourAt(content, (index + 0.5) / NITS.length, 0.5)));
        for (const [red = 0, green = 0, blue = 0] of greys) {
          expect(Math.max(Math.abs(red - green), Math.abs(green - blue))).toBeLessThan(3);
        }
        const levels = greys.map(([red = 0]) => red);
        for (const [index, nits] of NITS.slice(0, 4).entries()) {
          const signal = Math.round(255 * encode(nits)) / 255;
          const stored = transfer === 16 ? nits : nits * (signal / encode(nits)) ** 2.4;
          expect(Math.abs((levels[index] ?? 0) - 255 * SRGB.encode(stored / 203))).toBeLessThan(5);
        }
        const [paper = 0, bright = 0, brighter = 0, brightest = 0] = levels.slice(4);
        expect(paper).toBeGreaterThan(200);
        expect(paper + 10).toBeLessThan(bright);
        expect(bright).toBeLessThan(brighter);
        expect(brighter).toBeLessThanOrEqual(brightest);
        expect(brightest).toBeGreaterThan(252);
      }
    },
  );
});

describe('an AVIF whose colours are put into it', () => {
  const never = new AbortController().signal;

  it('keeps its pixels, also where a box reaches to the end of the file; cut or changed anywhere: never an error', async () => {
    const threads = createThreadPool(1);
    const avif = await writeCoded(plain(RED), 'avif', [12, 13]);
    const told = (file: Buffer) => withColourProfile(file, { format: 'avif' }, { threads, signal: never });
    const open = Buffer.from(avif);
    open.writeUInt32BE(0, open.indexOf('mdat') - 4);
    for (const file of [avif, open]) {
      const { icc, hasProfile } = await sharp(await told(file)).metadata();
      expect([hasProfile, icc && icc.length > 0]).toEqual([true, true]);
      expect(await shown(file)).toEqual([240, 0, 0]);
    }
    for (let at = 0; at < 400; at += 1) {
      await told(avif.subarray(0, at));
      for (const value of [0, 1, 255]) {
        const broken = Buffer.from(avif);
        broken[at] = value;
        await told(broken);
      }
    }
    await threads.close();
  });
});
