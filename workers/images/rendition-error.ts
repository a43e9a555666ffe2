import { AppError } from '../../src/errors.ts';
import type { Rendition } from './input/rendition.ts';
import { WatermarkFault } from './pipeline/watermark/open-watermarks.ts';

/** Whether an error is of one rendition; damage is the whole image's, unless it is a watermark's. */
export function isOfRendition(error: unknown, { watermark }: Rendition): error is AppError {
  if (!(error instanceof AppError)) return false;
  if (['payload_too_large', 'invalid_request', 'size_unmet'].includes(error.code)) return true;
  return watermark !== undefined && error instanceof WatermarkFault;
}

/** Puts the rendition's name before the sentence of an error of its own, where that lacks it and there are several. */
export function nameRendition(error: unknown, rendition: Rendition, count: number): unknown {
  if (count === 1 || !isOfRendition(error, rendition) || error.message.includes(`"${rendition.name}"`)) return error;
  return new AppError(error.code, `Rendition "${rendition.name}": ${error.message}`, { cause: error });
}
