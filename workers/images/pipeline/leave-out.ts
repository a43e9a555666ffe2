import type { ImagesInput } from '../input/images-input.ts';
import type { Rendition } from '../input/rendition.ts';
import type { Size } from '../picture/size.ts';
import type { ImageWarning } from '../result/images-result.ts';
import { atDensity, outputWidth } from './geometry.ts';

/**
 * Parts the renditions of a set by what its source is large enough for: a `srcset` wants no two files of one width. Of the
 * widths that the source does not reach the smallest is made, at the source's own; the others are left out, with a warning.
 */
export function leaveOutLarger(
  source: Size,
  { renditions, isSet }: Pick<ImagesInput, 'renditions' | 'isSet'>,
): { renditions: Rendition[]; leftOut: ImageWarning[] } {
  if (!isSet) return { renditions, leftOut: [] };
  const widthOf = (rendition: Rendition) => outputWidth(rendition.crop ?? source, atDensity(rendition));
  const isRepeated = (rendition: Rendition) =>
    renditions.some(
      (other) =>
        other.format === rendition.format &&
        (other.width ?? 0) < (rendition.width ?? 0) &&
        widthOf(other) === widthOf(rendition),
    );
  const larger = renditions.filter(isRepeated);
  return {
    renditions: renditions.filter((rendition) => !larger.includes(rendition)),
    leftOut: larger.map((rendition) => ({
      code: 'width_left_out',
      rendition: rendition.name,
      message:
        `"${rendition.name}" was left out: the image is not that wide, and another rendition has its ${widthOf(rendition)} ` +
        'pixels already. With enlarge it would be made.',
    })),
  };
}
