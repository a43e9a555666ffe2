import { DEFAULT_QUALITY } from '../encode/quality.ts';
import type { Rendered } from '../encode/rendered.ts';
import { formatCount } from '../formats/pixel-limit.ts';
import { keepsPixels } from '../input/option-changes.ts';
import type { Rendition } from '../input/rendition.ts';
import { MOVING_FORMATS, type Source } from '../picture/source.ts';
import { isAnimated } from '../pipeline/frames.ts';
import type { ImageWarning } from './images-result.ts';

/** What a warning needs to know of a source. */
export interface WarnedSource
  extends Pick<Source, 'format' | 'pages' | 'frames' | 'page' | 'hasAlpha' | 'width' | 'height'> {
  /** Of the upload. */
  bytes: number;
  /** Set for a PNG that moves: its first frame alone is read. */
  isMovingPng: boolean;
}

/** Whether a PNG is an animation: a chunk before its first pixels says so. */
export function isMovingPng(content: Buffer): boolean {
  const pixels = content.indexOf('IDAT');
  const control = content.indexOf('acTL');
  return content.toString('latin1', 1, 4) === 'PNG' && control >= 0 && (pixels < 0 || control < pixels);
}

/** Lists what a rendition could not keep of its source, and what of its options meant nothing. */
export function listWarnings(source: WarnedSource, rendition: Rendition, rendered: Rendered): ImageWarning[] {
  const { format, quality, kept, width, height, content } = rendered;
  const keptLossy = kept && DEFAULT_QUALITY[format] !== undefined;
  const { name, animated, background, radius, quality: asked } = rendition;
  const warnings: ImageWarning[] = [];
  const warn = (code: ImageWarning['code'], message: string) => warnings.push({ code, message, rendition: name });
  const moves = source.pages > 1 && MOVING_FORMATS.includes(source.format);
  // Who asked for one page knows of the others.
  const isAll = source.page === undefined;
  const canMove = isAnimated({ frames: source.pages }, rendition, format);
  if (source.isMovingPng && animated) {
    warn('animation_lost', 'The PNG is an animation, of which the first picture alone is read: send a GIF or WebP.');
  } else if (moves && animated && isAll && !canMove) {
    const shown = `A ${format.toUpperCase()} shows the first of its ${source.pages} frames`;
    warn('animation_lost', `${shown}: ask for gif or webp, or for animated: false.`);
  } else if (moves && isAll && canMove && source.frames < source.pages) {
    const kept = source.frames === 1 ? 'the first is' : `the first ${source.frames} are`;
    warn('frames_left', `The animation has ${source.pages} frames: ${kept} kept, as maxFrames asks.`);
  }
  if (source.pages > 1 && !moves && isAll) {
    warn('pages_left', `The file has ${source.pages} pages: the first is shown. Ask for another with page.`);
  }
  if ((source.hasAlpha || radius !== undefined) && format === 'jpeg' && background === undefined) {
    warn(
      'transparency_lost',
      'A JPEG has no transparency: what was clear is white. Ask for a background or another format.',
    );
  }
  if (asked !== undefined && quality === null && rendition.format !== 'auto' && !keptLossy) {
    warn('option_unused', `quality means nothing here: a ${format.toUpperCase()} keeps every pixel.`);
  }
  const isSame = keepsPixels(rendition) && width === source.width && height === source.height;
  if (isSame && content.length > source.bytes) {
    const sizes = `The file has ${formatCount(content.length)} bytes, its source ${formatCount(source.bytes)}`;
    warn('larger_than_source', `${sizes}: leave format and quality out, or ask for auto, and it is no larger.`);
  }
  return warnings;
}
