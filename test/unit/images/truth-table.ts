import {
  compareRgba,
  drawTruth,
  fieldsOf,
  isTrue,
  type Layout,
  readRgba,
  type TruthFormat,
  type TruthOption,
} from '../../support/images/truth.ts';
import { findUntrueTags, isGreyFile } from '../../support/images/truth-tags.ts';
import { run } from './run.ts';

/** Makes a picture of a layout as each of the formats, by each of the options; answers where it
 * is not what sharp makes, or says of itself what is not so. */
export async function findUntrue(
  layout: Layout,
  formats: readonly TruthFormat[],
  options: readonly TruthOption[],
): Promise<string[]> {
  const upload = await layout.make();
  const truth = (await layout.truth?.()) ?? upload;
  const isGrey = await isGreyFile(upload);
  const untrue: string[] = [];
  for (const option of options) {
    for (const format of formats) {
      const { content } = await run(upload, fieldsOf(format, option));
      const difference = compareRgba(await readRgba(content), await drawTruth(truth, option, format === 'jpeg'));
      if (!isTrue(layout, format, option, difference))
        untrue.push(`${format}, ${option.name}: ${JSON.stringify(difference)}`);
      const tags = await findUntrueTags(content, { format, isGrey }, option.fields);
      if (tags.length > 0) untrue.push(`${format}, ${option.name}: ${tags.join(', ')}`);
    }
  }
  return untrue;
}
