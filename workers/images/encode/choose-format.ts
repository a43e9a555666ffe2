import { IMAGE_FORMATS, type ImageFormat, type SourceFormat } from '../formats/image-format.ts';
import type { Rendition } from '../input/rendition.ts';

/**
 * Chooses the format in which a picture is drawn: the one asked for, else the source's. For `auto` it is one that can
 * hold anything; the encoder tries the others later.
 */
export function chooseFormat(
  { format }: Pick<Rendition, 'format'>,
  source: { format: SourceFormat; hasAlpha: boolean },
): ImageFormat {
  if (format === 'auto') return 'webp';
  if (format) return format;
  const own = IMAGE_FORMATS.find((written) => written === source.format);
  return own ?? (source.hasAlpha || source.format === 'pdf' || source.format === 'svg' ? 'png' : 'jpeg');
}
