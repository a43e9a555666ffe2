import type { Block } from '../model.ts';
import type { Faces } from '../pdf/faces.ts';
import type { OpenedImage } from '../pdf/images.ts';
import type { Run } from '../text/inline.ts';
import { breakLines, cleanText, type Line, type Measure } from '../text/lines.ts';
import type { Words } from '../words.ts';

/** What blocks are laid out with. */
export interface BlockSetting {
  faces: Faces;
  locale: string;
  words: Words;
  /** Whether headings become entries of the side bar. */
  outline: boolean;
  images: Map<Block, OpenedImage>;
  /** The height of a page's body in points: nothing unsplittable may be higher. */
  bodyHeight: number;
  /** Called for each row of a table that was laid out. */
  onRow(): void;
}

/** Measures in one size; `bold` makes every run bold. */
export function measureAt({ faces }: BlockSetting, size: number, bold = false): Measure {
  return (text, run) => faces.width(text, bold ? { ...run, bold: true } : run, size);
}

/** Runs with text that can be printed: composed accents, no control characters. */
export const cleanRuns = (runs: Run[]): Run[] => runs.map((run) => ({ ...run, text: cleanText(run.text) }));

/** One plain text broken into lines. */
export function breakText(text: string, width: number, measure: Measure): Line[] {
  return breakLines([{ text: cleanText(text) }], width, measure);
}
