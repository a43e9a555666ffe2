import sharp from 'sharp';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import { type GainMap, withGainMap } from '../formats/jpeg/ultra-hdr.ts';
import { RENDITION_DEFAULTS, type Rendition } from '../input/rendition.ts';
import { fromPixels, type Pixels, toPixels } from '../picture/pixels.ts';
import type { Size } from '../picture/size.ts';
import type { DecodeOptions, Source } from '../picture/source.ts';
import { turnUpright } from './frames.ts';
import { transformPicture } from './transform.ts';

/** Options that a gain map follows, or that mean nothing to it. With any other, as what hides something, a picture has none. */
const KEPT_UNDER: readonly (keyof Rendition)[] = [
  'name',
  'width',
  'height',
  'dpr',
  'fit',
  'position',
  'enlarge',
  'format',
  'quality',
  'progressive',
  'animated',
  'background',
  'crop',
  'rotate',
  'flip',
  'flop',
  'grayscale',
  'sharpen',
  'colourSpace',
  'metadata',
  'gainMap',
];
/** Places of a cut that are looked for in the picture: in its gain map others may be found. */
const SEARCHED = ['entropy', 'attention'];
/** Of a gain map; it is small. */
const QUALITY = 90;

/** Says why a rendition has no gain map, whatever its source has; undefined where it may have one. */
export function gainMapHindrance(rendition: Rendition, format: ImageFormat): string | undefined {
  if (format !== 'jpeg') return `a ${format.toUpperCase()} holds none, a JPEG does`;
  const { position, fit } = rendition;
  if (typeof position === 'string' && SEARCHED.includes(position))
    return `it does not go with the position ${position}`;
  if (fit === 'contain') return 'it does not go with a border';
  const defaults: Partial<Record<keyof Rendition, unknown>> = { ...RENDITION_DEFAULTS, trim: undefined };
  const other = (Object.keys(rendition) as (keyof Rendition)[]).find(
    (name) => !KEPT_UNDER.includes(name) && rendition[name] !== undefined && rendition[name] !== defaults[name],
  );
  return other && `it does not go with ${other}`;
}

/** Whether a rendition, drawn for that format, may get its source's gain map, should that have one. */
export function mayHaveGainMap(source: Source, rendition: Rendition, drawnFor: ImageFormat): boolean {
  const format = rendition.format === 'auto' ? 'jpeg' : drawnFor;
  return rendition.gainMap === 'keep' && source.format === 'jpeg' && !gainMapHindrance(rendition, format);
}

/**
 * Returns a rendition with its source's gain map behind it, cut, turned and sized as the picture is; as it was where its format
 * holds none, or the map can't be used.
 */
export async function addGainMap(
  rendered: Rendered,
  { source, gainMap }: { source: Source; gainMap: GainMap },
  rendition: Rendition,
  options: DecodeOptions,
): Promise<Rendered> {
  if (gainMapHindrance(rendition, rendered.format)) return rendered;
  const map = await drawGainMap(gainMap, source, rendition, options);
  if (!map) return rendered;
  try {
    return { ...rendered, content: withGainMap(rendered.content, map, gainMap.figures), keepsGainMap: true };
  } catch (error) {
    if (error instanceof RangeError) return rendered;
    throw error;
  }
}

async function drawGainMap(
  { jpeg }: GainMap,
  source: Source,
  rendition: Rendition,
  options: DecodeOptions,
): Promise<Buffer | undefined> {
  try {
    const { width, height, channels } = await sharp(jpeg, { limitInputPixels: false }).metadata();
    if (width * height > source.width * source.height) return undefined;
    // Its numbers are no colours.
    const stored = sharp(jpeg, { ignoreIcc: true, limitInputPixels: options.maxPixels, failOn: 'error' });
    const space = channels === 1 || rendition.grayscale ? 'b-w' : 'srgb';
    const whole = await toPixels(stored.toColourspace(space).timeout({ seconds: options.secondsLeft() }));
    const upright = await toPixels(turnUpright(fromPixels(whole, options), source.orientation).toColourspace(space));
    const part = await cut(upright, source, rendition, options);
    const share = upright.width / source.width;
    const drawn = transformPicture(fromPixels(part, options), part, scale(rendition, share), 'jpeg');
    return await drawn.toColourspace(space).jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }).toBuffer();
  } catch {
    // It is damaged: the picture is whole without it.
    return undefined;
  }
}

/** Cuts a gain map as its picture is cut. */
async function cut(map: Pixels, source: Size, { crop }: Rendition, options: DecodeOptions): Promise<Pixels> {
  if (!crop) return map;
  const [across, down] = [map.width / source.width, map.height / source.height];
  const left = Math.min(Math.round(crop.left * across), map.width - 1);
  const top = Math.min(Math.round(crop.top * down), map.height - 1);
  const width = Math.min(Math.max(1, Math.round(crop.width * across)), map.width - left);
  const height = Math.min(Math.max(1, Math.round(crop.height * down)), map.height - top);
  const space = map.channels < 3 ? 'b-w' : 'srgb';
  return toPixels(fromPixels(map, options).extract({ left, top, width, height }).toColourspace(space));
}

/** Returns a rendition's geometry for a gain map of that share of the picture's sides; its looks are the picture's alone. */
function scale(rendition: Rendition, share: number): Rendition {
  const sized = (side: number | undefined) => (side === undefined ? undefined : Math.max(1, Math.round(side * share)));
  const { width, height } = rendition;
  const looks = { grayscale: false, sharpen: undefined };
  return { ...rendition, ...looks, width: sized(width), height: sized(height) };
}
