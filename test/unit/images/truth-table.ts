import {
  compareRgba,
  drawTruth,
  fieldsOf,
  isTrue,
  type Layout,
  readRgba,
  type TruthFormat,
  type TruthOption,
} from '../../support/images-truth.ts';
import { run } from './run.ts';

/** Makes a picture of a layout as each of the formats, by each of the options; answers where it is not what sharp makes. */
export async function findUntrue(
  layout: Layout,
  formats: readonly TruthFormat[],
  options: readonly TruthOption[],
): Promise<string[]> {
  const upload = await layout.make();
  const untrue: string[] = [];
  for (const option of options) {
    for (const format of formats) {
      const { content } = await run(upload, fieldsOf(format, option));
      const difference = compareRgba(await readRgba(content), await drawTruth(upload, option, format === 'jpeg'));
      if (!isTrue(format, option, difference)) untrue.push(`${format}, ${option.name}: ${JSON.stringify(difference)}`);
    }
  }
  return untrue;
}
