import type { ImagesInput } from '../input/images-input.ts';
import { type DecodeOptions, isWhole, type Source } from '../picture/source.ts';
import type { ImageWarning } from '../result/images-result.ts';
import type { Readable } from './upload.ts';

/**
 * Opens a job's source, and says what is wrong with it. One that may be damaged is decoded once more, to see whether it is.
 * Rejects as `upload.open`.
 */
export async function openOriginal(
  upload: Readable,
  { damaged }: Pick<ImagesInput, 'damaged'>,
  options: DecodeOptions,
): Promise<[Source, ImageWarning[]]> {
  const source = await upload.open({ acceptsDamage: damaged === 'accept' });
  if (damaged === 'refuse') return [source, []];
  const message = 'The file is damaged: what could be read of it is shown.';
  const warnings: ImageWarning[] =
    !source.isDamaged && (await isWhole(source, options)) ? [] : [{ code: 'damaged', message }];
  return [{ ...source, failOn: 'none' }, warnings];
}
