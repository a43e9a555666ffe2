import sharp, { type Sharp } from 'sharp';

/** One way in which a file holds its pixels. */
export interface Layout {
  name: string;
  make(): Promise<Buffer>;
  /** Makes the same picture as sharp alone reads it, where the other is not: as a PNG of sRGB. */
  truth?(): Promise<Buffer>;
}

const [WIDTH, HEIGHT] = [96, 72];

/** A disc on a clear ground, with a half transparent corner; four colours inside, or four greys. */
export function draw(isGrey: boolean): Sharp {
  const colours = isGrey
    ? [
        [0, 0, 0],
        [90, 90, 90],
        [160, 160, 160],
        [230, 230, 230],
      ]
    : [
        [220, 40, 40],
        [40, 180, 60],
        [50, 70, 210],
        [235, 225, 60],
      ];
  const data = Buffer.alloc(WIDTH * HEIGHT * 4);
  for (let y = 0; y < HEIGHT; y += 1) {
    for (let x = 0; x < WIDTH; x += 1) {
      const colour = colours[(y < HEIGHT / 2 ? 0 : 2) + (x < WIDTH / 2 ? 0 : 1)] ?? [];
      const isInside = (x - WIDTH / 2) ** 2 + (y - HEIGHT / 2) ** 2 < 33 ** 2;
      const isCorner = x > 78 && y > 54;
      data.set([...colour, isInside ? 255 : isCorner ? 128 : 0], (y * WIDTH + x) * 4);
    }
  }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 4 } });
}

/** The same on white. */
export const opaque = (isGrey: boolean) => draw(isGrey).flatten({ background: '#ffffff' });
// A pipeline has one output colour space: what is to be grey is read anew.
const anew = async (picture: Sharp) => sharp(await picture.png().toBuffer());

/** A layout that a pipeline writes. */
export const layout = (name: string, make: () => Promise<Sharp>): Layout => ({
  name,
  make: async () => (await make()).toBuffer(),
});

/** The layouts of pixels that files have, each as a file. */
export const LAYOUTS: readonly Layout[] = [
  layout('grey PNG', async () => (await anew(opaque(true))).toColourspace('b-w').png()),
  layout('grey PNG with alpha', async () => (await anew(draw(true))).toColourspace('b-w').png()),
  layout('grey PNG of 16 bits', async () => (await anew(opaque(true))).toColourspace('grey16').png()),
  layout('grey PNG with alpha, of 16 bits', async () => (await anew(draw(true))).toColourspace('grey16').png()),
  layout('grey JPEG', async () => (await anew(opaque(true))).toColourspace('b-w').jpeg({ quality: 95 })),
  layout('grey TIFF with alpha', async () =>
    (await anew(draw(true))).toColourspace('b-w').tiff({ compression: 'deflate' }),
  ),
  layout('palette PNG', async () => opaque(false).png({ palette: true, dither: 0 })),
  layout('palette PNG with tRNS', async () => draw(false).png({ palette: true, dither: 0 })),
  layout('RGB PNG', async () => opaque(false).png()),
  layout('RGBA PNG', async () => draw(false).png()),
  layout('RGBA PNG of 16 bits', async () => draw(false).toColourspace('rgb16').png()),
  layout('RGB PNG of 16 bits', async () => opaque(false).toColourspace('rgb16').png()),
  layout('CMYK JPEG', async () => opaque(false).toColourspace('cmyk').jpeg({ quality: 98 })),
  layout('WebP with alpha', async () => draw(false).webp({ lossless: true })),
  layout('AVIF with alpha', async () => draw(false).avif({ lossless: true })),
  layout('GIF with a clear ground', async () => draw(false).gif({ dither: 0 })),
  layout('RGBA TIFF', async () => draw(false).tiff({ compression: 'lzw' })),
];

/** Options of a rendition, and how sharp alone does the same to upright sRGB pixels with alpha. */
export interface TruthOption {
  name: string;
  fields: Record<string, unknown>;
  draw(rgba: Sharp, isFlat: boolean): Sharp;
}

const same = (rgba: Sharp) => rgba;
const contain =
  (background: string) =>
  (rgba: Sharp, isFlat: boolean): Sharp => {
    // A format without transparency has the colour without its alpha, and white for a clear one.
    const colour = !isFlat ? background : background === '#00000000' ? '#ffffff' : background.slice(0, 7);
    return (isFlat ? rgba.flatten({ background: colour }) : rgba).resize({
      width: 90,
      height: 90,
      fit: 'contain',
      background: colour,
    });
  };

export const TRUTH_OPTIONS: readonly TruthOption[] = [
  { name: 'nothing', fields: {}, draw: same },
  { name: 'half the width', fields: { width: 48 }, draw: (rgba) => rgba.resize({ width: 48 }) },
  {
    name: 'crop',
    fields: { crop: { left: 8, top: 6, width: 40, height: 36 } },
    draw: (rgba) => rgba.extract({ left: 8, top: 6, width: 40, height: 36 }),
  },
  { name: 'rotate', fields: { rotate: 90 }, draw: (rgba) => rgba.rotate(90) },
  { name: 'grayscale', fields: { grayscale: true }, draw: (rgba) => rgba.grayscale() },
  { name: 'contain, clear', fields: { width: 90, height: 90, fit: 'contain' }, draw: contain('#00000000') },
  {
    name: 'contain, half clear',
    fields: { width: 90, height: 90, fit: 'contain', background: '#ff000080' },
    draw: contain('#ff000080'),
  },
  {
    name: 'contain, grey and half clear',
    fields: { width: 90, height: 90, fit: 'contain', background: '#80808080' },
    draw: contain('#80808080'),
  },
  {
    name: 'grayscale and contain',
    fields: { grayscale: true, width: 90, height: 90, fit: 'contain' },
    draw: (rgba, isFlat) => contain('#00000000')(rgba.grayscale(), isFlat),
  },
  { name: 'blur', fields: { blur: 2 }, draw: (rgba) => rgba.blur(2) },
  { name: 'several', fields: { renditions: [{ name: 'a' }, { name: 'b', width: 48 }] }, draw: same },
  { name: 'metadata', fields: { metadata: 'all' }, draw: same },
  { name: 'copyright', fields: { metadata: 'copyright' }, draw: same },
  { name: 'P3', fields: { colourSpace: 'p3' }, draw: same },
  {
    name: 'P3, metadata and crop',
    fields: { colourSpace: 'p3', metadata: 'all', crop: { left: 8, top: 6, width: 40, height: 36 } },
    draw: (rgba) => rgba.extract({ left: 8, top: 6, width: 40, height: 36 }),
  },
  { name: 'quality auto', fields: { quality: 'auto' }, draw: same },
  { name: 'at most 20,000 bytes', fields: { maxBytes: 20_000 }, draw: same },
];

/** Pixels as RGBA of 8 bits. */
export interface Rgba {
  data: Buffer;
  width: number;
  height: number;
}

/** Reads a file's pixels, by a PNG that sharp makes of it: its own raw pixels would not do for grey ones. */
export async function readRgba(content: Buffer): Promise<Rgba> {
  const png = await sharp(content).toColourspace('srgb').png().toBuffer();
  const { data, info } = await sharp(png)
    .ensureAlpha()
    .toColourspace('srgb')
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** What sharp alone makes of a file by an option; on white where the format has no transparency. */
export async function drawTruth(upload: Buffer, option: TruthOption, isFlat: boolean): Promise<Rgba> {
  const rgba = await sharp(upload, { autoOrient: true }).toColourspace('srgb').ensureAlpha().png().toBuffer();
  const drawn = option.draw(sharp(rgba), isFlat);
  const png = await drawn.png().toBuffer();
  return readRgba(isFlat ? await sharp(png).flatten({ background: '#ffffff' }).png().toBuffer() : png);
}

/** Formats of a rendition, and what keeps their pixels, where something does. */
export const TRUTH_FORMATS = {
  png: {},
  webp: { lossless: true },
  avif: { lossless: true },
  tiff: {},
  gif: {},
  jpeg: { quality: 95 },
} as const;
export type TruthFormat = keyof typeof TRUTH_FORMATS;

/** Returns the fields of a job that makes a rendition of a format by an option. */
export function fieldsOf(format: TruthFormat, { fields }: TruthOption): Record<string, unknown> {
  const { renditions } = fields as { renditions?: object[] };
  if (renditions) return { renditions: renditions.map((one) => ({ ...one, format, ...TRUTH_FORMATS[format] })) };
  return { ...fields, format, ...('quality' in fields || 'maxBytes' in fields ? {} : TRUTH_FORMATS[format]) };
}

/** So far a picture that loses some may be from the truth, at its edges; a small one by more where its format is coarse. */
const LOSSY = 48;
const COARSER: Readonly<Record<string, number>> = { 'GIF with a clear ground | jpeg | at most 20,000 bytes': 57 };

/** How far a format may be from the truth: a GIF's alpha is all or nothing; what loses some, does so at edges. */
export function isTrue(
  layout: Pick<Layout, 'name'>,
  format: TruthFormat,
  { name, fields }: TruthOption,
  { alpha, colour }: Difference,
): boolean {
  const isExact =
    format === 'png' ||
    format === 'tiff' ||
    ((format === 'webp' || format === 'avif') && !('quality' in fields) && !('maxBytes' in fields));
  const lossy = COARSER[`${layout.name} | ${format} | ${name}`] ?? LOSSY;
  // A WebP that is shrunk while it is read is not quite what it is when it is shrunk later.
  return (format === 'gif' || alpha <= 40) && colour <= (isExact ? 16 : lossy);
}

export interface Difference {
  alpha: number;
  colour: number;
}

/** Points of a picture that are looked at, in shares of its sides: the middle, the quarters, and near the corners. */
const POINTS = [0.03, 0.25, 0.36, 0.64, 0.75, 0.97].flatMap((x) =>
  [0.03, 0.25, 0.75, 0.97].map((y) => [x, y] as const),
);

/** How far two pictures differ: in alpha, and in colour where that is seen; Infinity for another size. */
export function compareRgba(one: Rgba, other: Rgba): Difference {
  if (one.width !== other.width || one.height !== other.height) return { alpha: Infinity, colour: Infinity };
  const worst = { alpha: 0, colour: 0 };
  for (const [x, y] of POINTS) {
    const at = 4 * (Math.floor(y * one.height) * one.width + Math.floor(x * one.width));
    const [left, right] = [one, other].map(
      ({ data }) => [...data.subarray(at, at + 4)] as [number, number, number, number],
    );
    if (!left || !right) continue;
    worst.alpha = Math.max(worst.alpha, Math.abs(left[3] - right[3]));
    const seen = Math.min(left[3], right[3]) / 255;
    for (let channel = 0; channel < 3; channel += 1) {
      worst.colour = Math.max(worst.colour, seen * Math.abs((left[channel] ?? 0) - (right[channel] ?? 0)));
    }
  }
  return worst;
}
