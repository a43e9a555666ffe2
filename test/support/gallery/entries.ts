/** Real photographs, in the folder `photos`. */
export const PHOTOS = ['cat', 'coffee', 'rocket'] as const;
export type Photo = (typeof PHOTOS)[number];

/** One picture of the gallery: what is asked of which source, and what must come of it. */
export interface Entry {
  title: string;
  source: 'hills' | 'balls' | 'mark' | 'heic' | 'animation' | Photo;
  fields: Record<string, unknown>;
  /** Width x height in pixels. */
  size: string;
  /** At most so far from the source as a whole, 0-255 a channel, where the picture shows all of it as it was. */
  distance?: number;
}

const hills = (title: string, fields: Record<string, unknown>, size: string, distance?: number): Entry => ({
  title,
  source: 'hills',
  fields,
  size,
  ...(distance === undefined ? {} : { distance }),
});
const balls = (title: string, fields: Record<string, unknown>, size: string): Entry => ({
  title,
  source: 'balls',
  fields,
  size,
});

/** What real photographs are asked for: by what an encoder, a crop or a search has to find in them. */
const ofPhoto = (source: Photo, height: number): Entry[] => [
  { title: `${source}, webp`, source, fields: { width: 300, format: 'webp' }, size: `300x${height}`, distance: 2 },
  {
    title: `${source}, avif, quality auto`,
    source,
    fields: { width: 300, format: 'avif', quality: 'auto' },
    size: `300x${height}`,
    distance: 2,
  },
  {
    title: `${source}, format auto`,
    source,
    fields: { width: 300, format: 'auto' },
    size: `300x${height}`,
    distance: 2,
  },
  {
    title: `${source}, maxBytes 6000`,
    source,
    fields: { width: 300, format: 'jpeg', maxBytes: 6000 },
    size: `300x${height}`,
    distance: 6,
  },
  {
    title: `${source}, cover, attention`,
    source,
    fields: { width: 150, height: 150, fit: 'cover', position: 'attention' },
    size: '150x150',
  },
  {
    title: `${source}, cover, entropy`,
    source,
    fields: { width: 150, height: 150, fit: 'cover', position: 'entropy' },
    size: '150x150',
  },
  {
    title: `${source}, grayscale, sharpen`,
    source,
    fields: { width: 300, grayscale: true, sharpen: 1 },
    size: `300x${height}`,
  },
];

/** The cat's face, as whoever knows faces would tell it: in pixels of the photograph. */
const ofFace = (effect: string): Entry => ({
  title: `regions, ${effect}`,
  source: 'cat',
  fields: { width: 300, regions: [{ left: 110, top: 40, width: 230, height: 230, effect }] },
  size: '300x200',
});

/** Every option at least once. */
export const ENTRIES: readonly Entry[] = [
  ...['jpeg', 'png', 'webp', 'avif', 'gif', 'tiff', 'auto'].map((format) =>
    hills(`format ${format}`, { width: 300, format }, '300x200', format === 'gif' ? 4 : 2),
  ),
  hills('quality 5', { width: 300, format: 'jpeg', quality: 5 }, '300x200', 10),
  hills('quality auto, avif', { width: 300, format: 'avif', quality: 'auto' }, '300x200', 2),
  hills('maxBytes 4000', { width: 300, format: 'jpeg', maxBytes: 4000 }, '300x200', 6),
  hills('lossless webp', { width: 300, format: 'webp', lossless: true }, '300x200', 1),
  hills('progressive', { width: 300, progressive: true }, '300x200', 2),
  hills('inside', { width: 200, height: 200 }, '200x133', 2),
  hills('outside', { width: 200, height: 200, fit: 'outside' }, '300x200', 2),
  hills('fill', { width: 200, height: 200, fit: 'fill' }, '200x200', 2),
  hills('contain, background', { width: 200, height: 200, fit: 'contain', background: '#c43' }, '200x200'),
  hills('contain, north', { width: 200, height: 200, fit: 'contain', position: 'north' }, '200x200'),
  hills('cover', { width: 200, height: 200, fit: 'cover' }, '200x200'),
  hills('cover, left', { width: 200, height: 200, fit: 'cover', position: 'left' }, '200x200'),
  hills('cover, attention: the sun', { width: 200, height: 200, fit: 'cover', position: 'attention' }, '200x200'),
  hills('cover, entropy', { width: 200, height: 200, fit: 'cover', position: 'entropy' }, '200x200'),
  hills('cover, focal point', { width: 100, height: 200, fit: 'cover', position: { x: 0.72, y: 0.3 } }, '100x200'),
  hills('aspectRatio 1:1', { width: 200, aspectRatio: '1:1' }, '200x200'),
  hills('aspectRatio 2:1, contain', { width: 300, aspectRatio: '2:1', fit: 'contain', background: '#c43' }, '300x150'),
  hills('radius 40, png', { width: 300, radius: 40, format: 'png' }, '300x200'),
  hills('radius circle, webp', { width: 200, radius: 'circle', position: 'attention', format: 'webp' }, '200x200'),
  hills('radius circle, padding, jpeg', { width: 180, radius: 'circle', padding: 10, background: '#c43' }, '200x200'),
  hills('padding 10', { width: 280, padding: 10, background: 'rebeccapurple' }, '300x207'),
  hills('dpr 2', { width: 150, dpr: 2 }, '300x200', 2),
  hills('crop', { crop: { left: 740, top: 140, width: 260, height: 260 } }, '260x260'),
  hills('rotate 90', { width: 150, rotate: 90 }, '150x225'),
  hills('flip', { width: 300, flip: true }, '300x200'),
  hills('flop', { width: 300, flop: true }, '300x200'),
  hills('grayscale', { width: 300, grayscale: true }, '300x200'),
  hills('blur 8', { width: 300, blur: 8 }, '300x200', 4),
  hills('sharpen 3', { width: 300, sharpen: 3 }, '300x200', 4),
  hills('watermark', { width: 300, watermark: { file: 'mark', width: '20%', margin: 8, opacity: 0.8 } }, '300x200'),
  hills(
    'watermark, tiled',
    { width: 300, watermark: { file: 'mark', width: 40, margin: 12, opacity: 0.4, tile: true } },
    '300x200',
  ),
  ofFace('blur'),
  ofFace('pixelate'),
  hills('text', { width: 300, text: '© Kari Nordmann' }, '300x200'),
  hills('text, Arabic', { width: 300, text: { text: 'شمس فوق الجبال', size: '10%', position: 'south' } }, '300x200'),
  hills(
    'text, Hebrew, on a circle',
    {
      width: 200,
      radius: 'circle',
      format: 'png',
      text: { text: 'הרים', position: 'centre', size: 40, colour: '#fffc' },
    },
    '200x200',
  ),
  hills('preset thumb', { preset: 'thumb' }, '200x200'),
  balls('upright', { width: 160 }, '160x200'),
  balls('cover, attention', { width: 200, height: 200, fit: 'cover', position: 'attention' }, '200x200'),
  balls('rotate -90, flop', { height: 200, rotate: -90, flop: true }, '250x200'),
  {
    title: 'enlarge',
    source: 'mark',
    fields: { width: 300, enlarge: true, format: 'png', background: '#000' },
    size: '300x300',
  },
  { title: 'trim', source: 'mark', fields: { trim: { threshold: 10 }, format: 'png' }, size: '' },
  { title: 'transparency to JPEG', source: 'mark', fields: { format: 'jpeg', background: '#246' }, size: '200x200' },
  { title: 'HEIC', source: 'heic', fields: { width: 200 }, size: '200x150' },
  { title: 'animated', source: 'animation', fields: { width: 120, format: 'webp' }, size: '120x80' },
  { title: 'its first frame', source: 'animation', fields: { width: 120, format: 'jpeg' }, size: '120x80' },
  ...ofPhoto('cat', 200),
  ...ofPhoto('coffee', 200),
  ...ofPhoto('rocket', 200),
];
