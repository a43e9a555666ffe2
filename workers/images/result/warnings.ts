import type { Hdr } from '../colours/hdr.ts';
import { DEFAULT_QUALITY } from '../encode/quality.ts';
import type { Rendered } from '../encode/rendered.ts';
import type { ImageFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';
import { MOVING_FORMATS, type Source } from '../picture/source.ts';
import { isAnimated } from '../pipeline/frames.ts';
import { gainMapHindrance } from '../pipeline/gain-map.ts';
import type { ImageWarning } from './images-result.ts';

/** What a warning needs to know of a source. */
export interface WarnedSource extends Pick<Source, 'format' | 'pages' | 'frames' | 'page' | 'hasAlpha' | 'moves'> {
  /** What makes it HDR; absent where no rendition asks for that. */
  hdr?: Hdr | undefined;
}

/** Lists what a rendition could not keep of its source, and what of its options meant nothing. */
export function listWarnings(source: WarnedSource, rendition: Rendition, rendered: Rendered): ImageWarning[] {
  const { format, quality } = rendered;
  const { background, radius, quality: asked } = rendition;
  const told = [...tellPages(source, rendition, format)];
  if ((source.hasAlpha || radius !== undefined) && format === 'jpeg' && background === undefined) {
    told.push([
      'transparency_lost',
      'A JPEG has no transparency: what was clear is white. Ask for a background or another format.',
    ]);
  }
  told.push(...tellColours(source, rendition, rendered));
  const hasNoQuality = DEFAULT_QUALITY[format] === undefined || rendition.lossless;
  if (asked !== undefined && quality === null && rendition.format !== 'auto' && hasNoQuality) {
    told.push(['option_unused', `quality means nothing here: a ${format.toUpperCase()} keeps every pixel.`]);
  }
  return told.map(([code, message]) => ({ code, message, rendition: rendition.name }));
}

type Told = [code: ImageWarning['code'], message: string];

/** Frames and pages that are not shown. */
function tellPages(source: WarnedSource, rendition: Rendition, format: ImageFormat): Told[] {
  const { animated } = rendition;
  const moves = source.pages > 1 && MOVING_FORMATS.includes(source.format);
  const told: Told[] = [];
  // Who asked for one page knows of the others.
  const isAll = source.page === undefined;
  const canMove = isAnimated({ frames: source.pages }, rendition, format);
  if (source.moves && animated) {
    told.push(['animation_lost', 'The drawing moves: it is drawn as it begins. Ask for animated: false.']);
  } else if (moves && animated && isAll && !canMove) {
    const shown = `A ${format.toUpperCase()} shows the first of its ${source.pages} frames`;
    told.push(['animation_lost', `${shown}: ask for gif or webp, or for animated: false.`]);
  } else if (moves && isAll && canMove && source.frames < source.pages) {
    const kept = source.frames === 1 ? 'the first is' : `the first ${source.frames} are`;
    told.push(['frames_left', `The animation has ${source.pages} frames: ${kept} kept, as maxFrames asks.`]);
  }
  if (source.pages > 1 && !moves && isAll) {
    told.push(['pages_left', `The file has ${source.pages} pages: the first is shown. Ask for another with page.`]);
  }
  return told;
}

/** Colours and light beyond sRGB that were asked for, and that the file has not. */
function tellColours(source: WarnedSource, rendition: Rendition, { format, keepsGainMap }: Rendered): Told[] {
  const { colourSpace, gainMap } = rendition;
  const told: Told[] = [];
  const isMoving = isAnimated(source, rendition, format);
  if (colourSpace === 'p3' && (format === 'gif' || isMoving)) {
    const why = isMoving ? 'an animation is made in sRGB' : 'a GIF has no place for a profile';
    told.push(['option_unused', `colourSpace means nothing here: ${why}.`]);
  }
  if (gainMap === 'keep' && source.hdr === 'gain map' && !keepsGainMap) {
    const why = gainMapHindrance(rendition, format) ?? 'it could not be read';
    told.push(['gain_map_lost', `The gain map of the photo is lost: ${why}.`]);
  }
  if (gainMap === 'keep' && source.hdr === 'light') {
    told.push(['hdr_lost', 'The picture is HDR by PQ or HLG, which is made SDR: there is no gain map to keep.']);
  }
  return told;
}
